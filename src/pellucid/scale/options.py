"""What a run is asked for, beside its verb."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pellucid.errors import OptionError
from pellucid.pixels.atomic import check_target
from pellucid.scale.items import Verb
from pellucid.scale.sources.kinds import STDIN
from pellucid.scale.sources.roots import absolute
from pellucid.scale.storage import is_local

NAME, LONGEST = "pellucid-batch", 200  # characters of a name
IN_PROCESS = re.compile("(?:^|::)memory:")  # what only threads of this process see


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What a run is asked for, beside its verb; `pellucid batch --help` says what each means."""

    source: str
    target: str | None
    manifest: Path | None = None
    report: Path | None = None
    parquet: Path | None = None
    verified: Path | None = None
    scheduler: str | None = None
    workers: int | None = None
    dashboard: str | None = None
    resume: bool = False
    force: bool = False
    skip_existing: bool = False
    limit: int | None = None

    @property
    def manifest_path(self) -> Path:
        """Where the manifest is: in the target's folder, or else, named by it, in the current one.

        Without a target it is named by the source, and not as the run that made it.
        """
        if self.manifest is not None:
            return self.manifest
        if self.target is not None and is_local(self.target):
            return Path(absolute(self.target), f"{NAME}.sqlite")
        named = f"of {self.source}" if self.target is None else self.target
        return Path("-".join([NAME, *re.findall(r"\w+", named)])[:LONGEST] + ".sqlite")

    @property
    def report_path(self) -> Path:
        """Where the report is: beside the manifest, unless another name is given."""
        return self.report or self.manifest_path.with_suffix(".html")

    @property
    def ends(self) -> tuple[str, str | None]:
        """Source and target by names that mean the same in any folder."""
        source = self.source if self.source == STDIN else absolute(self.source)
        return source, None if self.target is None else absolute(self.target)

    @property
    def in_process(self) -> bool:
        """Whether only this process can see what is read or written."""
        return any(IN_PROCESS.search(one) for one in (self.source, self.target or ""))

    def excluded(self, verb: Verb) -> str | None:
        """What lies below this isn't a source, as it is a target; None where both are one folder.

        Raises OptionError if outputs would then have the names of their sources.
        """
        source, target = self.ends
        if target is None or source.rstrip("/") != target.rstrip("/"):
            return target
        assert verb.output is not None
        if any(verb.output(f"a{suffix}").endswith(verb.suffixes) for suffix in verb.suffixes):
            raise OptionError(
                f"SRC and DST are both {self.source}, and what {verb.name} makes there would be "
                "taken for sources; give another DST"
            )
        return None

    def check_apart(self) -> None:
        """Raise OptionError if two of the run's own files are one, or one is the source."""
        files = {
            "the manifest": self.manifest_path,
            "the report": self.report_path,
            "--parquet": self.parquet,
            "--verified": self.verified,
        }
        taken = {os.path.realpath(self.ends[0]): "SRC"}
        for what, one in files.items():
            if one is not None:
                other = taken.setdefault(os.path.realpath(one), what)
                if other != what:
                    raise OptionError(f"{other} and {what} are both {one}; give another name")

    def check_outputs(self) -> None:
        """Raise OutputError, before any work, for a file that can't be written at the end."""
        for one in (self.report, self.parquet, self.verified):
            if one is not None:
                check_target(one, force=self.force or self.resume)
