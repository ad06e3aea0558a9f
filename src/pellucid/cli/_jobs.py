"""Inputs and -o -> which file goes where, decided before any work.

One input goes to the file OUT; several, or those found in a folder, go into the folder OUT with
their place below the given folder kept; without -o each goes beside its source. Outputs that would
have the same name get the whole name of their source: `a.jpg.pel` and `a.png.pel`. What can't go
anywhere becomes a job that fails, so that the others still run.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pellucid.cli._options import Batch
from pellucid.cli._streams import STREAM, is_unnamed
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.scale.sources.local import is_folder, is_zarr


@dataclass(frozen=True)
class Job:
    """A file to be made of another, or only to be read.

    `below` is its place in an output folder, `problem` why it can't be done.
    """

    source: Path
    below: Path
    target: Path | None = None
    problem: PellucidError | None = None

    @property
    def output(self) -> Path:
        """The target of a job that has one."""
        assert self.target is not None
        return self.target

    @property
    def is_done(self) -> bool:
        """Whether there is an output of that name."""
        return (
            self.target is not None
            and self.problem is None
            and os.path.lexists(self.target)
            and not is_folder(self.target)
        )

    def check(self, batch: Batch) -> None:
        """Raise the job's problem, or OutputError if its target can't be written."""
        if self.problem is not None:
            raise self.problem
        if self.target == STREAM:
            if sys.stdout is None:
                raise OutputError("standard output is closed; give a name with -o")
            if sys.stdout.isatty():
                raise OutputError("a terminal can't show the output; give a name with -o")
        elif self.is_done and not batch.force:
            raise OutputError(
                f"{self.target} exists already; overwrite it with --force, pass over what is there "
                "with --skip-existing, or choose another name with -o"
            )


@dataclass(frozen=True)
class Outputs:
    """What a command makes of what.

    Attributes:
        suffix: source -> suffix of its output, with its dot.
        sources: suffixes of the files that are taken from a folder.
        same: what is said of an output that would replace its own source.
        own: suffixes of files in a folder that go without a word, as those of outputs.
        mark: stands before the suffix of an output beside its source; what has it already is not
            taken from a folder again.
    """

    suffix: Callable[[Path], str]
    sources: tuple[str, ...]
    same: str
    own: tuple[str, ...] = ()
    mark: str = ""


def plan_jobs(batch: Batch, outputs: Outputs, passed: Counter[str]) -> list[Job]:
    """The jobs of a command, in order; `passed` is told the suffixes of files that aren't taken.

    Raises:
        OptionError: several inputs and one output. OutputError: a folder can't be made.
    """
    folder = None
    if batch.out is not None and wants_folder(batch.inputs, batch.out):
        folder = make_folder(Path(batch.out))
    found = [
        placed(job, batch.out, folder, outputs)
        for given in batch.inputs
        for job in find_jobs(Path(given), outputs, batch.recursive, passed, made=folder)
    ]
    jobs = apart(found)
    if folder is not None:
        for parent in {job.output.parent for job in jobs if job.problem is None}:
            make_folder(parent)
    return list(without_clashes(jobs, outputs))


def placed(job: Job, out: str | None, folder: Path | None, outputs: Outputs) -> Job:
    """The job with its target."""
    if job.problem is not None:
        return job  # a folder may have no name to put a suffix to
    suffix = outputs.suffix(job.source)
    target = job.source.with_name(f"{job.source.stem}{outputs.mark}{suffix}")
    if folder is not None:
        target = folder / job.below.with_suffix(suffix)
    elif out is not None or is_unnamed(job.source):
        target = STREAM if out is None else Path(out)
    return replace(job, target=target)


def apart(jobs: list[Job]) -> list[Job]:
    """The jobs; where several have one target, each gets the whole name of its source.

    Names that differ only in upper and lower case count as one, as they are on macOS and Windows.
    One whose output is of its source's own format keeps the short name.
    """
    wanted = Counter(str(job.target).lower() for job in jobs)

    def renamed(job: Job) -> Job:
        target = job.target
        if target is None or wanted[str(target).lower()] == 1 or target == STREAM:
            return job
        if target.suffix.lower() == job.source.suffix.lower():
            return job
        ending = target.name.removeprefix(job.source.stem)
        return replace(job, target=target.with_name(job.source.name + ending))

    return [renamed(job) for job in jobs]


def find_jobs(
    given: Path, outputs: Outputs, recursive: bool, passed: Counter[str], made: Path | None = None
) -> Iterator[Job]:
    """One input -> its job, or one for each file below a folder; their targets aren't set yet.

    With `outputs.mark` what lies in the folder `made`, if that is below the given one, is the
    command's own work and isn't taken.
    """
    if given == STREAM or not is_folder(given):
        yield Job(given, Path("stdin") if given == STREAM else Path(given.name))
        return
    problem = f"{given} is a folder; add --recursive to take what is in it"
    if recursive:
        found, errors = files_below(given, outputs, passed)
        for error in errors:
            folder = Path(error.filename)
            reason = InputError(f"{folder}: the folder can't be read: {error.strerror}")
            yield Job(folder, folder.relative_to(given), problem=reason)
        fresh = [path for path in found if not is_own(path, given, outputs.mark, made)]
        yield from (Job(path, path.relative_to(given)) for path in fresh)
        if fresh or errors:
            return
        known = " ".join(f"*{suffix}" for suffix in outputs.sources)
        problem = f"{given} holds no files named {known}"
        if found:
            problem = f"{given} holds no pictures but denoised ones"
    yield Job(given, Path(given.name), problem=InputError(problem))


def is_own(path: Path, given: Path, mark: str, made: Path | None) -> bool:
    """Whether a file has the mark, or with a mark lies in a folder of outputs below `given`."""
    if not mark or path.stem.endswith(mark):
        return bool(mark)
    return (
        made is not None
        and given.resolve() in made.resolve().parents
        and made.resolve() in path.resolve().parents
    )


def files_below(
    folder: Path, outputs: Outputs, passed: Counter[str]
) -> tuple[list[Path], list[OSError]]:
    """The files below a folder that a command takes, in order; and why folders can't be read.

    `passed` is told the suffixes of the other files, but hidden ones and the command's own.
    """
    errors: list[OSError] = []
    kept: list[Path] = []
    for where, folders, names in os.walk(folder, onerror=errors.append):
        stores = [name for name in folders if is_zarr(name)]
        folders[:] = [name for name in folders if name not in stores]
        for path in (Path(where, name) for name in (*stores, *names)):
            suffix = path.suffix.lower()
            if suffix in outputs.sources:
                kept += [path] if path.is_file() or (path.exists() and is_zarr(path)) else []
            elif suffix not in outputs.own and not path.name.startswith("."):
                passed[suffix] += 1
    return sorted(kept), errors


def wants_folder(inputs: Sequence[str], out: str) -> bool:
    """Whether `out` is a folder: it is one, is written as one, or must be one."""
    several = len(inputs) > 1 or any(map(is_folder, inputs))
    if several and (out == str(STREAM) or (os.path.lexists(out) and not is_folder(out))):
        kind = "standard output" if out == str(STREAM) else "a file"
        raise OptionError(f"-o {out} is {kind}, and several outputs need a folder")
    return several or is_folder(out) or (out.endswith(("/", os.sep)) and not is_zarr(out))


def single_output(batch: Batch) -> Path | None:
    """The file that -o names; None without -o, or if that is a folder or standard output."""
    if batch.out is None or batch.out == str(STREAM) or wants_folder(batch.inputs, batch.out):
        return None
    return Path(batch.out)


def make_folder(folder: Path) -> Path:
    """Make a folder unless it is there; OutputError if that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    return folder


def without_clashes(jobs: list[Job], outputs: Outputs) -> Iterator[Job]:
    """The jobs; one whose target is a source, or an earlier job's target, has a problem."""
    sources = {os.path.realpath(job.source) for job in jobs}
    taken: dict[str, Path] = {}
    for job in jobs:
        if job.problem is not None or job.output == STREAM:
            yield job
            continue
        target = os.path.abspath(job.output)
        problem: PellucidError | None = None
        if is_same(job.source, job.output):
            problem = OutputError(outputs.same)
            if not job.source.exists():
                problem = InputError(f"{job.source}: no such file")
        elif os.path.lexists(target) and os.path.realpath(target) in sources:
            problem = OutputError(
                f"its output would replace another input, {job.target}; choose another -o"
            )
        elif target in taken:
            problem = OutputError(
                f"its output {job.target} is that of {taken[target]} already; choose one by -o"
            )
        else:
            taken[target] = job.source
        yield replace(job, problem=problem)


def is_same(one: Path, other: Path) -> bool:
    """Whether these are one file, perhaps by two names."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
