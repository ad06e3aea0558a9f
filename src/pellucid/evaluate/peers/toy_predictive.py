"""Forest or support vectors as a codec and as a denoiser.

The codec keeps what a learned guess is off by, in steps, with a table for each surrounding. Passes
are those of `toy_lattice`. Guesses are made from what the decoder will know, so errors don't pile
up. The setting is the step of 0..255. A file is its number, and the words of the entropy coder; the
model and the shape are not in it. A decoder needs the same library on the same kind of processor,
since the guess is a floating-point number, rounded.

The denoiser guesses the clean sample in the middle of a noisy patch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder, TableSet
from pellucid.evaluate.peers.toy_base import (
    COMPRESS,
    DENOISE,
    SINGLE,
    Budget,
    Cleaner,
    Coder,
    Pictures,
    Samples,
    Shape,
    System,
    count_symbols,
    tables_of,
)
from pellucid.evaluate.peers.toy_lattice import Plane, base_of, features_of, passes_of
from pellucid.evaluate.peers.toy_learners import Features, Fitted, Learner

STEPS = (64.0, 36.0, 20.0, 8.0)
CLASSES = np.array([2, 8, 20, 40, 80])  # how far the nearest are apart -> one of six tables
TABLES = 2 + len(CLASSES) + 1  # two for what comes first
COUNTED = 24  # pictures, for the tables
MAX_REACH = 255  # of a symbol
GREEN_FIRST = (1, 0, 2)
SIDE, OTHER_SIDE = 5, 3  # of the denoiser's patch, and of those in the other colours

Index = NDArray[np.uint8]  # (P,) the table of each symbol
# (guess (P,), table of each, samples or None) -> what the decoder will have.
Exchange = Callable[[Plane, Index, Plane | None], Plane]


def coder(threads: int, *, make: Callable[[int], Learner]) -> System[Coder]:
    """The codec around a learner."""
    learner = make(threads)

    def train(pictures: Pictures, budget: Budget) -> Coder:
        fitted = learner.learn(pictures, samples_around, budget)
        codec = _Codec(fitted, {})
        for step in STEPS:
            codec.tables[step] = codec.counted(pictures[:COUNTED], step)
        return Coder(codec.encode, codec.decode, fitted.training)

    return System(
        task=COMPRESS,
        name=learner.name,
        version=f"{learner.version}, guesses coarse to fine",
        train=train,
        settings={SINGLE: STEPS},
        threading=learner.threading,
    )


def cleaner(threads: int, *, make: Callable[[int], Learner]) -> System[Cleaner]:
    """The denoiser around a learner; one for all colours, each patch with its own in front."""
    learner = make(threads)

    def train(pictures: Pictures, budget: Budget) -> Cleaner:
        def noisy_patches(
            picture: Pictures, draw: np.random.Generator
        ) -> tuple[Features, Features]:
            clean = picture.astype(np.float32)
            noise = draw.standard_normal(clean.shape, np.float32)
            around, mean = patches_of(clean + np.float32(budget.sigma) * noise)
            return around, clean.transpose(2, 0, 1).ravel() - mean

        fitted = learner.learn(pictures, noisy_patches, budget)

        def denoise(noisy: Samples, _sigma: float) -> Samples:
            height, width, channels = noisy.shape
            features, mean = patches_of(noisy)
            clean = (mean + fitted.predict(features)).astype(np.float32)
            return clean.reshape(channels, height, width).transpose(1, 2, 0)

        return Cleaner(denoise, fitted.training)

    return System(
        task=DENOISE,
        name=learner.name,
        version=f"{learner.version}, patches of {SIDE}x{SIDE}",
        train=train,
        threading=learner.threading,
    )


@dataclass(frozen=True)
class _Codec:
    """What was learnt, and step -> the tables of its symbols."""

    fitted: Fitted
    tables: dict[float, TableSet]

    def encode(self, picture: Pictures, setting: float) -> bytes:
        coder = SymbolEncoder(self.tables[setting])
        for symbols, index in self._parts(picture, setting):
            coder.put(symbols, index)
        return bytes([STEPS.index(setting)]) + coder.finish()

    def decode(self, data: bytes, shape: Shape) -> Pictures:
        step = STEPS[data[0]]
        coder = SymbolDecoder(data[1:], self.tables[step])

        def read(guess: Plane, index: Index, _truth: Plane | None) -> Plane:
            return _restored(guess, coder.take(index), step)

        picture = self._walk(None, shape, read)
        coder.finish()
        return picture

    def counted(self, pictures: Pictures, step: float) -> TableSet:
        """Tables of what files of these pictures hold."""
        reach, counts = min(MAX_REACH, math.ceil(255 / step)), cast(Any, 0)
        for picture in pictures:
            parts = zip(*self._parts(picture, step), strict=True)
            symbols, index = (np.concatenate(part) for part in parts)
            counts = counts + count_symbols(symbols, index, TABLES, reach)
        return tables_of(counts, reach)

    def _parts(self, picture: Pictures, step: float) -> list[tuple[NDArray[np.int32], Index]]:
        """What a file of the picture holds, symbols and the table of each, in order of decoding."""
        parts: list[tuple[NDArray[np.int32], Index]] = []

        def write(guess: Plane, index: Index, truth: Plane | None) -> Plane:
            symbols = np.rint((cast(Plane, truth) - guess) / step).astype(np.int32)
            parts.append((symbols, index))
            return _restored(guess, symbols, step)

        self._walk(picture, picture.shape, write)
        return parts

    def _walk(self, picture: Pictures | None, shape: Shape, exchange: Exchange) -> Pictures:
        """Both ways through a picture: guess, exchange symbols, go on with what a decoder has."""
        height, width, channels = shape
        order = _order(channels)
        known = [np.zeros((height, width)) for _ in order]
        for number, channel in enumerate(order):
            truth = None if picture is None else picture[..., channel].astype(np.float64)
            places = base_of(height, width)
            guess = known[number - 1][places] if number else np.full(len(places[0]), 128.0)
            first = np.full(len(guess), min(number, 1), np.uint8)
            known[number][places] = exchange(guess, first, None if truth is None else truth[places])
            for one in passes_of(height, width):
                features, mean, spread = features_of(one, known, number)
                guess = np.rint(np.clip(mean + self.fitted.predict(features), 0, 255))
                index = (2 + np.searchsorted(CLASSES, spread)).astype(np.uint8)
                here = (one.rows, one.columns)
                known[number][here] = exchange(guess, index, None if truth is None else truth[here])
        result = np.empty(shape, np.uint8)
        for plane, channel in zip(known, order, strict=True):
            result[..., channel] = np.rint(plane)
        return result


def samples_around(picture: Pictures, draw: np.random.Generator) -> tuple[Plane, Plane]:
    """(N, F) features and (N,) what to guess, of all samples of a picture but the first.

    What is around them has errors as large as those that coding will leave.
    """
    step = draw.choice(STEPS)
    planes = [picture[..., channel].astype(np.float64) for channel in _order(picture.shape[2])]
    coded = [np.clip(p + draw.uniform(-step / 2, step / 2, p.shape), 0, 255) for p in planes]
    parts = []
    for number, plane in enumerate(planes):
        for one in passes_of(*plane.shape):
            found, mean, _ = features_of(one, coded, number)
            parts.append((found, plane[one.rows, one.columns] - mean))
    features, wanted = (np.concatenate(part) for part in zip(*parts, strict=True))
    return features, wanted


def patches_of(noisy: Samples) -> tuple[Features, NDArray[np.float32]]:
    """Patches of (H, W, C) samples, one colour after the other.

    Returns:
        (C * H * W, F) features: the patch less its mean, those of the other colours less theirs,
        and the mean; and (C * H * W,) these means.
    """
    channels = range(noisy.shape[2])
    wide = [_around(noisy[..., channel], SIDE) for channel in channels]
    means = [patch.mean(axis=1, keepdims=True) for patch in wide]
    thin = [_around(noisy[..., channel], OTHER_SIDE) for channel in channels]
    rows = []
    for channel in channels:
        turned = [(channel + turn) % len(channels) for turn in channels[1:]]
        others = [thin[other] - means[other] for other in turned]
        rows.append(np.hstack([wide[channel] - means[channel], *others, means[channel] / 4]))
    return np.concatenate(rows), np.concatenate(means)[:, 0]


def _around(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """(H, W) to (H * W, side * side), mirrored at the edges."""
    padded = np.pad(plane, side // 2, "reflect")
    return sliding_window_view(padded, (side, side)).reshape(plane.size, side * side)


def _order(channels: int) -> tuple[int, ...]:
    return GREEN_FIRST if channels == 3 else (0,)


def _restored(guess: Plane, symbols: NDArray[np.int32], step: float) -> Plane:
    return np.asarray(np.clip(guess + symbols * step, 0, 255), np.float64)
