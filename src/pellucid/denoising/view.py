"""A picture as a denoiser sees it: in parts, each with its holes filled and where it is known.

A small one is looked at as a whole; a larger one is surveyed first (`survey.py`), and then only the
part that is asked for is in memory. Then holes are filled from what is around them in that part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.holes import beyond, empty, fill_holes
from pellucid.denoising.samples import split_alpha
from pellucid.denoising.survey import Survey, look_through
from pellucid.denoising.windows import within
from pellucid.pixels.lazy import Source


@dataclass(frozen=True)
class Part:
    """A part of a picture.

    Attributes:
        stored: (h, w, C) as they are, alpha included.
        filled: (h, w, 1 or 3) colour without holes.
        known: (h, w) where something was measured.
        alpha: (h, w), if there is one.
    """

    stored: NDArray[Any]
    filled: NDArray[Any]
    known: NDArray[np.bool_]
    alpha: NDArray[Any] | None

    def cut(self, rows: slice, columns: slice) -> Part:
        """A part of this part."""
        alpha = None if self.alpha is None else self.alpha[rows, columns]
        return Part(
            self.stored[rows, columns],
            self.filled[rows, columns],
            self.known[rows, columns],
            alpha,
        )


class Picture(Protocol):
    """`size` is (height, width), `ends` the lowest and highest colour sample as floats.

    `colours` are channels without alpha; pixels of the value `nodata` are holes.
    """

    size: tuple[int, int]
    dtype: np.dtype[Any]
    ends: NDArray[np.floating[Any]]
    survey: Survey
    colours: int
    nodata: float | None

    def part(self, rows: slice, columns: slice) -> Part:
        """The part there."""

    def remarks(self, noise: object) -> Iterator[str]:
        """What a person should know before this `noise` is taken off."""


class Surveyed:
    """What both kinds of picture share."""

    def __init__(self, samples: Source, nodata: float | None = None) -> None:
        self.size = (samples.shape[0], samples.shape[1])
        self.dtype = samples.dtype
        self.colours = split_alpha(samples[0:1, 0:1])[0].shape[2]
        self.nodata = nodata
        self.survey = look_through(samples, nodata)
        kind = np.promote_types(samples.dtype, np.float32)
        self.ends = np.array([self.survey.low, self.survey.high], kind)

    def remarks(self, noise: object) -> Iterator[str]:
        """What a person should know before this `noise` is taken off."""
        if self.survey.holes:
            yield (
                f"{self.survey.holes} pixel(s) hold samples that are no finite numbers; they are "
                "kept as they are"
            )
        if self.survey.marks:
            yield (
                f"{self.survey.marks} pixel(s) lie so far from all others that they must be marks; "
                "they are kept as they are"
            )
        if isinstance(noise, float) and (doubt := self.survey.unlikely(noise)):
            yield doubt


class Whole(Surveyed):
    """An array (H, W, C) in memory."""

    def __init__(self, samples: NDArray[Any], nodata: float | None = None) -> None:
        super().__init__(samples, nodata)
        self._all = part_of(samples, self.survey, nodata)

    def part(self, rows: slice, columns: slice) -> Part:
        """The part there."""
        return self._all.cut(rows, columns)


class InParts(Surveyed):
    """Samples (H, W, C) that are read when they are asked for; the last part is kept."""

    def __init__(self, samples: Source, nodata: float | None = None) -> None:
        super().__init__(samples, nodata)
        self._samples = samples
        self._kept: tuple[slice, slice, Part] | None = None

    def part(self, rows: slice, columns: slice) -> Part:
        """The part there, out of the last one if it lies in that."""
        if self._kept is not None:
            above, beside, part = self._kept
            if inside(rows, above) and inside(columns, beside):
                return part.cut(within(rows, above), within(columns, beside))
        part = part_of(self._samples[rows, columns], self.survey, self.nodata)
        self._kept = rows, columns, part
        return part


def inside(part: slice, outer: slice) -> bool:
    """Whether one span lies in another."""
    return bool(outer.start <= part.start and part.stop <= outer.stop)


def part_of(stored: NDArray[Any], survey: Survey, nodata: float | None = None) -> Part:
    """Samples (h, w, C) as a part of a picture."""
    colour, alpha = split_alpha(stored)
    known = finite_pixels(colour) & ~beyond(colour, survey.usual) & ~empty(colour, nodata)
    return Part(stored, filled(colour, known), known, alpha)


def finite_pixels(colour: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are finite numbers."""
    finite = np.isfinite(colour)
    if finite.all():  # the usual case, and much faster than pixel by pixel
        return np.ones(colour.shape[:2], bool)
    known: NDArray[np.bool_] = finite.all(axis=2)
    return known


def filled(colour: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[Any]:
    """`colour` itself if it has no holes; else floats, with the holes filled."""
    if known.all():
        return colour
    return without_holes(colour.astype(np.promote_types(colour.dtype, np.float32)), known)


def without_holes(
    colour: NDArray[np.floating[Any]], known: NDArray[np.bool_]
) -> NDArray[np.floating[Any]]:
    """(H, W, C) with pixels that aren't `known` filled from around them."""
    if known.all():
        return colour
    planes = [fill_holes(colour[..., channel], known) for channel in range(colour.shape[2])]
    return np.stack(planes, axis=2)
