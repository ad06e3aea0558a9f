"""Forest or support vectors as a codec and as a denoiser.

The codec keeps what a learned guess is off by, in steps, with a table for each surrounding. Guesses
are made coarse to fine, by whole passes: every eighth sample of every eighth row comes first. Then
each level halves the distance in two passes: the centres between four known samples, and what then
has known samples above, below and beside it. A pass needs no sample of its own, so a decoder
guesses all of it in one call; sample by sample, as an article would have it, a forest would take
seconds a picture. Guesses are made from what the decoder will know, so errors don't pile up.

The setting is the step of 0..255. A file is its number, and the words of the entropy coder; the
model and the shape are not in it. A decoder needs the same library on the same kind of processor,
since the guess is a floating-point number, rounded.

The denoiser guesses the clean sample in the middle of a noisy patch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder, TableSet
from pellucid.evaluate.peers.toy_base import (
    SIGMA,
    Budget,
    Coder,
    Pictures,
    Samples,
    Shape,
    System,
    ToyDenoiser,
    tables_of,
)
from pellucid.evaluate.peers.toy_learners import LEARNERS, Features, Fitted

STEPS = (64.0, 36.0, 20.0, 8.0)
CLASSES = np.array([2, 8, 20, 40, 80])  # how far the nearest are apart -> one of six tables
TABLES = 2 + len(CLASSES) + 1  # two for what comes first
COUNTED = 24  # pictures, for the tables
MAX_REACH = 255  # of a symbol
GREEN_FIRST = [1, 0, 2]  # its own inverse
SIDE, OTHER_SIDE = 5, 3  # of the denoiser's patch, and of those in the other colours
LEVELS = (4, 2, 1)  # distances that are filled in
NEAR = 4  # how many of the neighbours are the nearest
CENTRES = [(-1, -1), (-1, 1), (1, -1), (1, 1)] + [
    (y, x) for y in (-3, -1, 1, 3) for x in (-3, -1, 1, 3) if 3 in (abs(y), abs(x))
]
SIDES = [(-1, 0), (0, -1), (0, 1), (1, 0)] + [
    (y, x) for y in range(-3, 4) for x in range(-3, 4) if (y + x) % 2 and 1 < abs(y) + abs(x) <= 3
]

Planes = NDArray[np.float64]  # (C, H, W), green first, or numbers of some samples (P,)
Places = NDArray[np.intp]
Symbols = NDArray[np.int32]  # (P,)
Index = NDArray[np.uint8]  # (P,) the table of each
At = tuple[int, Places, Places]  # P samples of planes: channel, rows and columns
Exchange = Callable[[At, Planes, Index], Symbols]  # of the guess (P,)


def coder(name: str, threads: int) -> System:
    """The codec around a learner."""
    learner = LEARNERS[name](threads)

    def train(pictures: Pictures, budget: Budget) -> Coder:
        fitted = learner.learn(pictures, samples_around, budget)
        tables: dict[float, TableSet] = {}

        def parts_of(picture: Pictures, step: float) -> list[tuple[Symbols, Index]]:
            """What a file holds, symbols and the table of each, in order of decoding."""
            truth, parts = planes_of(picture), []

            def write(at: At, guess: Planes, index: Index) -> Symbols:
                symbols = np.asarray(np.rint((truth[at] - guess) / step), np.int32)
                parts.append((symbols, index))
                return symbols

            walk(truth.shape, step, fitted, write)
            return parts

        def encode(picture: Pictures, step: float) -> bytes:
            packer = SymbolEncoder(tables[step])
            for symbols, index in parts_of(picture, step):
                packer.put(symbols, index)
            return bytes([STEPS.index(step)]) + packer.finish()

        def decode(data: bytes, shape: Shape) -> Pictures:
            step = STEPS[data[0]]
            packer = SymbolDecoder(data[1:], tables[step])
            planes = walk(
                (shape[2], *shape[:2]), step, fitted, lambda _at, _guess, index: packer.take(index)
            )
            packer.finish()
            return np.rint(planes[order_of(shape[2])]).astype(np.uint8).transpose(1, 2, 0)

        for step in STEPS:
            counted = [part for one in pictures[:COUNTED] for part in parts_of(one, step)]
            symbols, index = (np.concatenate(part) for part in zip(*counted, strict=True))
            tables[step] = tables_of(symbols, index, TABLES, min(MAX_REACH, math.ceil(255 / step)))
        return Coder(encode, decode, fitted.learnt, fitted.size)

    return System(
        task="compress",
        name=name,
        version=f"{learner.version}, guesses coarse to fine",
        train=train,
        settings={"single": STEPS},
        threading=learner.threading,
    )


def denoiser(name: str, threads: int) -> System:
    """The denoiser around a learner; one for all colours, each patch with its own in front."""
    learner = LEARNERS[name](threads)

    def noisy_patches(picture: Pictures, draw: np.random.Generator) -> tuple[Features, Features]:
        clean = picture.astype(np.float32)
        noise = draw.standard_normal(clean.shape, np.float32)
        around, mean = patches_of(clean + np.float32(SIGMA) * noise)
        return around, clean.transpose(2, 0, 1).ravel() - mean

    def train(pictures: Pictures, budget: Budget) -> ToyDenoiser:
        fitted = learner.learn(pictures, noisy_patches, budget)

        def denoise(noisy: Samples, _sigma: float) -> Samples:
            height, width, channels = noisy.shape
            features, mean = patches_of(noisy)
            clean = (mean + fitted.predict(features)).astype(np.float32)
            return clean.reshape(channels, height, width).transpose(1, 2, 0)

        return ToyDenoiser(denoise, fitted.learnt, fitted.size)

    return System(
        task="denoise",
        name=name,
        version=f"{learner.version}, patches of {SIDE}x{SIDE}",
        train=train,
        threading=learner.threading,
    )


def order_of(channels: int) -> list[int]:
    """Of the planes; also the way back."""
    return GREEN_FIRST if channels == 3 else [0]


def planes_of(picture: Pictures) -> Planes:
    """(H, W, C) in the order of coding."""
    return picture.transpose(2, 0, 1)[order_of(picture.shape[2])].astype(np.float64)


def walk(shape: Shape, step: float, fitted: Fitted, exchange: Exchange) -> Planes:
    """Both ways through planes: guess, exchange symbols, go on with what a decoder has."""
    known = np.zeros(shape)

    def go(at: At, guess: Planes, index: NDArray[Any]) -> None:
        symbols = exchange(at, guess, index.astype(np.uint8))
        known[at] = np.clip(guess + symbols * step, 0, 255)

    for number in range(shape[0]):
        first = base_of(*shape[1:])
        guess = known[number - 1][first] if number else np.full(len(first[0]), 128.0)
        go((number, *first), guess, np.full(len(guess), min(number, 1)))
        for one in passes_of(*shape[1:]):
            features, mean, spread = features_of(one, known, number)
            guess = np.rint(np.clip(mean + fitted.predict(features), 0, 255))
            go((number, *one.at), guess, 2 + np.searchsorted(CLASSES, spread))
    return known


@dataclass(frozen=True)
class Pass:
    """Samples that are guessed at once.

    Attributes:
        at: rows and columns (P,) where they lie.
        near: the same (P, 16) of their known neighbours, the four nearest first.
        kind: the distance to these, 4, 2 or 1, as logarithm; whether those are above, below and
            beside, not at the corners; both as features.
    """

    at: tuple[Places, Places]
    near: tuple[Places, Places]
    kind: tuple[float, float]


@cache
def base_of(height: int, width: int) -> tuple[Places, Places]:
    """Rows and columns of what comes first."""
    rows, columns = np.mgrid[0 : height : 2 * LEVELS[0], 0 : width : 2 * LEVELS[0]]
    return rows.ravel(), columns.ravel()


@cache
def passes_of(height: int, width: int) -> tuple[Pass, ...]:
    """All passes after it, in order; sides must be at least 8."""
    found = []
    rows, columns = (axis.ravel() for axis in np.mgrid[0:height, 0:width])
    for step in LEVELS:
        odd_rows, odd_columns = rows % (2 * step) == step, columns % (2 * step) == step
        on_grid = (rows % step == 0) & (columns % step == 0)
        for sides, chosen, offsets in (
            (False, odd_rows & odd_columns, CENTRES),
            (True, (odd_rows ^ odd_columns) & on_grid, SIDES),
        ):
            y, x = rows[chosen], columns[chosen]
            dy, dx = step * np.array(offsets).T
            near_y = _folded(y[:, None] + dy, height, 2 * step)
            near_x = _folded(x[:, None] + dx, width, 2 * step)
            found.append(Pass((y, x), (near_y, near_x), (32 * math.log2(step), 32.0 * sides)))
    return tuple(found)


def _folded(places: Places, size: int, period: int) -> Places:
    """Those outside brought inside by whole periods, so that they stay known."""
    below = np.where(places < 0, places % period, places)
    over = np.maximum(below - (size - 1), 0)
    return np.asarray(below - period * -(-over // period), np.intp)


def features_of(done: Pass, known: Planes, number: int) -> tuple[Planes, Planes, Planes]:
    """What is known around the samples of a pass.

    Args:
        known: the planes; those before `number` whole, that one as far as the passes before.

    Returns:
        (P, F) features, (P,) mean of the four nearest, (P,) how far these are apart. Where another
        plane departs from its own four nearest is a feature: that is how colours help each other.
    """
    near = known[number][done.near]
    mean, spread = near[:, :NEAR].mean(axis=1), np.ptp(near[:, :NEAR], axis=1)
    others = np.zeros((len(mean), 6))
    for place, plane in enumerate(known[:number][-2:]):
        others[:, place] = plane[done.at] - plane[done.near][:, :NEAR].mean(axis=1)
    others[:, 2] = mean / 4
    others[:, 3:] = (*done.kind, 32 * number)
    return np.hstack([near - mean[:, None], others]), mean, spread


def samples_around(picture: Pictures, draw: np.random.Generator) -> tuple[Planes, Planes]:
    """(N, F) features and (N,) what to guess, of all samples of a picture but the first.

    What is around them has errors as large as those that coding will leave.
    """
    step, planes = draw.choice(STEPS), planes_of(picture)
    coded = np.clip(planes + draw.uniform(-step / 2, step / 2, planes.shape), 0, 255)
    parts = []
    for number, plane in enumerate(planes):
        for one in passes_of(*plane.shape):
            found, mean, _ = features_of(one, coded, number)
            parts.append((found, plane[one.at] - mean))
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
    thin = [_around(noisy[..., channel], OTHER_SIDE) - means[channel] for channel in channels]
    rows = []
    for channel in channels:
        others = [thin[(channel + turn) % len(channels)] for turn in channels[1:]]
        rows.append(np.hstack([wide[channel] - means[channel], *others, means[channel] / 4]))
    return np.concatenate(rows), np.concatenate(means)[:, 0]


def _around(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """(H, W) to (H * W, side * side), mirrored at the edges."""
    padded = np.pad(plane, side // 2, "reflect")
    return sliding_window_view(padded, (side, side)).reshape(plane.size, side * side)
