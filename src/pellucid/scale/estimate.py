"""What a run would take, before it: sources counted, and a random sample of them really done."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath

from pellucid.errors import require
from pellucid.scale.items import Item, Row, State

SHOWN = 5  # outputs that a plan names
SEED = 1  # so that the same sources give the same sample


@dataclass
class Plan:
    """What would be done.

    Attributes:
        number, size: of sources, and their bytes as far as the listing says them.
        kinds: suffix -> how many.
        first: some sources, with their outputs.
        passed: suffixes of files that aren't taken.
    """

    number: int = 0
    size: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first: list[tuple[str, str]] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    def counted(self, items: Iterator[Item], name: Callable[[str], str]) -> Iterator[Item]:
        """The items, counted as they pass; `name` gives the output of a place."""
        for item in items:
            self.number += 1
            self.size += item.size or 0
            self.kinds[PurePosixPath(item.place).suffix.lower()] += 1
            if len(self.first) < SHOWN:
                self.first.append((item.url, name(item.place)))
            yield item


@dataclass(frozen=True)
class Estimate:
    """What a sample says of all.

    Attributes:
        plan: of all sources.
        rows: what came of those of the sample.
        workers: how many did it.
    """

    plan: Plan
    rows: tuple[Row, ...]
    workers: int

    @property
    def done(self) -> list[Row]:
        """Rows of pictures that could be done."""
        return [row for row in self.rows if row.state is not State.FAILED]

    @property
    def hours(self) -> tuple[float, float]:
        """Of one worker for all sources, and the standard error of that."""
        mean, error = scaled([(row.seconds, row.size) for row in self.done], self.plan)
        return mean / 3600, error / 3600

    @property
    def written(self) -> tuple[float, float]:
        """Bytes of all outputs, and the standard error of that."""
        return scaled([(row.written, row.size) for row in self.done], self.plan)


def scaled(found: Sequence[tuple[float, float]], plan: Plan) -> tuple[float, float]:
    """The sum over all sources of what a sample has, and its standard error.

    Args:
        found: value and bytes of the source, of each picture of the sample.

    Where the listing says sizes, what grows with these is estimated by the bytes, else by the
    number: ratio estimator (Cochran, Sampling Techniques, 1977, chapter 6).
    """
    if not found:
        return math.nan, math.nan
    sizes = [size if plan.size else 1.0 for _, size in found]
    whole = float(plan.size or plan.number)
    ratio = sum(value for value, _ in found) / max(sum(sizes), 1)
    if len(found) < 2:
        return ratio * whole, math.nan
    left = [value - ratio * size for (value, _), size in zip(found, sizes, strict=True)]
    part = math.sqrt(sum(one * one for one in left) / (len(left) - 1) / len(left))
    return ratio * whole, part / max(statistics.fmean(sizes), 1e-9) * whole


def chosen(items: Iterator[Item], number: int) -> list[Item]:
    """So many of a stream, each with the same chance (Vitter 1985, algorithm R)."""
    require(number >= 1, "sample", number, "a whole number from 1")
    draw, kept = random.Random(SEED), list(islice(items, number))
    for seen, item in enumerate(items, start=len(kept) + 1):
        place = draw.randrange(seen)
        if place < number:
            kept[place] = item
    return kept
