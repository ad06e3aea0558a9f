"""One tile's latents to a payload and back: the part that must be the same on every machine.

Encoder and decoder call the same two functions for tables and means (`first_pass`, `second_pass`),
with integers carried in float32 (`docs/format.md` section 5).
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
    """The integers of one tile: z (Z, h/4, w/4) and y (M, h, w) in 1/16 steps, both int32."""

    z: NDArray[np.int32]
    y: NDArray[np.int32]


@dataclass(frozen=True)
class Pass:
    """What the networks say of all positions: tables (M, h, w) uint8, means in 1/16 float32."""

    index: NDArray[np.uint8]
    mean: Floats


def encode_latents(model: CodecModel, y: Floats, quality: int) -> tuple[bytes, TileLatents]:
    """y (M, h, w) in quantiser steps -> payload and the latents a decoder will find in it."""
    encoder = SymbolEncoder(model.tables)
    z = hyper_latents(model, y)
    encoder.put(z.ravel(), z_tables(model, quality, z.shape).ravel())
    features, first = first_pass(model, z, quality)
    white = checkerboard(y.shape[1:])

    symbols = np.zeros(y.shape, np.int32)
    put_pass(encoder, model, symbols, y, first, white)
    second = second_pass(model, symbols, features, first.mean, quality)
    put_pass(encoder, model, symbols, y, second, ~white)
    return encoder.finish(), TileLatents(z, join(symbols, first, second, white))


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
    features, first = first_pass(model, z, quality)
    white = checkerboard((height, width))

    symbols = np.zeros((model.latents, height, width), np.int32)
    symbols[:, white] = take_pass(decoder, model, first, white)
    second = second_pass(model, symbols, features, first.mean, quality)
    symbols[:, ~white] = take_pass(decoder, model, second, ~white)
    decoder.finish()
    return TileLatents(z, join(symbols, first, second, white))


def hyper_latents(model: CodecModel, y: Floats) -> NDArray[np.int32]:
    """y (M, h, w) -> z (Z, h/4, w/4), rounded."""
    (z,) = model.hyper_analysis(y=y[None])
    rounded: NDArray[np.int32] = np.clip(np.rint(z[0]), -MAX_SYMBOL, MAX_SYMBOL).astype(np.int32)
    return rounded


def first_pass(model: CodecModel, z: NDArray[np.int32], quality: int) -> tuple[Floats, Pass]:
    """z -> features (1, F, h, w), and tables and means of every position."""
    features, head, mean = model.hyper_decoder(z=z[None].astype(np.float32))
    return features, Pass(tables_of(model, head, quality), mean[0])


def second_pass(
    model: CodecModel, symbols: NDArray[np.int32], features: Floats, mean: Floats, quality: int
) -> Pass:
    """Symbols of the white squares (0 elsewhere) -> tables and means for the black ones."""
    seen = symbols[None].astype(np.float32)
    head, correction = model.spatial_prior(symbols=seen, features=features)
    return Pass(tables_of(model, head, quality), mean + correction[0])


def tables_of(model: CodecModel, head: Floats, quality: int) -> NDArray[np.uint8]:
    """A network's index head (1, M, h, w) -> table of each symbol."""
    index = head[0] + model.y_offset[quality][:, None, None]
    tables: NDArray[np.uint8] = index.clip(0, len(model.tables) - 1, out=index).astype(np.uint8)
    return tables


def z_tables(model: CodecModel, quality: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Table of each z, by channel."""
    return np.broadcast_to(model.z_index[quality][:, None, None], shape)


def put_pass(
    encoder: SymbolEncoder,
    model: CodecModel,
    symbols: NDArray[np.int32],
    y: Floats,
    given: Pass,
    mask: NDArray[np.bool_],
) -> None:
    """Quantise the positions of `mask`, write them into `symbols`, and hand them to the coder."""
    index = given.index[:, mask]
    residual = y[:, mask] - given.mean[:, mask] * np.float32(1 / MEAN_UNIT)
    values = quantise(residual, index, model.skip)
    symbols[:, mask] = values
    encoder.put(values.ravel(), index.ravel(), skip=model.skip)


def take_pass(
    decoder: SymbolDecoder, model: CodecModel, given: Pass, mask: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Decode the positions of `mask`: (M, count)."""
    index = given.index[:, mask]
    return decoder.take(index.ravel(), skip=model.skip).reshape(index.shape)


def join(
    symbols: NDArray[np.int32], first: Pass, second: Pass, white: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Symbols and the mean of each position's pass -> y in 1/16 steps."""
    mean = np.where(white, first.mean, second.mean).astype(np.int32)
    return MEAN_UNIT * symbols + mean


def checkerboard(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """True on the white squares, row + column even."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    white: NDArray[np.bool_] = (rows + columns) % 2 == 0
    return white
