"""Tables of `bench batch`: what was measured. What follows for archives is in `batch_archives`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches import batch_archives, batch_large
from pellucid.evaluate.benches.batch_cells import Column, between, machine, middle, table
from pellucid.evaluate.benches.batch_rows import (
    ADDED,
    APART,
    COPIED,
    FOLDER,
    LOOP,
    LOOPS,
    NOTHING,
    ONE,
    RECORDED,
    S3,
    TWO,
    WAYS,
    BatchRun,
    Found,
    paired,
)
from pellucid.evaluate.speed import spread_of
from pellucid.evaluate.table import count, percent, signed

WORDS = {
    LOOP: "a loop in one process",
    LOOPS: "two such loops at once, each with half",
    ONE: "`pellucid batch`, 1 worker",
    TWO: "`pellucid batch`, 2 workers",
    NOTHING: "a verb that does nothing",
    COPIED: "a verb that copies",
    APART: "nothing, scheduler a process of its own",
    FOLDER: "sources found in a folder",
    S3: "sources found in S3",
    ADDED: "sources added to the manifest",
    RECORDED: "results recorded in the manifest",
}


def pace(folder: Path) -> list[Part]:
    """Photographs in a loop, and by workers."""
    found = Found(folder)
    ways = {way: found.of("speed", way) for way in WAYS["speed"]}
    if not all(ways.values()):
        return []
    first = ways[LOOP][0]
    made = table(
        {WORDS[way]: some for way, some in ways.items()},
        {
            "seconds": middle(lambda run: run.working),
            "quartiles": lambda some: between(some, lambda run: run.working),
            "with start and end": middle(lambda run: run.seconds),
            "photographs a second": middle(lambda run: run.pictures / run.working),
            "CPU s, client or loop": middle(lambda run: run.cpu),
            "workers": middle(lambda run: run.workers_cpu),
            "tasks": middle(lambda run: float(run.count or 0) or None, ".0f"),
        },
    )
    how = (
        f"{count(first.pictures, 'photograph')}, {first.megapixels:.0f} megapixels together, by "
        f"`compress` with its default model, {count(first.threads, 'thread')} a process; medians "
        f"of {count(len(ways[LOOP]), 'run')}, the ways in turn"
        f"{machine(folder, 'speed')}. The loop calls what workers call for a "
        "picture: hash, compress, hash, write. Seconds are from the first group sent to the last "
        "row recorded; the workers' processor time is with their start."
    )
    return [made, *comparison(ways), how]


def comparison(ways: Mapping[str, Sequence[BatchRun]]) -> list[Part]:
    """Two workers against one, and one against the loop, round by round."""
    said = []
    for words, value in (
        ("times", lambda run: run.working),
        ("with start and end", lambda run: run.seconds),
    ):
        speedups = [one / two for two, one in paired(ways[TWO], ways[ONE], value)]
        if speedups:
            most = f"{min(speedups):.2f} to {max(speedups):.2f}"
            said.append(f"{spread_of(speedups).median:.2f} {words} (rounds: {most})")
    pairs = paired(ways[ONE], ways[LOOP], lambda run: run.each)
    over = [100 * (one / loop - 1) for one, loop in pairs]
    loops = [one / two for two, one in paired(ways[LOOPS], ways[LOOP], lambda run: run.working)]
    if not (said and over and loops):
        return []
    each = spread_of([1e3 * (one - loop) for one, loop in pairs]).median
    rounds = f"{percent(min(over))} to {percent(max(over))}"
    return [
        f"- 2 workers against 1: {', '.join(said)}. Two loops at once against one, without any "
        f"engine: {spread_of(loops).median:.2f} (rounds: {min(loops):.2f} to {max(loops):.2f}).\n"
        f"- Overhead a picture of 1 worker against the loop: {percent(spread_of(over).median)}, "
        f"{signed(each, 1)} ms (rounds: {rounds})."
    ]


def without_work(folder: Path) -> list[Part]:
    """Files without work, by number; and what a task costs."""
    found = Found(folder)
    kinds = {
        f"{WORDS[way]}, {size:,}": found.of("no-op", way, size)
        for way in WAYS["no-op"]
        for size in found.sizes("no-op", way)
    }
    if not any(kinds.values()):
        return []
    singles = {
        f"{WORDS[APART]}, a task each, {size:,}": found.of("single", APART, size)
        for size in found.sizes("single", APART)
    }
    columns: dict[str, Column] = {
        "tasks": middle(lambda run: float(run.count), ",.0f"),
        "ms a picture": middle(lambda run: 1e3 * run.each),
        "CPU ms a picture, client": middle(lambda run: 1e3 * run.cpu_each),
        "scheduler": middle(
            lambda run: (
                None if run.scheduler_cpu is None else 1e3 * run.scheduler_cpu / run.pictures
            )
        ),
        "memory, client (MB)": middle(lambda run: run.peak_mb, ".0f"),
        "scheduler (MB)": middle(lambda run: run.scheduler_mb, ".0f"),
    }
    how = (
        "Tiny files, 2 workers on this machine. Without a column of its own the scheduler is in "
        "the client's process. Memory is the most that a process took, Python and libraries "
        f"included{machine(folder, 'no-op')}. With a task each, a picture costs "
        "what a task costs: so it is with photographs that take a second or more."
    )
    return [table({**kinds, **singles}, columns, "pictures"), *stages(found), how]


def stages(found: Found) -> list[Part]:
    """How fast the client finds, adds, records and resumes."""
    kinds = {
        f"{WORDS[way]}, {some[0].pictures:,}": some
        for task in ("listing", "manifest")
        for way in WAYS[task]
        if (some := found.of(task, way))
    }
    kinds |= {
        f"`--resume` of a finished run, {WORDS[way]}, {some[0].pictures:,}": some
        for way in WAYS["restart"]
        if (some := found.of("restart", way))
    }
    columns: dict[str, Column] = {
        "seconds": middle(whole_seconds),
        "quartiles": lambda some: between(some, whole_seconds),
        "a second": middle(lambda run: run.pictures / whole_seconds(run), ",.0f"),
        "CPU s": middle(lambda run: run.cpu),
        "memory (MB)": middle(lambda run: run.peak_mb, ".0f"),
        "bytes of the manifest, each": middle(
            lambda run: run.bytes / run.pictures if run.task == "manifest" else None, ".0f"
        ),
    }
    if not kinds:
        return []
    note = (
        "S3 is moto's server on the same machine, a process of its own: the processor time is what "
        "the client takes, the seconds are mostly moto's. Resuming is the whole command, with the "
        "start of Python and of 2 workers."
    )
    return [table(kinds, columns, "stage"), note]


def whole_seconds(run: BatchRun) -> float:
    """Of a command all of it; of a stage the stage."""
    return run.seconds if run.task == "restart" else run.working


SECTIONS = {
    "batch-speed": pace,
    "batch-noop": without_work,
    "batch-large": batch_large.parts,
    "batch-model": batch_archives.parts,
}
TITLES = {
    "batch-speed": "Speed",
    "batch-noop": "Without work",
    "batch-large": "One large picture",
    "batch-model": "Hours and money",
}


def tables(folder: Path) -> list[Part]:
    """All of them."""
    parts: list[Part] = []
    for name, section in SECTIONS.items():
        if made := section(folder):
            parts += [f"## {TITLES[name]}", *made]
    return parts
