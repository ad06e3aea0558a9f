"""How an encoder finds the map of floats: an exact one, or the coarsest within a bound.

Many floats are whole numbers in disguise: integers, thousandths, 255ths, a scaled sensor's counts.
Where every sample is `offset + step * n`, rounded, that is found and the file is small; without
such a map the bits themselves are coded. Within a bound the step is twice the bound, or the odd
multiple of the samples' own step that fits; or it is finer, and the exact layer takes the rest of
the bound. Whatever is chosen is tried on every sample before it is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import MOST_BOUND
from pellucid.errors import OptionError
from pellucid.exact.float_lattice import Doubles, Lattice, lattice_of
from pellucid.exact.floats import MOST_CODES, MOST_MARKS, FloatMap, Floats, bits_of
from pellucid.pixels.lazy import Source, parts_of

PART = 1 << 20  # samples that are looked at at once, about
REACH = 2  # by which codes are off, if they are
COARSE = 1024  # times the bound that samples span at most, if they are


@dataclass
class Seen:
    """What a pass over the samples found.

    Attributes:
        low, high: of each channel, marks left out.
        values: of each channel, ascending and each once; None if there are more than codes.
        marks: bits -> how often, of what gets a code of its own.
    """

    low: list[float]
    high: list[float]
    values: list[Doubles | None]
    marks: dict[int, int]


def find_map(
    samples: Source, max_error: float, nodata: float | None = None
) -> tuple[FloatMap, int]:
    """The map for (H, W, C) samples of float16 or float32, each within `max_error` of its source.

    Also by how much the codes may be off, at most, when they are coded.

    NaN and infinities come back with the same bits, and so do samples of the value `nodata`, which
    no others get. Without loss so does everything.

    Raises:
        OptionError: 65536 numbers don't span the samples at that bound; names one at which they do.
    """
    dtype = np.dtype(f"f{samples.dtype.itemsize}")
    ordered = FloatMap(dtype, samples.shape[2])
    if max_error == 0 and dtype.itemsize == 2:
        return ordered, 0
    seen = look(samples, nodata, exact=max_error == 0)
    if len(seen.marks) > MOST_MARKS:
        if max_error == 0:
            return ordered, 0
        raise OptionError(
            f"the samples hold {len(seen.marks)} different NaNs, and {MOST_MARKS} can be kept; "
            "make them one: samples[numpy.isnan(samples)] = numpy.nan"
        )
    marks = tuple(sorted(seen.marks, key=lambda bits: (-seen.marks[bits], bits)))
    empty = FloatMap(dtype, samples.shape[2], float(max_error), marks, (), ())
    own = [lattice_of(values, empty.dtype, empty.top) for values in seen.values]
    if max_error > 0:
        return Search(samples, seen, empty, own, nodata).found()
    exact = [lattice for lattice in own if lattice is not None]
    if len(exact) < len(own):
        return ordered, 0
    offsets, steps = zip(*exact, strict=True)
    return replace(empty, offsets=offsets, steps=steps), 0


def look(samples: Source, nodata: float | None, *, exact: bool) -> Seen:
    """One pass over all samples, part by part."""
    channels = samples.shape[2]
    low, high = [math.inf] * channels, [-math.inf] * channels
    values: list[Doubles | None] = [np.empty(0)] * channels
    marks: dict[int, int] = {}
    for part in blocks(samples):
        marked = is_mark(part, nodata, exact=exact)
        found, counts = np.unique(bits_of(part)[marked], return_counts=True)
        for bits, count in zip(found.tolist(), counts.tolist(), strict=True):
            marks[bits] = marks.get(bits, 0) + count
        for channel in range(channels):
            known = part[..., channel][~marked[..., channel]].astype(np.float64)
            if not known.size:
                continue
            low[channel] = min(low[channel], float(known.min()))
            high[channel] = max(high[channel], float(known.max()))
            before = values[channel]
            if before is not None:
                merged = np.union1d(before, known)
                values[channel] = merged if merged.size <= MOST_CODES else None
    return Seen(low, high, values, marks)


def blocks(samples: Source) -> Iterator[Floats]:
    """Parts of the samples one after another, in this machine's byte order."""
    side = max(1, math.isqrt(PART // samples.shape[2]))
    for part in parts_of(samples.shape, side):
        yield np.asarray(samples[part]).astype(f"f{samples.dtype.itemsize}")


def is_mark(part: Floats, nodata: float | None, *, exact: bool) -> NDArray[np.bool_]:
    """What gets a code of its own: no finite number, no data, and without loss -0."""
    marked = ~np.isfinite(part)
    if nodata is not None:
        marked |= part == part.dtype.type(nodata)
    if exact:
        marked |= (part == 0) & np.signbit(part)
    return marked


# --- within a bound -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """For a map within a bound: an `empty` one has all but the lattices; `own` are the samples'."""

    samples: Source
    seen: Seen
    empty: FloatMap
    own: list[Lattice | None]
    nodata: float | None

    def found(self) -> tuple[FloatMap, int]:
        """The map with which all comes back within the bound, and by how much codes may be off.

        Errors in the codes are cheaper than coarse codes, but for fine ones; they would spoil all
        marks but one.
        """
        for reach in self.reaches():
            found: list[Lattice] = []
            for channel in range(self.empty.channels):
                one = self.first_within(channel, reach)
                if one is None:
                    break
                found.append(one)
            else:
                offsets, steps = zip(*found, strict=True)
                return replace(self.empty, offsets=offsets, steps=steps), reach
        channel = len(found)
        raise too_wide(self.seen.low[channel], self.seen.high[channel], self.empty, channel)

    def reaches(self) -> Iterator[int]:
        """How far codes may be off, the best first."""
        seen, bound = self.seen, self.empty.bound
        if len(self.empty.marks) < 2:
            steps = {int(bound / one[1] * (1 + 1e-9)) if one else 0 for one in self.own}
            if self.nodata is None and len(steps) == 1 and 0 < min(steps) <= MOST_BOUND:
                yield min(steps)
            widest = max(high - low for low, high in zip(seen.low, seen.high, strict=True))
            if widest < COARSE * bound:
                yield REACH
        yield 0

    def first_within(self, channel: int, reach: int) -> Lattice | None:
        """The first of the candidates with which all of a channel comes back as it should."""
        for offset, step in self.candidates(channel, reach):
            one = replace(self.empty, channels=1, offsets=(offset,), steps=(step,))
            parts = (part[..., channel : channel + 1] for part in blocks(self.samples))
            if not becomes(one, self.nodata) and all(
                comes_back(one, part, reach) for part in parts
            ):
                return offset, step
        return None

    def candidates(self, channel: int, reach: int) -> Iterator[Lattice]:
        """Maps of a channel that may do, the coarsest first; no float of theirs is `nodata`."""
        low, high, empty = self.seen.low[channel], self.seen.high[channel], self.empty
        own, nodata = self.own[channel], self.nodata
        if low > high:  # marks alone
            yield 0.0, 1.0
            low = high = 0.0  # that holds `nodata`
        if own is not None and (nodata is None or not low <= nodata <= high):
            times = int(empty.bound / own[1] * (1 + 1e-9))
            if reach in (0, times):
                yield low, own[1] * (1 if reach else 2 * times + 1)
        for bound in (empty.bound, empty.bound - rounding(low, high, empty.dtype)):
            step = 2 * bound / (2 * reach + 1)
            if step <= 0 or (high - low) / step > empty.top:
                continue
            if nodata is not None and low - step <= nodata <= high + step:
                yield nodata + (math.floor((low - nodata) / step) + 0.5) * step, step
            else:
                yield math.floor(low / step) * step, step  # 0 stays 0
                yield low + step / 2, step


def rounding(low: float, high: float, dtype: np.dtype[Any]) -> float:
    """The most that a float between these is off by its own precision, and a little more."""
    largest = max(abs(low), abs(high))
    return 0.51 * float(np.spacing(np.asarray(largest).astype(dtype)))


def becomes(one: FloatMap, nodata: float | None) -> bool:
    """Whether a code of a map of one channel, no mark, stands for `nodata`."""
    if nodata is None:
        return False
    held = one.dtype.type(nodata).reshape(1, 1, 1)
    code = replace(one, marks=()).codes(held)
    return bool((one.plane(code, 0) == held).any()) and int(code[0, 0, 0]) <= one.top


def comes_back(one: FloatMap, part: Floats, reach: int = 0) -> bool:
    """Whether floats (h, w, C) are within the map's bound if codes are at most `reach` off.

    Marks, and without a bound all, must have the same bits.
    """
    codes = one.codes(part)
    back = one.floats(codes)
    bits, source = bits_of(back), bits_of(part)
    if one.bound == 0:
        return np.array_equal(bits, source)
    marked = codes > one.top
    if not np.array_equal(bits[marked], source[marked]):
        return False
    known = part[~marked].astype(np.float64)
    for move in {-reach, reach}:
        moved = np.clip(codes.astype(np.int64) + move, 0, one.top)
        off = np.abs(one.floats(moved)[~marked].astype(np.float64) - known)
        if not (off <= one.bound).all():  # not so for NaN
            return False
    return True


def too_wide(low: float, high: float, empty: FloatMap, channel: int) -> OptionError:
    """The error for a bound that 16 bits don't reach, with the least that they do."""
    least = (high - low) / (2 * (empty.top - 2)) * (1 + 1e-6)
    least += 2 * rounding(low, high, empty.dtype)
    power = 10.0 ** (math.floor(math.log10(least)) - 2)
    rounded = float(f"{math.ceil(least / power) * power:.3g}")
    return OptionError(
        f"max_error is {empty.bound:g}, and channel {channel} goes from {low:g} to {high:g}: that "
        f"takes more than the {empty.top + 1} numbers of 16 bits, or more digits than "
        f"{empty.dtype.name} has; give {rounded:g} or more, or lossless, or nodata for a mark far "
        "from all others"
    )
