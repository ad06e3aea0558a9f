"""Tables of one large picture in pieces, and what follows for a gigapixel on many workers."""

from __future__ import annotations

import math
from pathlib import Path

from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.batch_cells import machine, middle, short, table
from pellucid.evaluate.benches.batch_rows import JOIN, PIECES, PLAN, WAYS, WHOLE, Found
from pellucid.evaluate.mosaic import side_of
from pellucid.evaluate.table import Table, count, rate
from pellucid.pixels.windows import WINDOW

GIGA = 1000.0  # megapixels
CREWS = (1, 10, 100, 1000)


def parts(folder: Path) -> list[Part]:
    """One picture in pieces, and on many workers."""
    found = Found(folder)
    ways = {way: found.of("large", way) for way in WAYS["large"]}
    if not all(ways.values()):
        return []
    first = ways[PLAN][0]
    pieces = count(first.count, "piece")
    names = {PLAN: "plan", PIECES: f"{pieces}, one after the other", JOIN: "join", WHOLE: WHOLE}
    made = table(
        {names[way]: some for way, some in ways.items()},
        {
            "seconds": middle(lambda run: run.working),
            "CPU s": middle(lambda run: run.cpu),
            "memory (MB)": middle(lambda run: run.peak_mb, ".0f"),
        },
        "step",
    )
    how = (
        f"A mosaic of {first.megapixels:.0f} megapixels, a TIFF with tiles, by `compress` with its "
        f"default model, {count(first.threads, 'thread')}"
        f"{machine(folder, 'large')}. Plan, pieces and join were one process, whose "
        "memory is theirs together."
    )
    return [made, how, *gigapixel(found)]


def gigapixel(found: Found) -> list[Part]:
    """A picture of a gigapixel on many workers, from one in pieces."""
    steps = {way: found.of("large", way)[0] for way in WAYS["large"]}
    scale = GIGA / steps[PLAN].megapixels
    serial, pieces = (
        scale * sum(steps[way].working for way in ways) for ways in ((PLAN, JOIN), (PIECES,))
    )
    units = math.ceil(side_of(GIGA) / WINDOW) ** 2

    def needed(workers: int) -> float:
        return serial + pieces * math.ceil(units / workers) / units

    alone = scale * steps[WHOLE].working
    body = [
        [
            f"{workers:,}",
            short(needed(workers)),
            rate(alone / needed(workers)),
            f"{serial / needed(workers):.0%}",
        ]
        for workers in CREWS
    ]
    head = ("workers of one core", "seconds", "times one process", "of it plan and join")
    return [
        "The same for a gigapixel, if all steps grow with the pixels, and reading the source takes "
        "no time:",
        Table(head, body),
        f"Plan and join, {short(serial)} s, are one process, so by Amdahl's law it gets at most "
        f"{rate(alone / serial)} times as fast as one process. There are at most {units:,} pieces, "
        f"windows of {WINDOW} x {WINDOW}; workers beyond have none.",
    ]
