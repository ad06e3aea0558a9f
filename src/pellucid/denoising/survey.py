"""What must be known of a whole picture before a part of it is denoised, found part by part.

Its lowest and highest sample, which scale what the network sees; what range is usual, so that
sentinels such as -9999 are told from light; and how many samples are invalid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.invalid import (
    Range,
    equal_to,
    finite_pixels,
    outside,
    range_step,
    usual_range,
    valid_pixels,
)
from pellucid.denoising.samples import split_alpha
from pellucid.errors import InputError
from pellucid.pixels import Box, tiles_of
from pellucid.pixels.lazy import STEP, Source

LOOKED_AT = 150  # samples a side, about, that say how much all of them vary
FEW = 100  # samples say nothing about that
UNLIKELY = 4.0  # sigma over the standard deviation of all samples: no noise can be that strong
LARGEST = float(np.finfo(np.float32).max)  # of samples and sigma: the network takes float32
SMALLEST = float(np.finfo(np.float32).tiny)  # that the furthest from 0 of samples may be


@dataclass(frozen=True)
class Survey:
    """What a picture holds.

    Attributes:
        low, high: of valid colour samples, 0 if there are none.
        usual: the range of those that are no sentinels, None if there are no sentinels.
        some: samples (h, w, C) from all over the picture.
        not_finite: samples that are no finite numbers.
        sentinels: pixels far from all others, as -9999 is.
    """

    low: float
    high: float
    usual: Range | None
    some: NDArray[Any]
    not_finite: int
    sentinels: int

    def check_range(self) -> None:
        """Raise InputError for samples that float32, in which all is done, can't hold."""
        far = max(self.high, -self.low)
        if far > LARGEST:
            raise InputError(
                f"samples as far from 0 as {far:.3g} can't be denoised, {LARGEST:.2g} is the most; "
                "divide them, and sigma, by a number"
            )
        if 0 < far < SMALLEST:
            raise InputError(
                f"samples no further from 0 than {far:.3g} can't be denoised, {SMALLEST:.2g} is "
                "the least that one of them must be; multiply them, and sigma, by a number"
            )

    def remarks(self, sigma: object) -> Iterator[str]:
        """What a person should know before noise of this `sigma` is taken off."""
        if self.not_finite:
            yield f"{counted(self.not_finite, 'sample')} not finite; such are kept as they are"
        if self.sentinels:
            yield (
                f"{counted(self.sentinels, 'pixel')} so far from all others, as -9999 is, that "
                "this must mean no data; such are kept as they are"
            )
        finite = self.some[np.isfinite(self.some)]
        deviation = float(np.std(finite, dtype=np.float64)) if finite.size > FEW else 0.0
        if isinstance(sigma, float) and 0 < UNLIKELY * deviation < sigma:
            yield (
                f"sigma {sigma:g} is far above the standard deviation of all samples, "
                f"{deviation:.3g}; is it in the samples' own unit?"
            )


def counted(number: int, noun: str) -> str:
    """`1 pixel is`, `2 pixels are`."""
    return f"1 {noun} is" if number == 1 else f"{number:,} {noun}s are"


def look_through(samples: Source, nodata: float | None = None) -> Survey:
    """The survey of samples (H, W, C) of any type; those that are whole numbers are read once."""
    usual = usual_of(samples) if samples.dtype.kind == "f" else None
    some = Thinned(1 + max(samples.shape[:2]) // LOOKED_AT)
    ends: list[Any] = []
    not_finite = sentinels = 0
    for box in tiles_of(samples.shape, STEP):
        part = samples[box.slices]
        some.take(box, part)
        not_finite += part.size - int(np.count_nonzero(np.isfinite(part)))
        colour, _ = split_alpha(part)
        far = outside(colour, usual) & finite_pixels(colour) & ~equal_to(colour, nodata)
        sentinels += int(np.count_nonzero(far))
        valid = valid_pixels(colour, usual, nodata)
        colour = colour if valid.all() else colour[valid]
        ends += [colour.min(), colour.max()] if colour.size else []
    low, high = (float(min(ends)), float(max(ends))) if ends else (0.0, 0.0)
    return Survey(low, high, usual, split_alpha(some.samples())[0], not_finite, sentinels)


def usual_of(samples: Source) -> Range | None:
    """The usual range of a whole picture."""
    some = Thinned(range_step(samples.shape))
    for box in tiles_of(samples.shape, STEP):
        some.take(box, samples[box.slices])
    return usual_range(split_alpha(some.samples())[0])


class Thinned:
    """Every `step`-th row and column (h, w, C) of a picture that is given part by part."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._lines: dict[int, list[NDArray[Any]]] = {}

    def take(self, box: Box, part: NDArray[Any]) -> None:
        """Keep some of the part (h, w, C) that lies there."""
        piece = part[-box.y % self._step :: self._step, -box.x % self._step :: self._step]
        self._lines.setdefault(box.y, []).append(piece.copy())  # a view would keep the part

    def samples(self) -> NDArray[Any]:
        """Those that were kept."""
        return np.concatenate([np.concatenate(line, axis=1) for line in self._lines.values()])
