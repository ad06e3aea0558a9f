"""Which picture of `denoise` goes where: like `_jobs.py`, for outputs that are pictures, too.

Beside its source the output of `photo.png` is `photo.clean.png`; in a folder given with -o it has
the name and place that its source has. What was read from a format that would add noise of its own
(JPEG), or can't hold the result (GIF), becomes a PNG.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pellucid.cli._jobs import Job, find_jobs, is_folder, make_folder, wants_folder, without_clashes
from pellucid.cli.compress import PICTURES
from pellucid.errors import InputError, OutputError
from pellucid.pixels import DICOM, NPY, ZARR

MARK = ".clean"  # before the suffix of an output beside its source
SAME_SUFFIX = (".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", NPY, ZARR, *DICOM)
OTHER_SUFFIX = ".png"


def plan_clean_jobs(
    inputs: Sequence[str],
    out: str | None,
    *,
    recursive: bool,
    passed: Counter[str] | None = None,
) -> list[Job]:
    """The jobs, in order; `out` is what -o says, `passed` is told what is no picture.

    Raises:
        OptionError: several inputs and `out` is a file. OutputError: `out` can't be made.
    """
    folder = make_folder(Path(out)) if out is not None and wants_folder(inputs, out) else None
    jobs = [job for given in inputs for job in find_sources(Path(given), folder, recursive, passed)]
    sources = {os.path.realpath(job.source) for job in jobs}
    jobs = [sparing(job, sources) for job in apart([placed(job, out, folder) for job in jobs])]
    if folder is not None:
        for parent in {job.target.parent for job in jobs if job.problem is None}:
            make_folder(parent)
    return list(without_clashes(jobs))


def apart(jobs: list[Job]) -> list[Job]:
    """The jobs; a JPEG's output is called `a.jpg.png` where `a.png` is another's by right."""
    first = {job.target for job in jobs if job.problem is None and keeps_suffix(job)}
    result = []
    for job in jobs:
        if job.problem is None and job.target in first and not keeps_suffix(job):
            ending = job.target.name.removeprefix(job.source.stem)
            job = replace(job, target=job.target.with_name(job.source.name + ending))
        result.append(job)
    return result


def keeps_suffix(job: Job) -> bool:
    """Whether the output is of its source's format."""
    return job.source.suffix.lower() in SAME_SUFFIX


def sparing(job: Job, sources: set[str]) -> Job:
    """The job; with a problem if its target is another job's source (real paths)."""
    taken = os.path.lexists(job.target) and os.path.realpath(job.target) in sources
    if job.problem is not None or not taken:
        return job
    text = f"its output would replace another input, {job.target}; choose another folder by -o"
    return replace(job, problem=OutputError(text))


def find_sources(
    given: Path, folder: Path | None, recursive: bool, passed: Counter[str] | None = None
) -> Iterator[Job]:
    """One input -> its job, or one for each picture below a folder but those made by this command.

    `folder` is that of the outputs, which may lie in the given one.
    """
    found = list(find_jobs(given, (*PICTURES, *DICOM, NPY, ZARR), recursive, passed))
    if not is_folder(given):
        yield from found
        return
    below = folder is not None and given.resolve() in folder.resolve().parents
    made = folder.resolve() if folder is not None and below else None
    fresh = [
        job
        for job in found
        if job.problem is not None
        or not (job.source.stem.endswith(MARK) or made in job.source.resolve().parents)
    ]
    problem = InputError(f"{given} holds no pictures but denoised ones")
    yield from fresh or [Job(given, Path(given.name), problem=problem)]


def placed(job: Job, out: str | None, folder: Path | None) -> Job:
    """The job with its target; with a problem if that is its source."""
    if job.problem is not None:
        return job  # a folder may have no name to put a suffix to
    suffix = job.source.suffix if keeps_suffix(job) else OTHER_SUFFIX
    if folder is not None:
        target = folder / job.below.with_suffix(suffix)
    else:
        beside = job.source.with_name(f"{job.source.stem}{MARK}{suffix}")
        target = beside if out is None else Path(out)
    problem = None
    if all(map(os.path.exists, (target, job.source))) and os.path.samefile(target, job.source):
        problem = OutputError(f"its output would replace it; choose another name than {target}")
    return replace(job, target=target, problem=problem)
