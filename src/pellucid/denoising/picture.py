"""A picture as a denoiser sees it: looked through once, then in parts with invalid samples filled.

What must be known of all of it before a part is denoised: its lowest and highest sample, which
scale what the network sees; what range is usual, so that sentinels such as -9999 are told from
light; and how many samples are invalid. A small one is held as a whole. Of a larger one only the
part that is asked for is in memory, and is filled from what is around in that part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.invalid import (
    equal_to,
    fill_invalid,
    finite_pixels,
    outside,
    range_step,
    usual_range,
    valid_pixels,
)
from pellucid.denoising.samples import split_alpha
from pellucid.errors import InputError
from pellucid.pixels import Box, tiles_of
from pellucid.pixels.lazy import LARGE, STEP, Source

LOOKED_AT = 150  # samples a side, about, that say how much all of them vary
FEW = 100  # samples say nothing about that
UNLIKELY = 4.0  # sigma over the standard deviation of all samples: no noise can be that strong
LARGEST = float(np.finfo(np.float32).max)  # of samples and sigma: the network takes float32
SMALLEST = float(np.finfo(np.float32).tiny)  # that the furthest from 0 of samples may be


@dataclass(frozen=True)
class Part:
    """A part of a picture.

    Attributes:
        stored: (h, w, C) as they are, alpha included.
        filled: (h, w, 1 or 3) colour without invalid samples.
        valid: (h, w) where something was measured.
        seen: (h, w) where alpha doesn't hide that either; else nothing changes.
    """

    stored: NDArray[Any]
    filled: NDArray[Any]
    valid: NDArray[np.bool_]
    seen: NDArray[np.bool_]


class Picture:
    """Samples (H, W, C) that a denoiser sees in parts.

    Attributes:
        box: all of it.
        low, high: of valid colour samples, 0 if there are none.
        usual: the range of those that are no sentinels, None if there are no sentinels.
        some: colour samples (h, w, C) from all over the picture.
        not_finite: samples that are no finite numbers.
        sentinels: pixels far from all others, as -9999 is.
        nodata: pixels of this value are invalid.
    """

    def __init__(self, samples: Source, nodata: float | None = None) -> None:
        self.dtype, self.box, self.nodata = samples.dtype, Box.whole(samples.shape), nodata
        self.usual, self.not_finite, self.sentinels = None, 0, 0
        self._samples, self._ends = samples, list[Any]()
        self._held: tuple[Box, Part] | None = None
        if samples.dtype.kind == "f":
            self.usual = usual_range(thinned(samples, range_step(samples.shape)))
        self.some = thinned(samples, 1 + max(samples.shape[:2]) // LOOKED_AT, self._look_at)
        self.low, self.high = (float(pick(self._ends or [0.0])) for pick in (min, max))

    def _look_at(self, part: NDArray[Any]) -> None:
        self.not_finite += part.size - int(np.count_nonzero(np.isfinite(part)))
        colour, _ = split_alpha(part)
        far = outside(colour, self.usual) & finite_pixels(colour) & ~equal_to(colour, self.nodata)
        self.sentinels += int(np.count_nonzero(far))
        valid = valid_pixels(colour, self.usual, self.nodata)
        colour = colour if valid.all() else colour[valid]
        self._ends += [colour.min(), colour.max()] if colour.size else []

    @property
    def grey(self) -> bool:
        """Whether it has one channel without alpha."""
        return bool(self.some.shape[2] == 1)

    def part(self, box: Box) -> Part:
        """The part there, out of the last one that was read if it lies in that."""
        if self._held is None or box.overlap(self._held[0]) != box:
            outer = self.box if self.box.size <= LARGE else box
            stored = np.asarray(self._samples[outer.slices])
            colour, alpha = split_alpha(stored)
            valid = valid_pixels(colour, self.usual, self.nodata)
            seen = valid if alpha is None else valid & (alpha != 0)
            self._held = outer, Part(stored, fill_invalid(colour, valid), valid, seen)
        outer, part = self._held
        return Part(*(array[box.within(outer)] for array in vars(part).values()))

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


def thinned(
    samples: Source, step: int, look_at: Callable[[NDArray[Any]], None] = lambda _: None
) -> NDArray[Any]:
    """The colours in every `step`-th row and column; `look_at` is shown all parts on the way."""
    lines: dict[int, list[NDArray[Any]]] = {}
    for box in tiles_of(samples.shape, STEP):
        part = samples[box.slices]
        piece = part[-box.y % step :: step, -box.x % step :: step]
        lines.setdefault(box.y, []).append(piece.copy())  # a view would keep the part
        look_at(part)
    return split_alpha(np.concatenate([np.concatenate(line, axis=1) for line in lines.values()]))[0]
