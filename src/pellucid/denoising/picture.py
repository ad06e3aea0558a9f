"""A picture as a denoiser sees it: in parts, each with its invalid samples filled.

A small one is held as a whole. Of a larger one only the part that is asked for is in memory, after
it was looked through once (`survey.py`), and is filled from what is around in that part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.invalid import fill_invalid, valid_pixels
from pellucid.denoising.samples import split_alpha
from pellucid.denoising.survey import look_through
from pellucid.pixels import Box
from pellucid.pixels.lazy import LARGE, Source


@dataclass(frozen=True)
class Part:
    """A part of a picture.

    Attributes:
        stored: (h, w, C) as they are, alpha included.
        filled: (h, w, 1 or 3) colour without invalid samples.
        valid: (h, w) where something was measured.
        alpha: (h, w), if there is one.
    """

    stored: NDArray[Any]
    filled: NDArray[Any]
    valid: NDArray[np.bool_]
    alpha: NDArray[Any] | None

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(h, w): where something was measured that alpha doesn't hide; else nothing changes."""
        return self.valid if self.alpha is None else self.valid & (self.alpha != 0)

    def cut(self, rows: slice, columns: slice) -> Part:
        """A part of this part."""
        alpha = None if self.alpha is None else self.alpha[rows, columns]
        return Part(
            self.stored[rows, columns],
            self.filled[rows, columns],
            self.valid[rows, columns],
            alpha,
        )


class Picture:
    """Samples (H, W, C) that a denoiser sees in parts.

    Attributes:
        box: all of it.
        colours: channels without alpha.
        ends: its lowest and highest colour sample, as floats.
        survey: what it was found to hold.
        nodata: pixels of this value are invalid.
    """

    def __init__(self, samples: Source, nodata: float | None = None) -> None:
        self.dtype = samples.dtype
        self.box = Box.whole(samples.shape)
        self.nodata = nodata
        self.survey = look_through(samples, nodata)
        ends = np.array([self.survey.low, self.survey.high])
        self.ends = ends.astype(np.promote_types(samples.dtype, np.float32))
        self.colours = split_alpha(self.survey.some)[0].shape[2]
        self._samples = samples
        self._held: tuple[Box, Part] | None = None
        if self.box.size <= LARGE:
            self.part(self.box)

    def part(self, box: Box) -> Part:
        """The part there, out of the last one that was read if it lies in that."""
        if self._held is None or box.overlap(self._held[0]) != box:
            stored = np.asarray(self._samples[box.slices])
            colour, alpha = split_alpha(stored)
            valid = valid_pixels(colour, self.survey.usual, self.nodata)
            self._held = box, Part(stored, fill_invalid(colour, valid), valid, alpha)
        outer, part = self._held
        return part.cut(*box.within(outer))
