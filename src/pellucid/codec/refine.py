"""A tile's latents refined against what they cost: lambda * distortion + bits.

The analysis gives latents that are good for most pictures, and rounding takes no notice of what one
error does to the next. Here both are improved for this tile. In between, a symbol may lie between
two whole numbers, v = k + f: then it costs what lies between their costs, and as if it were rounded
at random, up with probability f, the distortion counts h f (1 - f) / 2 more, where h is its second
derivative. The whole is linear in each symbol alone, so it has its minima at whole numbers. That
term is let in little by little, so that all symbols first find their place and then settle, each
with regard to those that have. Steps are Newton's, with h by channel, and end at whole numbers,
where the cost of a symbol has kinks.

Of a model that is tuned for the eye, errors count by where they are seen, from halfway between the
picture and what y decodes to as the analysis gave it.

Costs are those of the decoder's tables; means and tables are predicted anew from the symbols that
there are as y changes. z stays that of the first y. (Soft rounding with gradients at random, as in
Yang et al. 2020, "Improving inference for neural image compression", takes ten times the steps for
the same: `docs/models.md`.)
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.codec.distortion import Distortion
from pellucid.codec.latents import (
    MEAN_UNIT,
    Floats,
    Given,
    TileLatents,
    View,
    encode_latents,
    quantise,
    spread,
    three_passes,
)
from pellucid.entropy import SymbolCosts
from pellucid.runtime import CodecModel

STEPS = (0, 3, 5, 8, 12, 17, 24, 34, 48, 70)  # by effort
PACE = 1.2  # of Newton's steps
LONGEST = 0.5  # step, in quantiser steps
LAST = 1.2  # weight of the term that settles symbols, at the end
PROBE = 0.5  # quantiser steps, that measure the second derivative
LEAST_CURVATURE = 1e-3  # of the largest channel's
LEAST_SEEN = 0.25  # part of samples: hidden latents still change some beside them

Coded = tuple[bytes, TileLatents]


@dataclass(frozen=True)
class Prediction:
    """Means in quantiser steps and tables of all symbols of a tile, (M, h, w)."""

    mean: Floats
    index: NDArray[np.uint8]


class Refinement:
    """Refines tiles of one quality.

    Args:
        steps: gradients that are followed, each as long as a few decodings.
    """

    def __init__(self, model: CodecModel, quality: int, steps: int, pool: Executor) -> None:
        self._model, self._quality, self._steps, self._pool = model, quality, steps, pool
        self._costs = SymbolCosts(model.tables)
        bits = self._costs.bits
        rise = np.diff(bits, axis=1, append=bits[:, -1:])  # what the next symbol costs more
        self._rise, self._width = rise.ravel(), rise.shape[1]

    def __call__(
        self, y: Floats, first: Coded, distortion: Distortion, done: Callable[[], None]
    ) -> Coded:
        """Payload and latents of y (M, h, w), refined; the `first` ones if they cost no more.

        `done` is called after each step.
        """
        distortion.aim(y, self._pool)
        refined = self._refined(y, first[1].z, distortion, done)
        second = encode_latents(self._model, refined, self._quality, first[1].z)
        first_cost, cost = (
            8 * len(payload) + distortion.of(latents.in_steps, self._pool)
            for payload, latents in (first, second)
        )
        return second if cost < first_cost else first

    def _refined(
        self, y: Floats, z: NDArray[np.int32], distortion: Distortion, done: Callable[[], None]
    ) -> Floats:
        curvature = None
        for step in range(self._steps):
            given = self._predict(y, z)
            places = np.flatnonzero(given.index >= self._model.skip)
            symbols = (y - given.mean).ravel()[places]
            y = self._with(given, places, symbols)
            slope = distortion.gradient(y, self._pool)
            if curvature is None:
                curvature = self._curvature(y, slope, distortion)
            settling = LAST * (step + 1) / self._steps
            table = given.index.ravel()[places].astype(np.int32) * self._width
            second = curvature.ravel()[places]
            symbols = self._moved(symbols, slope.ravel()[places], second, settling, table)
            y = self._with(given, places, symbols)
            done()
        return y

    def _with(self, given: Prediction, places: NDArray[np.intp], symbols: Floats) -> Floats:
        """y of symbols at places; elsewhere they are 0."""
        y = given.mean.copy()
        y.ravel()[places] += symbols
        return y

    def _moved(
        self,
        symbols: Floats,
        slope: Floats,
        curvature: Floats,
        settling: float,
        table: NDArray[np.int32],
    ) -> Floats:
        """Symbols after a step, from the distortion's derivatives and the place of their tables."""
        low = np.floor(symbols)
        part = symbols - low
        middle = self._costs.most + 1
        start = table + np.clip(low, -middle, middle).astype(np.int32) + middle
        half = np.float32(0.5 * settling) * curvature
        up = slope + half * (1 - 2 * part) + self._rise[start]
        whole = part == 0  # where the slope to the left is another
        down = slope - half + self._rise[start - 1]
        up = np.where(whole & (up > 0), np.maximum(down, 0), up)
        move = np.clip(np.float32(-PACE) * up / curvature, -LONGEST, LONGEST)
        low -= whole & (move < 0)
        moved: Floats = np.clip(symbols + move, low, low + 1)
        return moved

    def _curvature(self, y: Floats, slope: Floats, distortion: Distortion) -> Floats:
        """The distortion's second derivative (M, h, w): Hutchinson's estimate by channel, times the
        part of samples that is seen.
        """
        signs = np.random.default_rng(0).integers(0, 2, y.shape, np.int8) * 2 - 1
        probe = signs.astype(np.float32) * np.float32(PROBE)
        change = (distortion.gradient(y + probe, self._pool) - slope) * probe
        found: Floats = change.mean(axis=(1, 2)) / np.float32(
            PROBE**2 * (distortion.seen.mean() or 1)
        )
        found = np.maximum(found, max(LEAST_CURVATURE * float(found.max()), 1e-12))
        return found[:, None, None] * np.maximum(distortion.seen, LEAST_SEEN)

    def _predict(self, y: Floats, z: NDArray[np.int32]) -> Prediction:
        """What the decoder will predict if y is rounded as it is now."""
        found = Prediction(np.empty_like(y), np.empty(y.shape, np.uint8))

        def code(view: View, given: Given) -> NDArray[np.int32]:
            mean = given.mean * np.float32(1 / MEAN_UNIT)
            spread(view, mean, found.mean)
            spread(view, given.index, found.index)
            return quantise(view(y) - mean, given.index, self._model.skip)

        three_passes(self._model, z, self._quality, code)
        return found
