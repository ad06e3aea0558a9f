"""What the samples of a plane can be, and the numbers k = 0 .. steps that stand for them.

unit       low, low + unit, .. up to high: the usual case
palette    any ascending values, each written down: where few of many values occur
hole       one value that means "nothing here"; where it is is written first, as a plane of its
           own, and what it would have been is left out of everything else
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact.tables import ExactTables

Integers = NDArray[np.int64]

BITS = 17  # of each number before a plane
SIGNED = 1 << 15  # added to values, which may be negative
MOST_VALUES = 4096  # of a palette
LARGEST_GAP = 32767
USED = 8  # samples for each value of a palette, at least
SPARSE = 2  # times as many values could be as are


@dataclass(frozen=True)
class Values:
    """The values of a plane but for holes, each within `bound` of its source."""

    low: int
    high: int
    unit: int = 1
    bound: int = 0
    palette: Integers | None = None
    hole: int | None = None

    @property
    def steps(self) -> int:
        """The largest k."""
        if self.palette is not None:
            return len(self.palette) - 1
        return (self.high - self.low) // self.unit

    @property
    def bits(self) -> int:
        """That `steps` takes."""
        return self.steps.bit_length()

    @property
    def allowed(self) -> int:
        """The largest error: 0 if a sample might else come back as the value of a hole."""
        return 0 if self.hole is not None and self.low < self.hole < self.high else self.bound

    @property
    def width(self) -> int:
        """Of a quantiser step, in k."""
        return 1 if self.palette is not None else 2 * (self.allowed // self.unit) + 1

    def numbers(self, plane: Integers) -> NDArray[np.float64]:
        """Samples, none of them a hole -> k."""
        if self.palette is not None:
            between = (self.palette[1:] + self.palette[:-1]) / 2
            return np.searchsorted(between, plane).astype(np.float64)  # the nearest
        return (plane - self.low) / self.unit

    def samples(self, numbers: NDArray[np.floating]) -> NDArray[np.floating] | Integers:
        """k -> samples."""
        if self.palette is not None:
            return self.palette[numbers.astype(np.intp)]
        return numbers * self.unit + self.low


MASK = Values(0, 1)  # of the plane that says where holes are


def choices_of(plane: Integers, bound: int, hole: int | None) -> list[Values]:
    """The values that samples `plane` may be told as (flat, without holes; one at least).

    One, but three where most values are apart and there is a bound: then no rule says which is
    shortest, all values, fewer of them, or steps.
    """
    low, high = int(plane.min()), int(plane.max())
    unit = max(1, int(np.gcd.reduce(plane - low)))
    plain = Values(low, high, unit, bound, hole=hole)
    if plain.steps <= SPARSE:
        return [plain]
    found, counts = np.unique(plane, return_counts=True)
    few = len(found) <= min(MOST_VALUES, plane.size // USED)
    if not few or SPARSE * len(found) >= plain.steps or np.diff(found).max() > LARGEST_GAP:
        return [plain]
    whole = Values(low, high, unit, bound, found, hole)
    if plain.width == 1 or not apart(found, counts, unit):
        return [whole if SPARSE * len(found) < plain.steps // plain.width else plain]
    fewer = merged(found, plain.allowed)
    if not 1 < len(fewer) < len(found) or np.diff(fewer).max() > LARGEST_GAP:
        return [whole, plain]
    return [whole, plain, Values(int(fewer[0]), int(fewer[-1]), unit, bound, fewer, hole)]


def apart(palette: Integers, counts: NDArray[np.intp], unit: int) -> bool:
    """Whether before half of the samples there is a value, or more, that doesn't occur."""
    lonely = counts[1:][np.diff(palette) > unit].sum()
    return bool(2 * lonely >= counts.sum())


def merged(palette: Integers, bound: int) -> Integers:
    """The fewest values, ascending, of which one lies within `bound` of each in a palette."""
    fewer, at = [], 0
    while at < len(palette):
        after = int(np.searchsorted(palette, palette[at] + 2 * bound, side="right"))
        fewer.append((int(palette[at]) + int(palette[after - 1])) // 2)
        at = after
    return np.array(fewer, np.int64)


def put_values(encoder: SymbolEncoder, values: Values, tables: ExactTables) -> None:
    """Write what a decoder must know of the values."""
    unit = 0 if values.palette is not None else values.unit
    hole = 0 if values.hole is None else values.hole + SIGNED + 1
    head = [values.low + SIGNED, values.high + SIGNED, unit, hole]
    encoder.put_uniform(np.array(head, np.int32), BITS)
    if values.palette is not None:
        gaps = np.diff(values.palette).astype(np.int32)
        table = tables.cheapest(gaps, np.zeros(gaps.size, np.intp), 1)
        encoder.put_uniform(np.array([gaps.size], np.int32), BITS)
        encoder.put_uniform(table.astype(np.int32), 8)
        encoder.put(gaps, np.repeat(table, gaps.size))


def take_values(
    decoder: SymbolDecoder, limits: np.iinfo, bound: int, tables: ExactTables
) -> Values:
    """What `put_values` wrote; raises DamagedFileError if samples can't have such values."""
    low, high, unit, hole = decoder.take_uniform(4, BITS).tolist()
    low, high, hole = low - SIGNED, high - SIGNED, hole - SIGNED - 1
    nothing = None if hole < -SIGNED else int(hole)
    possible = limits.min <= low <= high <= limits.max
    if not possible or (nothing is not None and not limits.min <= nothing <= limits.max):
        raise DamagedFileError(f"a plane of {low} .. {high} with the hole {nothing} is impossible")
    if unit:
        return Values(low, high, unit, bound, hole=nothing)
    count = int(decoder.take_uniform(1, BITS)[0])
    table = int(decoder.take_uniform(1, 8)[0])
    if not 1 <= count < MOST_VALUES or table >= len(tables):
        raise DamagedFileError(f"a palette of {count + 1} values, or its table, is impossible")
    gaps = decoder.take(np.full(count, table, np.uint8))
    palette = low + np.cumsum(np.append(0, gaps), dtype=np.int64)
    if gaps.min() < 1 or palette[-1] != high:
        raise DamagedFileError("the values of a palette don't ascend to the highest")
    return Values(low, high, bound=bound, palette=palette, hole=nothing)
