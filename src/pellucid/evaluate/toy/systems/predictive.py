"""A codec around a learned guess: what it is off by, in steps, with a table for each surrounding.

Passes as in `lattice`. Guesses are made from what the decoder will know, so errors don't pile up.
The setting is the step of 0..255. A file is its number, and the words of the entropy coder; the
model and the shape are not in it. A decoder needs the same library on the same kind of processor,
since the guess is a floating-point number, rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder, TableSet
from pellucid.evaluate.toy.systems.base import SINGLE, Budget, Pictures, Training
from pellucid.evaluate.toy.systems.lattice import (
    Plane,
    base_of,
    features_of,
    passes_of,
)
from pellucid.evaluate.toy.systems.learners import Learner, make_forest, make_vectors
from pellucid.evaluate.toy.systems.tables import MAX_REACH, count_symbols, tables_of

STEPS = (64.0, 36.0, 20.0, 8.0)
CLASSES = np.array([2, 8, 20, 40, 80])  # how far the nearest are apart -> one of six tables
TABLES = 2 + len(CLASSES) + 1  # two for what comes first
COUNTED = 24  # pictures, for the tables
A_PICTURE = 10  # samples of each, at least, to learn the guess from
GREEN_FIRST = (1, 0, 2)

Part = tuple[NDArray[np.int32], NDArray[np.uint8]]  # symbols, and the table of each
# (guess (P,), table of each, samples or None) -> what the decoder will have.
Exchange = Callable[[Plane, NDArray[np.uint8], Plane | None], Plane]


@dataclass
class PredictiveCodec:
    """A `Compressor` around a `Learner`."""

    learner: Learner
    files: tuple[str, ...] = (SINGLE,)
    trained: bool = True
    tables: dict[float, TableSet] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.learner.name

    @property
    def version(self) -> str:
        return f"{self.learner.version}, guesses coarse to fine"

    def settings(self, _files: str) -> tuple[float, ...]:
        return STEPS

    def train(self, pictures: Pictures, budget: Budget) -> Training:
        few = pictures[: -(-self.learner.most // A_PICTURE)]
        what = self.learner.fit(*samples_of(few, self.learner.most, budget.seed), budget)
        for step in STEPS:
            counts: Any = 0
            for picture in pictures[:COUNTED]:
                parts = zip(*self._parts(picture, step), strict=True)
                symbols, index = (np.concatenate(part) for part in parts)
                counts = counts + count_symbols(symbols, index, TABLES, _reach(step))
            self.tables[step] = tables_of(counts, _reach(step))
        return Training(f"{what} of {len(few)} pictures", self.learner.model_bytes)

    def encode(self, picture: Pictures, setting: float) -> bytes:
        coder = SymbolEncoder(self.tables[setting])
        for symbols, index in self._parts(picture, setting):
            coder.put(symbols, index)
        return bytes([STEPS.index(setting)]) + coder.finish()

    def decode(self, data: bytes, shape: tuple[int, int, int]) -> Pictures:
        step = STEPS[data[0]]
        coder = SymbolDecoder(data[1:], self.tables[step])

        def read(guess: Plane, index: NDArray[np.uint8], _truth: Plane | None) -> Plane:
            return _restored(guess, coder.take(index), step)

        picture = self._walk(None, shape, read)
        coder.finish()
        return picture

    def _parts(self, picture: Pictures, step: float) -> list[Part]:
        """What a file of the picture holds, in the order of decoding."""
        parts: list[Part] = []

        def write(guess: Plane, index: NDArray[np.uint8], truth: Plane | None) -> Plane:
            symbols = np.rint((cast(Plane, truth) - guess) / step).astype(np.int32)
            parts.append((symbols, index))
            return _restored(guess, symbols, step)

        self._walk(picture, picture.shape, write)
        return parts

    def _walk(
        self, picture: Pictures | None, shape: tuple[int, ...], exchange: Exchange
    ) -> Pictures:
        """Both ways through a picture: guess, exchange symbols, go on with what a decoder has."""
        height, width, channels = shape
        order = GREEN_FIRST if channels == 3 else (0,)
        known = [np.zeros((height, width)) for _ in order]
        for number, channel in enumerate(order):
            truth = None if picture is None else picture[..., channel].astype(np.float64)
            places = base_of(height, width)
            guess = known[number - 1][places] if number else np.full(len(places[0]), 128.0)
            first = np.full(len(guess), min(number, 1), np.uint8)
            known[number][places] = exchange(guess, first, None if truth is None else truth[places])
            for one in passes_of(height, width):
                features, mean, spread = features_of(one, known, number)
                guess = np.rint(np.clip(mean + self.learner.predict(features), 0, 255))
                index = (2 + np.searchsorted(CLASSES, spread)).astype(np.uint8)
                here = (one.rows, one.columns)
                known[number][here] = exchange(guess, index, None if truth is None else truth[here])
        result = np.empty(shape, np.uint8)
        for plane, channel in zip(known, order, strict=True):
            result[..., channel] = np.rint(plane)
        return result


def samples_of(pictures: Pictures, most: int, seed: int) -> tuple[Plane, Plane]:
    """(N, F) features and (N,) what to guess, of `most` samples drawn evenly and mixed.

    What is around them has errors as large as those that coding will leave.
    """
    draw = np.random.default_rng(seed)
    features, values = [], []
    for picture in pictures:
        step = draw.choice(STEPS)
        order = GREEN_FIRST if picture.shape[2] == 3 else (0,)
        planes = [picture[..., channel].astype(np.float64) for channel in order]
        coded = [np.clip(p + draw.uniform(-step / 2, step / 2, p.shape), 0, 255) for p in planes]
        of_picture: list[tuple[Plane, Plane]] = []
        for number, plane in enumerate(planes):
            for one in passes_of(*plane.shape):
                found, mean, _ = features_of(one, coded, number)
                of_picture.append((found, plane[one.rows, one.columns] - mean))
        around, wanted = (np.concatenate(part) for part in zip(*of_picture, strict=True))
        chosen = draw.permutation(len(wanted))[: -(-most // len(pictures))]
        features.append(around[chosen])
        values.append(wanted[chosen])
    mixed = draw.permutation(sum(map(len, values)))[:most]
    return np.concatenate(features)[mixed], np.concatenate(values)[mixed]


def make_forest_codec(threads: int) -> PredictiveCodec:
    """The codec with a random forest."""
    return PredictiveCodec(make_forest(threads))


def make_svr_codec(threads: int) -> PredictiveCodec:
    """The codec with support vectors."""
    return PredictiveCodec(make_vectors(threads))


def _restored(guess: Plane, symbols: NDArray[np.int32], step: float) -> Plane:
    return np.asarray(np.clip(guess + symbols * step, 0, 255), np.float64)


def _reach(step: float) -> int:
    return min(MAX_REACH, math.ceil(255 / step))
