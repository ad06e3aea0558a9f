"""Grain: noise like that which was taken off a picture, put back into decoded samples.

`docs/format.md`, section 18. Integers only, from a hash of each sample's place (the counter-based
generator of Steele et al. 2014, SplitMix64): the same on every machine, and in a region as in the
whole picture. The sum of eight random bytes is nearly normal; a short Gaussian makes it coarse.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream.noise import REACH, NoiseModel
from pellucid.pixels.box import Box
from pellucid.pixels.lazy import Sink, box_of

Integers = NDArray[np.int64]
Field = NDArray[np.int32]

WHOLE = 256  # of the strength asked for
SHARED_STREAM = 3
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_EVEN_BYTES, _ADD_UP = 0x00FF00FF00FF00FF, 0x0001000100010001
_MIDDLE, _VARIANCE = 1020, 43690  # of the sum of 8 bytes
_WRAP = 2**64


class Grained:
    """A sink that hands samples (h, w, C) on with grain.

    Args:
        strength: 0 to 1, of the noise that was measured.
        box: what of the picture the sink takes.
        inside: the part of the picture that gets grain.
    """

    def __init__(
        self,
        sink: Sink,
        model: NoiseModel,
        dtype: np.dtype[Any],
        strength: float,
        *,
        box: Box,
        inside: Box,
    ) -> None:
        self._sink, self._model, self._box, self._inside = sink, model, box, inside
        self._tables = factors(model, dtype, round(WHOLE * strength))

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        place = box_of(key, (self._box.height, self._box.width))
        part = Box(place.y + self._box.y, place.x + self._box.x, place.height, place.width)
        seen = part.overlap(self._inside)
        if seen.size:
            samples = samples.copy()
            where = seen.within(part)
            samples[where] = with_grain(samples[where], self._model, self._tables, seen)
        self._sink[key] = samples


def with_grain(
    samples: NDArray[Any], model: NoiseModel, tables: list[Integers], box: Box
) -> NDArray[Any]:
    """Samples (h, w, C) at `box` of the picture, with grain; channels beyond the model's are alpha.

    `tables` are those of `factors` for the samples' type.
    """
    result, limits = samples.copy(), np.iinfo(samples.dtype)
    for channel, (table, field) in enumerate(zip(tables, fields(model, box), strict=True)):
        values = samples[..., channel].astype(np.int64)
        grain = table[values - limits.min] * field
        grain += 1 << 23
        grain >>= 24
        grain += values
        result[..., channel] = grain.clip(limits.min, limits.max)
    return result


def factors(model: NoiseModel, dtype: np.dtype[Any], strength: int) -> list[Integers]:
    """For each channel T of every sample of the type, from its lowest, times strength / 256."""
    limits, span = np.iinfo(dtype), model.high - model.low
    samples = np.arange(limits.min, limits.max + 1, dtype=np.int64).clip(model.low, model.high)
    at = (512 * (samples - model.low) + span) // (2 * span)
    tables = [
        [factor(model, channel, i) * strength // WHOLE for i in range(257)]
        for channel in model.strengths
    ]
    return [np.array(table, np.int64)[at] for table in tables]


def factor(model: NoiseModel, strengths: tuple[int, ...], i: int) -> int:
    """T at i / 256 of the way from the lowest point to the highest."""
    last = len(strengths) - 1
    k = min(i * last >> 8, last - 1)
    f = i * last - 256 * k
    variance = (256 - f) * strengths[k] ** 2 + f * strengths[k + 1] ** 2
    middle, *sides = model.taps
    gain = middle**2 + 2 * sum(tap**2 for tap in sides)
    return isqrt((variance << 2 * model.scale + 56) // (_VARIANCE * gain**2))


def fields(model: NoiseModel, box: Box) -> list[Field]:
    """Noise of each channel at `box` of the picture, (h, w), before its strength."""
    outer = Box(box.y - REACH, box.x - REACH, box.height + 2 * REACH, box.width + 2 * REACH)
    found = [deviates(model.seed, stream, outer) for stream in range(len(model.strengths))]
    if model.shared:
        own, common = (isqrt(share << 16) for share in (256 - model.shared, model.shared))
        same = deviates(model.seed, SHARED_STREAM, outer) * common + (1 << 11)
        found = [(field * own + same) >> 12 for field in found]
    return [smoothed(smoothed(field, model.taps).T, model.taps).T for field in found]


def deviates(seed: int, stream: int, box: Box) -> Field:
    """Independent and nearly normal, (h, w): the sum of 8 random bytes less its mean."""
    rows = np.arange(box.y + REACH, box.bottom + REACH, dtype=np.uint64) << 28
    columns = np.arange(box.x + REACH, box.right + REACH, dtype=np.uint64)
    step = np.uint64(_STEP)
    start = np.uint64(((stream << 56) * _STEP + (seed << 32)) % _WRAP)
    z = (rows * step + start)[:, None] + columns * step
    z ^= z >> 30
    z *= np.uint64(_FIRST)
    z ^= z >> 27
    z *= np.uint64(_SECOND)
    z ^= z >> 31
    pairs = z & np.uint64(_EVEN_BYTES)
    z >>= 8
    z &= np.uint64(_EVEN_BYTES)
    pairs += z
    pairs *= np.uint64(_ADD_UP)
    pairs >>= 48
    return pairs.astype(np.int32) - _MIDDLE


def smoothed(field: Field, taps: tuple[int, ...]) -> Field:
    """Down the columns, (h + 6, w) -> (h, w)."""
    height = len(field) - 2 * REACH
    middle = field[REACH : REACH + height]
    if not any(taps[1:]):
        return middle  # as it is: 256 of 256
    total = middle * taps[0] + 128
    for reach, tap in enumerate(taps[1:], start=1):
        if tap:
            above, below = REACH - reach, REACH + reach
            total += (field[above : above + height] + field[below : below + height]) * tap
    total >>= 8
    return total
