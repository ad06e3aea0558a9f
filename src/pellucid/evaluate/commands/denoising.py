"""Rows of denoisers -> commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote

from pellucid.evaluate.commands.base import Command, step_of, words_of
from pellucid.evaluate.denoisers import in_order
from pellucid.evaluate.denoising import adapting, band_rows, block_rows, estimates, structure_rows
from pellucid.evaluate.denoising import rows as denoising
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.summary import is_own
from pellucid.evaluate.denoising.tasks import TASKS


def denoise(folder: Path) -> Iterable[Command]:
    """A command a task, set of pictures and group of methods that ran on the same."""
    every = _pictures(folder)
    for task in TASKS:
        rows = denoising.load_rows(folder, [task])
        for data in sorted({row.data for row in rows}):
            own = [row for row in rows if row.data == data]
            groups: dict[tuple[int, str], list[str]] = {}
            for method in in_order(row.method for row in own):
                here = [row for row in own if row.method == method]
                step = step_of({row.image for row in here}, every.get(data, ()))
                told = sorted({row.told for row in here if row.told[0].isdigit()}, key=float)
                searched = "" if TASKS[task].known else ",".join(told)
                groups.setdefault((step, searched), []).append(method)
            # Those that search nothing go along with the first group of the same pictures.
            for (step, searched), methods in _joined(groups).items():
                line = _denoise_line(folder, task, data, own, methods, step, searched)
                files = tuple(f"denoise-{task}-{method}.tsv" for method in methods)
                yield Command(f"{TASKS[task].title}: {data}", files, line)


def _joined(groups: dict[tuple[int, str], list[str]]) -> dict[tuple[int, str], list[str]]:
    joined: dict[tuple[int, str], list[str]] = {}
    for (step, searched), methods in groups.items():
        fitting = next((key for key in groups if key[0] == step and key[1]), (step, searched))
        joined.setdefault((step, searched) if searched else fitting, []).extend(methods)
    return joined


def _denoise_line(
    folder: Path,
    task: str,
    data: str,
    rows: Sequence[DenoiseResult],
    methods: Sequence[str],
    step: int,
    searched: str,
) -> str:
    levels = words_of(f"{level:g}" for level in sorted({row.level for row in rows}))
    words = [
        f"pellucid bench denoise --data {quote(data)} -o {folder} --task {task}",
        _who(methods),
    ]
    words += [f"--sigma {levels}"] if TASKS[task].known else []
    words += [f"--quality {levels}"] if task == "jpeg" else []
    words += [f"--sigma {searched}"] if searched else []
    words += [f"--every {step}"] if step > 1 else []
    return " ".join([*words, f"--threads {rows[0].threads}"])


def denoise_speed(folder: Path) -> Iterable[Command]:
    """Of the denoisers that were timed."""
    rows = denoising.load_speed(folder)
    if rows:
        some = rows[0]
        step = step_of({row.image for row in rows}, _pictures(folder).get(some.data, ()))
        line = (
            f"pellucid bench denoise --data {quote(some.data)} -o {folder} --task {some.task} "
            f"{_who(in_order(row.method for row in rows))} --sigma {some.level:g}"
            f"{f' --every {step}' if step > 1 else ''} --threads {some.threads} "
            f"--repeats {some.repeats} --speed-images {len({row.image for row in rows})}"
        )
        yield Command("speed and memory of denoisers", (denoising.SPEED,), line)


def estimate(folder: Path) -> Iterable[Command]:
    """One a set of pictures."""
    rows = estimates.load_estimates(folder)
    for data in sorted({row.data for row in rows}):
        levels = words_of(f"{x:g}" for x in sorted({row.level for row in rows if row.data == data}))
        line = (
            f"pellucid bench denoise --data {quote(data)} -o {folder} --task estimate "
            f"--sigma {levels}"
        )
        yield Command(f"measured noise level: {data}", (estimates.FILE,), line)


def adapt(folder: Path) -> Iterable[Command]:
    """One a set of pictures."""
    rows = adapting.load_adaptations(folder)
    for data in sorted({row.data for row in rows}):
        own = [row for row in rows if row.data == data]
        step = step_of({row.image for row in own}, _pictures(folder).get(data, ()))
        line = (
            f"pellucid bench adapt --data {quote(data)} -o {folder} --minutes {own[0].minutes:g} "
            f"--every {step} --model {own[0].prior.split()[0]} --threads {own[0].threads}"
        )
        yield Command(f"tuning: {data}", (adapting.FILE,), line)


def blocks(folder: Path) -> Iterable[Command]:
    """Of the networks that were timed."""
    if (folder / block_rows.FILE).exists():
        line = f"python -m tools.block_speed -o {folder / block_rows.FILE}"
        yield Command("speed of building blocks", (block_rows.FILE,), line)


def bands(folder: Path) -> Iterable[Command]:
    """One a picture of many bands."""
    rows = band_rows.load_rows(folder)
    for picture, crop in dict.fromkeys((row.picture, row.crop) for row in rows):
        path = folder / band_rows.FILE
        line = f"python -m tools.denoise_bands {picture}.npy --crop {crop} -o {path}"
        yield Command(f"ways to denoise bands: {picture}", (band_rows.FILE,), line)


def structure(folder: Path) -> Iterable[Command]:
    """Of tiles of one list."""
    if structure_rows.load_rows(folder):
        path = folder / structure_rows.FILE
        line = f"python -m tools.structure_tiles DIR... --score recipes/structure.tsv -o {path}"
        yield Command("repeated structure", (structure_rows.FILE,), line)


def _pictures(folder: Path) -> dict[str, set[str]]:
    """Set -> every picture of it that some row names."""
    found: dict[str, set[str]] = {}
    names = [(row.data, row.image) for row in denoising.load_rows(folder, TASKS)]
    names += [(row.data, row.image) for row in estimates.load_estimates(folder)]
    for data, image in names:
        found.setdefault(data, set()).add(image)
    return found


def _who(methods: Sequence[str]) -> str:
    own = [name.partition("-")[2] for name in methods if is_own(name)]
    others = [name for name in methods if not is_own(name)]
    return f"--model {words_of(own)} --against {words_of(others)}"
