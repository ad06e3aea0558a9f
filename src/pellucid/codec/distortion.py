"""How far what a tile decodes to is from the picture, and how that changes with its latents.

A latent changes samples up to `model.halo` latents beyond the tile, and these depend on as many
beyond them, so a tile is looked at with its surroundings, whose latents stay what they are. The
networks see it in windows, which bound memory and run on all threads at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.codec.geometry import (
    LATENT,
    PADDED,
    latents_of,
    read_padded,
    samples_of,
    to_blocks,
)
from pellucid.codec.masking import visibility
from pellucid.codec.picture import WHITE, Picture
from pellucid.pixels.box import Box
from pellucid.runtime import EYE, CodecModel

Floats = NDArray[np.float32]
COLOURS = 3
SOURCE = 0.5  # weight of the picture, of a model that is tuned for the eye
LARGEST = 36  # latents a side of a window, at most; what larger ones compute leaves the caches


@dataclass(frozen=True)
class Window:
    """Latents `place`, and of the samples under them what they should be and how each counts.

    Attributes:
        target: (1, 192, h, w), 0-255.
        weight: of the same shape, or (1, 1, h, w); 0 where samples count in another window.
    """

    place: Box
    target: Floats
    weight: Floats


class Distortion:
    """Lambda times the squared error around a tile, in bits; of a model that is tuned for the eye,
    weighted by where it is seen (`masking.py`).

    Args:
        around: y of its surroundings as they are decoded first, the tile's included (M, h, w), in
            quantiser steps.

    Attributes:
        seen: the part of the samples under each of the tile's latents that counts (h, w), 0 to 1.
    """

    def __init__(
        self, picture: Picture, model: CodecModel, header: Header, tile: Box, around: Floats
    ) -> None:
        self._picture, self._model, self._around = picture, model, around
        self._outer = latents_of(surroundings_of(tile, header, model))
        self._inner = latents_of(tile).within(self._outer)
        self._grey, self._whole = header.channels == 1, header.bit_depth == 8
        self._lambda = np.float32(model.trade_off(header.quality) / COLOURS)
        self._scale = model.vector("synthesis_scale", header.quality)
        self._inverse_gain = model.vector("inverse_gain", header.quality)
        reach = latents_of(tile).grown(model.halo, latents_of(header.box))
        own = latents_of(tile)
        squares = self._seen(samples_of(own)).reshape(own.height, LATENT, own.width, LATENT)
        self.seen: Floats = squares.mean(axis=(1, 3), dtype=np.float32)
        self._windows = [self._window(part) for part in parts_of(reach)]

    def gradient(self, y: Floats, pool: Executor) -> Floats:
        """Its change with the tile's y (M, h, w), in bits per quantiser step."""
        scaled = self._all_of(y) * self._inverse_gain
        grey = np.full((1, 1, 1, 1), self._grey, np.float32)

        def work(window: Window) -> Floats:
            inputs = {"scale": self._scale, "target": window.target, "weight": window.weight}
            part = scaled[:, :, *window.place.within(self._outer)]
            return self._model.synthesis_gradient("gradient", y=part, grey=grey, **inputs)[0]

        total = np.zeros_like(scaled)
        for window, found in zip(self._windows, pool.map(work, self._windows), strict=True):
            total[:, :, *window.place.within(self._outer)] += found
        own: Floats = (total * self._inverse_gain)[0, :, *self._inner] * self._lambda
        return own

    def of(self, y: Floats, pool: Executor) -> float:
        """That of the tile's y as a decoder rounds it to samples."""
        scaled = self._all_of(y) * self._inverse_gain

        def work(window: Window) -> float:
            samples = self._decoded(scaled, window)
            if self._whole:
                samples = np.rint(samples)
            error = np.square(samples - window.target) * window.weight
            return float(error.sum(dtype=np.float64))

        return float(self._lambda) * sum(pool.map(work, self._windows))

    def aim(self, y: Floats, pool: Executor) -> None:
        """Of a model that is tuned for the eye, count errors from what the tile's y (M, h, w), as
        the analysis gave it, decodes to, and by the part `SOURCE` from the picture, as that
        analysis doesn't ask for the least squared error. Else they count from the picture.
        """
        if self._model.tune != EYE:
            return
        scaled = self._all_of(y) * self._inverse_gain
        part = np.float32(SOURCE)

        def work(window: Window) -> Window:
            found = self._decoded(scaled, window)
            return replace(window, target=part * window.target + (1 - part) * found)

        self._windows = [*pool.map(work, self._windows)]

    def _decoded(self, scaled: Floats, window: Window) -> Floats:
        """The samples of a window (1, 192, h, w), not rounded."""
        part = scaled[:, :, *window.place.within(self._outer)]
        (blocks,) = self._model.synthesis("samples", y=part, scale=self._scale)
        samples: Floats = np.clip(blocks, 0, WHITE)
        if self._grey:
            colours = samples.reshape(COLOURS, -1)
            samples = np.broadcast_to(colours.mean(axis=0), colours.shape).reshape(blocks.shape)
        return samples

    def _all_of(self, y: Floats) -> Floats:
        """y of the surroundings (1, M, h, w) with another in the tile."""
        planes = self._around.copy()
        planes[:, *self._inner] = y
        return planes[None]

    def _window(self, part: Box) -> Window:
        """The window around a part, whose samples count."""
        place = part.grown(self._model.halo, self._outer)
        box, counted = samples_of(place), samples_of(part)
        levels = read_padded(self._picture.seen(), box)
        seen = self._seen(counted)
        weight = np.zeros((box.height, box.width, 1), np.float32)
        weight[counted.within(box)] = seen[..., None]
        plain = bool(seen.all())
        if self._model.tune == EYE:
            weight[..., 0] *= visibility(levels)
            plain = False
        blocks = to_blocks(weight)
        return Window(place, to_blocks(levels), blocks[:, :1] if plain else blocks)

    def _seen(self, box: Box) -> NDArray[np.bool_]:
        """Which samples of a box are of the picture, and not hidden (height, width)."""
        seen = np.zeros((box.height, box.width), np.bool_)
        inside = box.overlap(Box.whole(self._picture.samples.shape))
        weights = self._picture.weights(self._picture.samples[inside.slices], (inside.y, inside.x))
        seen[inside.within(box)] = weights > 0
        return seen


def surroundings_of(tile: Box, header: Header, model: CodecModel) -> Box:
    """The samples whose latents decide all samples that a tile's change; whole blocks."""
    margin = PADDED * -(-2 * model.halo * LATENT // PADDED)
    return tile.grown(margin, header.box)


def parts_of(box: Box) -> Iterator[Box]:
    """A box of latents in parts of about equal size, LARGEST a side at most."""
    rows, columns = (-(-side // LARGEST) for side in (box.height, box.width))
    tops = [box.height * number // rows for number in range(rows + 1)]
    lefts = [box.width * number // columns for number in range(columns + 1)]
    for top, bottom in pairwise(tops):
        for left, right in pairwise(lefts):
            yield Box(box.y + top, box.x + left, bottom - top, right - left)
