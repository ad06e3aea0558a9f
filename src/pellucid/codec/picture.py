"""A picture as it was given, and as the networks see it: 0 to 255, and nothing hidden or drawn.

16-bit samples are spread over 0 .. 255 by their lowest and highest, which the file keeps. Colours
that alpha hides are garbage more often than not, so they are replaced by their visible
surroundings (`hidden.py`), and so are lines that are drawn along the edges (`edges.py`). What that
takes is found in one look through the picture, part by part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Edges, SampleRange
from pellucid.codec.edges import edges_of, hide
from pellucid.codec.hidden import BLOCK, MARGIN, Whole, filled, weights_of
from pellucid.codec.noise import NoiseLevel
from pellucid.pixels import Box
from pellucid.pixels.lazy import Source, box_of, parts_of

WHITE = 255  # the network's highest sample
MID = 128  # the colour of a picture of which nothing can be seen

Survey = tuple[SampleRange, tuple[int, ...]]


@dataclass(frozen=True)
class Picture:
    """Samples (H, W, C) of 8 or 16 bits, with `alpha` the last channel alpha.

    Attributes:
        range: the lowest and the highest visible colour sample, of 16 bits; None of 8 bits.
        backdrop: the mean colour of what is visible, for places where nothing is.
        edges: lines of one colour that are drawn and not coded; none beside alpha.
        noise: in levels of 0-255, if the analysis is to leave it out.
    """

    samples: Source
    alpha: bool = False
    range: SampleRange | None = None
    backdrop: tuple[int, ...] = ()
    edges: Edges | None = None
    noise: NoiseLevel | None = None

    @property
    def colours(self) -> int:
        """Channels without alpha."""
        return int(self.samples.shape[2]) - self.alpha

    @property
    def peak(self) -> int:
        """What PSNR counts from: the range of the samples."""
        return WHITE if self.range is None else self.range.span

    def seen(self) -> Source:
        """What the networks are shown, (H, W, colours)."""
        plain = not self.hides and self.range is None
        return self.samples if plain else Seen(self)

    @property
    def hides(self) -> bool:
        """Whether some colours may be replaced for the networks."""
        return self.alpha or self.edges is not None

    def weights(self, part: NDArray[Any], corner: tuple[int, int]) -> Whole:
        """How much each pixel of a part (h, w, C) counts: 0 where the networks needn't see it."""
        if self.alpha:
            return weights_of(part[..., -1])
        weights = np.ones(part.shape[:2], np.int64)
        if self.edges is not None:
            hide(weights, self.edges, corner, self.samples.shape)
        return weights


def look_at(samples: Source, *, alpha: bool, noise: NoiseLevel | None = None) -> Picture:
    """Find what is needed to code samples (H, W, C) of uint8, uint16 or int16.

    `noise`, in the samples' unit, is to be left out.
    """
    deep = samples.dtype != np.uint8
    picture = Picture(samples, alpha, edges=None if alpha else edges_of(samples), noise=noise)
    if not deep and not picture.hides:
        return picture
    found, backdrop = survey(picture)
    return replace(
        picture,
        range=found if deep else None,
        backdrop=backdrop if picture.hides else (),
        noise=noise and noise.in_levels(found if deep else None),
    )


def survey(picture: Picture) -> Survey:
    """Range (of 16 bits) and mean of the visible colours, weighted by alpha, in one pass."""
    samples, colours = picture.samples, picture.colours
    deep = samples.dtype != np.uint8
    lows, highs, weight, sums = [], [], 0, [0] * colours
    for rows, columns in parts_of(samples.shape):
        part = np.asarray(samples[rows, columns])
        colour = part[..., :colours].reshape(-1, colours)
        if picture.hides:
            heavy = picture.weights(part, (rows.start, columns.start)).ravel()
            totals = np.einsum("n,nc->c", heavy, colour).tolist()
            weight += int(heavy.sum())
            sums = [a + b for a, b in zip(sums, totals, strict=True)]
            colour = colour[heavy > 0] if deep else colour
        if deep and colour.size:
            lows.append(int(colour.min()))
            highs.append(int(colour.max()))
    found = SampleRange(min(lows), max(highs)) if lows else SampleRange(0, 0)
    if not weight:
        return found, (0 if deep else MID,) * colours
    return found, tuple(total // weight for total in sums)


class Seen:
    """The colours of a picture as the networks take them, in parts: uint8, or float32 of 16 bits.

    A sample is the same whatever part it is read in.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        height, width = picture.samples.shape[:2]
        self.shape = (height, width, picture.colours)
        self.dtype = np.dtype(np.uint8 if picture.range is None else np.float32)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        colour = self._colour(key)
        found = self._picture.range
        return colour if found is None else to_levels(colour, found)

    def _colour(self, key: tuple[slice, slice]) -> NDArray[Any]:
        """Colours with what is hidden replaced, which takes whole blocks around the part.

        These are read only if something in the part itself is hidden.
        """
        picture = self._picture
        part = np.asarray(picture.samples[key])
        if not picture.hides:
            return part
        box = box_of(key, self.shape)
        if picture.weights(part, (box.y, box.x)).all():
            return np.asarray(part[..., : picture.colours])
        around = box.aligned(BLOCK).grown(MARGIN, Box.whole(self.shape))
        part = np.asarray(picture.samples[around.slices])
        weights = picture.weights(part, (around.y, around.x))
        colour = filled(part[..., : picture.colours], weights, picture.backdrop)
        return colour[box.within(around)]


def to_levels(colour: NDArray[Any], found: SampleRange) -> NDArray[np.float32]:
    """16-bit samples -> 0 .. 255 by the picture's range; 0 if it has one value only."""
    if not found.span:
        return np.zeros(colour.shape, np.float32)
    levels = (colour.astype(np.float64) - found.low) * (WHITE / found.span)
    return levels.astype(np.float32)


def from_levels(levels: NDArray[np.float32], found: SampleRange, channels: int) -> NDArray[Any]:
    """The network's output (h, w, 3), of any size -> samples (h, w, channels), as float64 integers.

    `docs/format.md`, section 8: the arithmetic is the same on every machine, the network's isn't.
    """
    clipped = np.clip(np.nan_to_num(levels, nan=0.0), 0, WHITE).astype(np.float64)
    if channels == 1:
        red, green, blue = np.moveaxis(clipped, 2, 0)
        clipped = (((red + green) + blue) / 3)[..., None]
    return np.asarray(found.low + np.rint(clipped * found.span / WHITE))
