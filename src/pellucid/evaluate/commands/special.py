"""Rows of the benches of one subject each -> commands: toy, large, guided, intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote

from pellucid.evaluate.commands.base import UNKNOWN, Command, words_of
from pellucid.evaluate.guided import rows as guided_rows
from pellucid.evaluate.intervals import coverage
from pellucid.evaluate.large import rows as large_rows
from pellucid.evaluate.large.bench import TASKS as LARGE_TASKS
from pellucid.evaluate.large.mosaic import side_of
from pellucid.evaluate.toy import rows as toy_rows
from pellucid.evaluate.toy.rows import ToyRun
from pellucid.evaluate.toy.systems import NAMES


def toy(folder: Path) -> Iterable[Command]:
    """One for sets whose systems and settings are the same."""
    alike: dict[str, list[str]] = {}
    systems: dict[str, list[str]] = {}
    runs = toy_rows.load_runs(folder)
    for data in sorted({run.data for run in runs}):
        for own in _same_plan([run for run in runs if run.data == data]):
            line = _toy_settings(own)
            alike.setdefault(line, []).append(data)
            systems.setdefault(line, []).extend(run.system for run in own)
    for line, sets in alike.items():
        named = " ".join(f"--data {quote(name)}" for name in sets)
        files = (
            toy_rows.RUNS,
            *(f"{toy_rows.PREFIX}{n}.tsv" for n in dict.fromkeys(systems[line])),
        )
        what = f"beside what articles build: {', '.join(sets)}"
        yield Command(what, files, f"pellucid bench toy {named} -o {folder} {line}")


def _same_plan(runs: Sequence[ToyRun]) -> list[list[ToyRun]]:
    """Runs by what was asked for; systems that learn nothing go along with the first that do."""
    groups: dict[tuple[int, int, int, float, int], list[ToyRun]] = {}
    for run in sorted(runs, key=lambda one: not one.minutes):
        key = (run.held_out, run.threads, run.train_pictures, run.minutes, run.rounds)
        fitting = next((each for each in groups if each[:2] == key[:2]), key)
        groups.setdefault(key if run.minutes else fitting, []).append(run)
    return list(groups.values())


def _toy_settings(runs: Sequence[ToyRun]) -> str:
    some = runs[0]  # one that learns, if any does
    names = [name for name in NAMES if name in {run.system for run in runs}]
    words = [f"--systems {'all' if names == list(NAMES) else words_of(names)}"]
    words += [f"--minutes {some.minutes:g}"] if some.minutes else []
    words += [f"--train {some.train_pictures}"] if some.train_pictures else []
    words += [f"--held-out {some.held_out}"]
    words += [f"--rounds {some.rounds}"] if some.rounds else []
    return " ".join([*words, f"--threads {some.threads}"])


def large(folder: Path) -> Iterable[Command]:
    """One for the sizes at which the same was measured in the same way."""
    rows = large_rows.load_rows(folder)
    command = str(large_rows.load_methods(folder).get("command", ""))
    data = re.search(r"--data ('[^']*'|\S+)", command)
    groups: dict[tuple[int, str, tuple[str, ...]], list[float]] = {}
    for width, height in dict.fromkeys((row.width, row.height) for row in rows):
        own = [row for row in rows if (row.width, row.height) == (width, height)]
        for threads in sorted({row.threads for row in own}):
            here = [row for row in own if row.threads == threads]
            models = [re.search(r"model ([^,]+)", row.setting) for row in here]
            model = next((found[1] for found in models if found), "m")
            done = {row.task for row in here}
            done |= {"compress"} if done & {"decompress", "region"} else set()
            tasks = tuple(task for task in LARGE_TASKS if task in done)
            groups.setdefault((threads, model, tasks), []).append(width * height / 1e6)
    for (threads, model, tasks), sizes in groups.items():
        line = (
            f"pellucid bench large --data {data[1] if data else UNKNOWN} -o {folder} "
            f"--megapixels {words_of(_megapixels(size) for size in sorted(sizes))} "
            f"--tasks {words_of(tasks)} --model {model} --threads {threads}"
        )
        yield Command("large pictures", (large_rows.FILE,), line)


def _megapixels(size: float) -> str:
    """The roundest number that gives a square of this size again."""
    found = (f"{size:.{digits}f}" for digits in (0, 1, 2, 3))
    return next((text for text in found if side_of(float(text)) == side_of(size)), f"{size:.6f}")


def guided(folder: Path) -> Iterable[Command]:
    """One a kind of pairs; the folder is called as they are."""
    denoised, compressed = guided_rows.load_denoised(folder), guided_rows.load_compressed(folder)
    for pairs in dict.fromkeys([*(r.pairs for r in denoised), *(r.pairs for r in compressed)]):
        clean = [row for row in denoised if row.pairs == pairs]
        names = {row.picture for row in clean}
        packed = {row.picture for row in compressed if row.pairs == pairs}
        if names and names == packed:
            both = (guided_rows.DENOISE, guided_rows.COMPRESS)
            yield Command(f"guided: {pairs}", both, _guided(folder, pairs, names, clean))
            continue
        if names:
            line = _guided(folder, pairs, names, clean) + " --task denoise"
            yield Command(f"guided denoising: {pairs}", (guided_rows.DENOISE,), line)
        if packed:
            line = _guided(folder, pairs, packed, ()) + " --task compress"
            yield Command(f"guided compression: {pairs}", (guided_rows.COMPRESS,), line)


def _guided(
    folder: Path, pairs: str, pictures: set[str], rows: Sequence[guided_rows.Denoised]
) -> str:
    words = [f"pellucid bench guided --pairs {pairs}"]
    if pairs != "motorcycle":  # which is one, and needs no folder
        words.append(f"--data {pairs} --images {len(pictures)}")
    words.append(f"-o {folder}")
    for version in dict.fromkeys(row.version for row in rows if row.method == "unguided"):
        model = version.partition(", ")[2].split(" ")[0] or "m"
        words.append(f"--sigma {rows[0].sigma:g} --model {model}")
    return " ".join(words)


def intervals(folder: Path) -> Iterable[Command]:
    """One a task, model, set of pictures, and whether they were grey."""
    rows = coverage.load_coverage(folder)
    for task, model, data, channels in dict.fromkeys(row.key[:-1] for row in rows):
        own = [row for row in rows if row.key[:-1] == (task, model, data, channels)]
        steps = " ".join(f"--at {step:g}" for step in sorted({row.step for row in own}))
        line = (
            f"pellucid bench intervals --data {quote(data)} -o {folder} --task {task} "
            f"--model {model} {steps} --images {len({row.image for row in own})}"
            f"{' --grey' * (channels == 1)}"
        )
        what = f"coverage of intervals, {task}: {data}{', grey' * (channels == 1)}"
        yield Command(what, (coverage.FILE,), line)
