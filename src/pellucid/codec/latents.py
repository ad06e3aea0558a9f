"""One tile's latents to a payload and back: the part that must be the same on every machine.

Encoder and decoder run the same `three_passes` for tables and means, with integers carried in
float32 (`docs/format.md` section 5). Symbols are coded in three passes:

    A C A C      A  from the hyper-synthesis alone
    C B C B      B  with a linear prediction from A
    A C A C      C  with a network that sees A and B

Each pass is packed without gaps: A and B (M, h/2, w/2), C (M, h, w/2).

Rate-distortion optimised rounding (a symbol one nearer to zero where the bits saved are worth the
error added) was measured and left out: at best it saved 0.7 % of rate, at the weight that theory
gives it cost 1 to 7 % (`docs/models.md`). The trained analysis already shrinks what isn't worth it.
With the error's gradient it is another matter: `refine.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import MAX_SYMBOL, SymbolDecoder, SymbolEncoder
from pellucid.runtime import CodecModel

MEAN_UNIT = 16  # means and latents are stored in 1/16 of a quantiser step
Floats = NDArray[np.float32]
View = Callable[[Floats], Floats]  # a plane (M, h, w) -> the part of a pass, packed


@dataclass(frozen=True)
class TileLatents:
    """The integers of one tile: z (Z, h/4, w/4) int32, and y (M, h, w) in 1/16 steps.

    y is float32 that holds integers, as the synthesis takes it.
    """

    z: NDArray[np.int32]
    y: Floats

    @property
    def in_steps(self) -> Floats:
        """y in quantiser steps."""
        return self.y * np.float32(1 / MEAN_UNIT)


@dataclass(frozen=True)
class Given:
    """What both sides know of the symbols of a pass: tables uint8, and means in 1/16, packed."""

    index: NDArray[np.uint8]
    mean: Floats


Code = Callable[[View, Given], NDArray[np.int32]]  # of a pass -> its symbols, packed


def encode_latents(
    model: CodecModel, y: Floats, quality: int, z: NDArray[np.int32] | None = None
) -> tuple[bytes, TileLatents]:
    """y (M, h, w) in quantiser steps -> payload and the latents a decoder will find in it.

    z is that of `hyper_latents_of` if none is given.
    """
    encoder = SymbolEncoder(model.tables)
    if z is None:
        z = hyper_latents_of(model, y)
    encoder.put(z.ravel(), z_tables(model, quality, z.shape).ravel())

    def code(view: View, given: Given) -> NDArray[np.int32]:
        residual = view(y) - given.mean * np.float32(1 / MEAN_UNIT)
        symbols = quantise(residual, given.index, model.skip)
        encoder.put(symbols.ravel(), given.index.ravel(), skip=model.skip)
        return symbols

    made = three_passes(model, z, quality, code)
    return encoder.finish(), TileLatents(z, made)


def hyper_latents_of(model: CodecModel, y: Floats) -> NDArray[np.int32]:
    """y (M, h, w) in quantiser steps -> z (Z, h/4, w/4)."""
    (found,) = model.hyper_analysis(y=y[None])
    z: NDArray[np.int32] = np.clip(np.rint(found[0]), -MAX_SYMBOL, MAX_SYMBOL).astype(np.int32)
    return z


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

    def take(_view: View, given: Given) -> NDArray[np.int32]:
        return decoder.take(given.index.ravel(), skip=model.skip).reshape(given.index.shape)

    y = three_passes(model, z, quality, take)
    decoder.finish()
    return TileLatents(z, y)


def z_tables(model: CodecModel, quality: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Table of each z, by channel."""
    return np.broadcast_to(model.z_index[quality][:, None, None], shape)


def three_passes(model: CodecModel, z: NDArray[np.int32], quality: int, code: Code) -> Floats:
    """One tile's y (M, h, w), in 1/16 steps, for which `code` gives the symbols of each pass."""
    offset = model.y_offset[quality][:, None, None]
    features, (head,), (mean,) = model.hyper_synthesis(z=z[None].astype(np.float32))
    y = np.empty(mean.shape, np.float32)

    def coded(
        view: View, head: Floats, mean: Floats, more: Floats | float = 0.0
    ) -> tuple[NDArray[np.int32], Floats]:
        index = head + (offset + more)
        np.clip(index, 0, len(model.tables) - 1, out=index)
        symbols = code(view, Given(index.astype(np.uint8), mean))
        decoded = symbols.astype(np.float32)
        decoded *= MEAN_UNIT
        decoded += mean
        return symbols, decoded

    symbols, even_anchors(y)[...] = coded(even_anchors, even_anchors(head), even_anchors(mean))
    odd_mean = odd_anchors(mean).copy()
    smooth = model.diagonal.weight.shape[0]  # channels in which A predicts B
    odd_mean[:smooth] += model.diagonal(symbols[:smooth])
    centre = model.centre_offset[:, None, None]
    _, odd_anchors(y)[...] = coded(odd_anchors, odd_anchors(head), odd_mean, centre)
    seen = np.zeros((1, *y.shape), np.float32)
    for view in (even_anchors, odd_anchors):
        np.subtract(view(y), view(mean), out=view(seen[0]))
    (head,), (correction,) = model.context_model(seen=seen, features=features)
    last_mean = non_anchors(mean) + non_anchors(correction)
    spread(non_anchors, coded(non_anchors, non_anchors(head), last_mean)[1], y)
    return y


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


def spread(view: View, packed: NDArray[Any], plane: NDArray[Any]) -> None:
    """Put what `view` packed back to its places in a plane (M, h, w)."""
    if view is non_anchors:
        plane[:, 0::2, 1::2], plane[:, 1::2, 0::2] = packed[:, 0::2], packed[:, 1::2]
    else:
        view(plane)[...] = packed


def quantise(
    residual: NDArray[np.float32], index: NDArray[np.uint8], skip: int
) -> NDArray[np.int32]:
    """Residuals in quantiser steps -> symbols, int32 of the same shape.

    Args:
        residual: latent minus mean, any shape.
        index: table of each.
        skip: tables below it hold no symbols, so these residuals become 0.

    Raises:
        ValueError: a residual isn't a finite number.
    """
    if not np.isfinite(residual).all():
        raise ValueError("a latent is not a finite number")
    symbols = np.clip(np.rint(residual), -MAX_SYMBOL, MAX_SYMBOL)
    symbols *= index >= skip
    return symbols.astype(np.int32)


def latents_sha256(tiles: Iterable[TileLatents], alpha: Iterable[NDArray[Any]] = ()) -> str:
    """SHA-256 over all tiles in order of z as i16 and y as i32, and then over the samples of the
    tiles of alpha (`docs/format.md` section 8).
    """
    digest = hashlib.sha256()
    for tile in tiles:
        digest.update(tile.z.astype("<i2").tobytes())
        digest.update(tile.y.astype("<i4").tobytes())
    for plane in alpha:
        digest.update(plane.astype(plane.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
