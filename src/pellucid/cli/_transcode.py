"""`pellucid batch transcode`: archives to .pel, each output checked against its source.

What a source keeps, its .pel file keeps: of a file without loss it is lossless, of one with loss it
is a lossy one, unless one kind is asked for. No source is ever deleted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

import pellucid
from pellucid.cli import _options as options
from pellucid.cli._batch import size_of
from pellucid.cli._options import option
from pellucid.cli._verbs import pel_of
from pellucid.cli.compress import ARRAYS, PICTURES, report_of
from pellucid.errors import MismatchError
from pellucid.scale.formats import is_without_loss
from pellucid.scale.items import CHECKED, InPieces, Made, Verb
from pellucid.scale.prints import Prints, prints_to_compress

TRANSCODE_OPTIONS = (
    click.option(
        "--check/--no-check",
        default=True,
        help="Decode each output and compare it with its source before it gets its name.",
    ),
    option("--keep-larger", "Also make outputs that are no smaller than their sources."),
)
VERIFIED_OPTION = option(
    "--verified",
    "At the end, list the sources whose output was found identical, or within the bound, with "
    "nothing left out: one a line, as for xargs -d '\\n'.",
    options.PATH,
    "FILE",
)
OF_BOTH = ("metadata", "limits", "page", "tile")  # options of files without loss and with it


@dataclass(frozen=True)
class Transcoding:
    """What is done with each picture.

    Attributes:
        lossy, exact: the options for sources with loss and without it.
        check: decode what was made and compare it with its source.
        keep_larger: also where it isn't smaller than its source.
    """

    lossy: pellucid.CompressOptions
    exact: pellucid.CompressOptions
    check: bool = True
    keep_larger: bool = False

    def options(self, source: Path) -> pellucid.CompressOptions:
        """How a picture is compressed; InputError if it can't be read."""
        if self.lossy == self.exact:
            return self.exact
        return self.exact if is_without_loss(source) else self.lossy

    def work(self, source: Path, target: Path | None) -> Made:
        """Compress and check a picture; raises PellucidError."""
        assert target is not None
        options = self.options(source)
        return self.made(source, target, pellucid.compress_to(source, target, options))

    def made(self, source: Path, target: Path, result: pellucid.CompressResult) -> Made:
        """What came of it; there is no output if that grew.

        Raises:
            MismatchError: it isn't what it must be.
        """
        report = report_of(result)
        before, after = size_of(source), result.info.file_bytes
        if after >= before and not self.keep_larger:
            target.unlink()
            how = "larger" if after > before else "no smaller"
            return Made(report.fields, kept=f"it would be {how}: {before:,} to {after:,} bytes")
        checked = self.checked(source, target) if self.check else {}
        return Made({**report.fields, **checked})  # remarks are of what isn't kept, here

    def checked(self, source: Path, target: Path) -> dict[str, Any]:
        """What a file is beside its source, for a row."""
        page, limits = self.exact.page, self.exact.limits
        found = pellucid.compare(target, source, page=page, limits=limits)
        if not self.exact.metadata:
            found = replace(found, metadata=())
        if found.problems:
            target.unlink()
            raise MismatchError(
                f"{source}: the .pel file made of it isn't right, so there is none: "
                f"{'; '.join(found.problems)}"
            )
        finite = found.psnr is not None and math.isfinite(found.psnr)
        return {CHECKED: str(found), "psnr": found.psnr if finite else None}

    def prints(self) -> Prints:
        """Of all models that it may need, also to decode what it made."""
        return {**prints_to_compress(self.exact), **prints_to_compress(self.lossy)}


def verb_to_transcode(words: str, *, check: bool, keep_larger: bool, **wanted: Any) -> Verb:
    """By the options of `compress`, and those of its own; raises OptionError."""
    lossy = pellucid.CompressOptions(**wanted)
    exact = lossy
    if lossy.bound is None and not lossy.keep_noise:
        exact = pellucid.CompressOptions(
            lossless=True, **{name: getattr(lossy, name) for name in OF_BOTH}
        )
    asked = Transcoding(lossy, exact, check, keep_larger)
    return Verb(
        "transcode",
        words,
        asked.work,
        pel_of,
        (*PICTURES, *ARRAYS),
        asked.prints,
        InPieces(asked.options, asked.made),
    )
