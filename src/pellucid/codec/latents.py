"""One tile's latents to a payload and back: the part that must be the same on every machine.

Encoder and decoder run the same `Passes` for tables and means, with integers carried in float32
(`docs/format.md` section 5). Symbols are coded in three passes:

    A C A C      A  from the hyper-synthesis alone
    C B C B      B  with a linear prediction from A
    A C A C      C  with a network that sees A and B

Each pass is packed without gaps: A and B (M, h/2, w/2), C (M, h, w/2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.codec.quantise import quantise
from pellucid.entropy import MAX_SYMBOL, SymbolDecoder, SymbolEncoder
from pellucid.runtime import CodecModel

MEAN_UNIT = 16  # means and latents are stored in 1/16 of a quantiser step
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TileLatents:
    """The integers of one tile: z (Z, h/4, w/4) int32, and y (M, h, w) in 1/16 steps.

    y is float32 that holds integers, as the synthesis takes it.
    """

    z: NDArray[np.int32]
    y: Floats


@dataclass(frozen=True)
class Given:
    """What both sides know of the symbols of a pass: tables uint8, and means in 1/16, packed."""

    index: NDArray[np.uint8]
    mean: Floats


def encode_latents(model: CodecModel, y: Floats, quality: int) -> tuple[bytes, TileLatents]:
    """y (M, h, w) in quantiser steps -> payload and the latents a decoder will find in it."""
    encoder = SymbolEncoder(model.tables)
    z = hyper_latents(model, y)
    encoder.put(z.ravel(), z_tables(model, quality, z.shape).ravel())

    def code(wanted: Floats, given: Given) -> NDArray[np.int32]:
        residual = wanted - given.mean * np.float32(1 / MEAN_UNIT)
        symbols = quantise(residual, given.index, model.skip)
        encoder.put(symbols.ravel(), given.index.ravel(), skip=model.skip)
        return symbols

    passes = Passes(model, z, quality)
    passes.take_even_anchors(code(even_anchors(y), passes.even_anchors()))
    passes.take_odd_anchors(code(odd_anchors(y), passes.odd_anchors()))
    passes.take_non_anchors(code(non_anchors(y), passes.non_anchors()))
    return encoder.finish(), TileLatents(z, passes.y)


def decode_latents(
    model: CodecModel, payload: bytes | memoryview, quality: int, height: int, width: int
) -> TileLatents:
    """Payload -> latents of a tile whose y is (M, height, width).

    Raises:
        DamagedFileError: the payload is not one that an encoder makes.
    """
    decoder = SymbolDecoder(payload, model.tables)
    z_shape = (model.hyper_latents, height // 4, width // 4)
    z = decoder.take(z_tables(model, quality, z_shape).ravel()).reshape(z_shape)

    def take(given: Given) -> NDArray[np.int32]:
        return decoder.take(given.index.ravel(), skip=model.skip).reshape(given.index.shape)

    passes = Passes(model, z, quality)
    passes.take_even_anchors(take(passes.even_anchors()))
    passes.take_odd_anchors(take(passes.odd_anchors()))
    passes.take_non_anchors(take(passes.non_anchors()))
    decoder.finish()
    return TileLatents(z, passes.y)


def hyper_latents(model: CodecModel, y: Floats) -> NDArray[np.int32]:
    """y (M, h, w) -> z (Z, h/4, w/4), rounded."""
    (z,) = model.hyper_analysis(y=y[None])
    rounded: NDArray[np.int32] = np.clip(np.rint(z[0]), -MAX_SYMBOL, MAX_SYMBOL).astype(np.int32)
    return rounded


def z_tables(model: CodecModel, quality: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Table of each z, by channel."""
    return np.broadcast_to(model.z_index[quality][:, None, None], shape)


class Passes:
    """The three passes over one tile's y: each is asked for, then told its symbols.

    `y` (M, h, w) float32, in 1/16 steps, is whole after the third.
    """

    def __init__(self, model: CodecModel, z: NDArray[np.int32], quality: int) -> None:
        self._model = model
        self._offset = model.y_offset[quality][:, None, None]
        self._features, head, mean = model.hyper_synthesis(z=z[None].astype(np.float32))
        self._head, self._mean = head[0], mean[0]
        self._odd_mean = odd_anchors(self._mean).copy()
        self.y = np.empty(self._mean.shape, np.float32)

    def even_anchors(self) -> Given:
        """Tables and means of A."""
        self._given = Given(self._tables(even_anchors(self._head)), even_anchors(self._mean))
        return self._given

    def take_even_anchors(self, symbols: NDArray[np.int32]) -> None:
        """Symbols of A: they predict B in the smooth channels."""
        even_anchors(self.y)[...] = self._decoded(symbols)
        kernel = self._model.diagonal
        smooth = kernel.weight.shape[0]
        self._odd_mean[:smooth] += kernel(symbols[:smooth])

    def odd_anchors(self) -> Given:
        """Tables and means of B."""
        index = self._tables(odd_anchors(self._head), self._model.centre_offset[:, None, None])
        self._given = Given(index, self._odd_mean)
        return self._given

    def take_odd_anchors(self, symbols: NDArray[np.int32]) -> None:
        """Symbols of B: with A they are what the network sees."""
        odd_anchors(self.y)[...] = self._decoded(symbols)
        seen = np.zeros((1, *self.y.shape), np.float32)
        for part in (even_anchors, odd_anchors):
            np.subtract(part(self.y), part(self._mean), out=part(seen[0]))
        self._head, self._correction = (
            out[0] for out in self._model.context_model(seen=seen, features=self._features)
        )

    def non_anchors(self) -> Given:
        """Tables and means of C."""
        mean = non_anchors(self._mean) + non_anchors(self._correction)
        self._given = Given(self._tables(non_anchors(self._head)), mean)
        return self._given

    def take_non_anchors(self, symbols: NDArray[np.int32]) -> None:
        """Symbols of C: y is whole."""
        decoded = self._decoded(symbols)
        self.y[:, 0::2, 1::2] = decoded[:, 0::2]
        self.y[:, 1::2, 0::2] = decoded[:, 1::2]

    def _tables(self, head: Floats, more: Floats | float = 0.0) -> NDArray[np.uint8]:
        index: Floats = head + (self._offset + more)
        np.clip(index, 0, len(self._model.tables) - 1, out=index)
        return index.astype(np.uint8)

    def _decoded(self, symbols: NDArray[np.int32]) -> Floats:
        decoded = symbols.astype(np.float32)
        decoded *= MEAN_UNIT
        decoded += self._given.mean
        return decoded


def even_anchors(plane: Floats) -> Floats:
    """A as a view: even rows, even columns."""
    return plane[:, 0::2, 0::2]


def odd_anchors(plane: Floats) -> Floats:
    """B as a view: odd rows, odd columns."""
    return plane[:, 1::2, 1::2]


def non_anchors(plane: Floats) -> Floats:
    """C packed, rows kept apart: odd columns of even rows, even columns of odd rows."""
    packed = np.empty((*plane.shape[:2], plane.shape[2] // 2), plane.dtype)
    packed[:, 0::2] = plane[:, 0::2, 1::2]
    packed[:, 1::2] = plane[:, 1::2, 0::2]
    return packed
