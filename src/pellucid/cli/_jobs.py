"""Inputs and -o -> which file goes where, decided before any work.

One input goes to the file OUT; several, or those found in a folder, go into the folder OUT with
their place below the given folder kept; without -o each goes beside its source. What can't go
anywhere becomes a job that fails, so that the others still run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.pixels import check_target, is_zarr
from pellucid.pixels.zarrs import MARKS


@dataclass(frozen=True)
class Job:
    """One file to be made. `below` is its place in an output folder, `problem` why it can't be."""

    source: Path
    below: Path
    target: Path = field(default_factory=Path)
    problem: PellucidError | None = None

    def check(self, *, force: bool) -> None:
        """Raise the job's problem, or OutputError if its target can't be written."""
        if self.problem is not None:
            raise self.problem
        if os.path.lexists(self.target) and not force and not is_folder(self.target):
            raise OutputError(
                f"{self.target} exists already; overwrite it with --force, or choose another name "
                "with -o"
            )
        if not is_zarr(self.target):
            check_target(self.target, force=force)


def plan_jobs(
    inputs: Sequence[str],
    out: str | None,
    *,
    suffix: str,
    sources: tuple[str, ...],
    recursive: bool,
    passed: Counter[str] | None = None,
) -> list[Job]:
    """The jobs of a command, in order.

    Args:
        out: what -o says.
        suffix: of outputs whose name isn't given, with its dot.
        sources: suffixes of the files that are taken from a folder.
        passed: is told the suffixes of those that aren't.

    Raises:
        OptionError: several inputs and `out` is a file. OutputError: `out` can't be made.
    """
    jobs = [job for given in inputs for job in find_jobs(Path(given), sources, recursive, passed)]
    folder = make_folder(Path(out)) if out is not None and wants_folder(inputs, out) else None

    def placed(job: Job) -> Job:
        if job.problem is not None:
            return job  # a folder may have no name to put a suffix to
        if folder is not None:
            target = folder / job.below.with_suffix(suffix)
        else:
            target = job.source.with_suffix(suffix) if out is None else Path(out)
        return replace(job, target=target)

    jobs = [placed(job) for job in jobs]
    if folder is not None:
        for parent in {job.target.parent for job in jobs if job.problem is None}:
            make_folder(parent)
    return list(without_clashes(jobs))


def find_jobs(
    given: Path, sources: tuple[str, ...], recursive: bool, passed: Counter[str] | None = None
) -> Iterator[Job]:
    """One input -> its job, or one for each file below a folder; their targets aren't set yet."""
    if not is_folder(given):
        yield Job(given, Path(given.name))
        return
    problem = InputError(f"{given} is a folder; add --recursive to take what is in it")
    if recursive:
        found, errors, others = files_below(given, sources)
        if passed is not None:
            passed.update(others)
        for error in errors:
            folder = Path(error.filename)
            reason = InputError(f"{folder}: the folder can't be read: {error.strerror}")
            yield Job(folder, folder.relative_to(given), problem=reason)
        yield from (Job(path, path.relative_to(given)) for path in found)
        if found or errors:
            return
        problem = InputError(f"{given} holds no files named {' '.join(f'*{s}' for s in sources)}")
    yield Job(given, Path(given.name), problem=problem)


def files_below(
    folder: Path, suffixes: tuple[str, ...]
) -> tuple[list[Path], list[OSError], list[str]]:
    """The files below a folder with one of `suffixes`, in order; why folders can't be read; and the
    suffixes of the other files, one each, but hidden ones.
    """
    errors: list[OSError] = []
    kept: list[Path] = []
    others: list[str] = []
    for where, folders, names in os.walk(folder, onerror=errors.append):
        stores = [name for name in folders if is_zarr(name)]
        folders[:] = [name for name in folders if name not in stores]
        for path in (Path(where, name) for name in (*stores, *names)):
            if path.suffix.lower() not in suffixes:
                others += [] if path.name.startswith(".") else [path.suffix.lower()]
            elif path.is_file() or (path.exists() and is_zarr(path)):
                kept.append(path)
    return sorted(kept), errors, others


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder of files; a Zarr store, and an array in one, is a picture."""
    if not os.path.isdir(path) or is_zarr(path):
        return False
    within = any(is_zarr(folder) for folder in Path(path).absolute().parents)
    return not (within and any(Path(path, mark).is_file() for mark in MARKS))


def wants_folder(inputs: Sequence[str], out: str) -> bool:
    """Whether `out` is a folder: it is one, is written as one, or must be one."""
    several = len(inputs) > 1 or any(map(is_folder, inputs))
    if several and os.path.lexists(out) and not is_folder(out):
        raise OptionError(f"-o {out} is a file, and several outputs need a folder")
    return several or is_folder(out) or (out.endswith(("/", os.sep)) and not is_zarr(out))


def make_folder(folder: Path) -> Path:
    """Make a folder unless it is there; OutputError if that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    return folder


def without_clashes(jobs: Iterable[Job]) -> Iterator[Job]:
    """The jobs; one whose target is its source, or an earlier job's target, has a problem."""
    taken: dict[Path, Path] = {}
    for job in jobs:
        target = Path(os.path.abspath(job.target))
        if job.problem is not None:
            yield job
        elif target == Path(os.path.abspath(job.source)):
            yield replace(job, problem=same_file(job))
        elif target in taken:
            text = f"its output {job.target} is that of {taken[target]} already; choose one by -o"
            yield replace(job, problem=OutputError(text))
        else:
            taken[target] = job.source
            yield job


def same_file(job: Job) -> PellucidError:
    """What is wrong with a job that would write over its own input."""
    if not job.source.exists():
        return InputError(f"{job.source}: no such file")
    if job.target.suffix.lower() == ".pel":
        said = "it is a .pel file already, by its name: pellucid decompress makes a picture of it"
    else:
        said = "it is no .pel file, by its name: pellucid compress makes one of it"
    return OutputError(f"{said}; if it isn't what it is called, give -o with another name")
