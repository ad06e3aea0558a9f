"""Floats as whole numbers of 16 bits, which the exact layers code, and back.

    affine         offset + step * n for each channel, and marks: floats kept bit for bit (NaN)
    ordered bits   the float's own bits, turned so that they ascend with it; 32 bits take two planes

`docs/format.md`, section 12. The sums are in float64, one rounding each, so every machine gives the
same floats.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, FLOAT, PelFile
from pellucid.errors import DamagedFileError

Codes = NDArray[np.uint16]
Floats = NDArray[np.floating[Any]]
Bits = NDArray[np.unsignedinteger[Any]]

AFFINE, ORDERED = range(2)
MOST_CODES = 1 << 16
MOST_MARKS = 255
_HEAD = struct.Struct("<dB")  # bound, number of marks


@dataclass(frozen=True)
class FloatMap:
    """How the samples of a file, floats of type `dtype` and `channels` in number, are coded.

    Attributes:
        bound: the largest error that was allowed, in the samples' unit; 0 is without loss.
        marks: bits of floats that have codes of their own, from the highest down.
        offsets, steps: one a channel; None if the bits themselves are coded.
    """

    dtype: np.dtype[Any]
    channels: int
    bound: float = 0.0
    marks: tuple[int, ...] = ()
    offsets: tuple[float, ...] | None = None
    steps: tuple[float, ...] = ()

    @property
    def planes(self) -> int:
        """Of whole numbers, in a tile."""
        return self.channels * (2 if self.offsets is None and self.dtype.itemsize == 4 else 1)

    @property
    def top(self) -> int:
        """The largest code that is no mark."""
        return MOST_CODES - 1 - len(self.marks)

    def pack(self) -> bytes:
        """The payload of the chunk."""
        if self.offsets is None:
            return bytes([ORDERED])
        head = bytes([AFFINE]) + _HEAD.pack(self.bound, len(self.marks))
        marks = np.array(self.marks, dtype=unsigned(self.dtype))
        pairs = np.array([self.offsets, self.steps], dtype=np.dtype("<f8"))
        return b"".join((head, marks.tobytes(), pairs.T.tobytes()))

    @classmethod
    def parse(cls, payload: bytes | memoryview, *, bits: int, channels: int) -> FloatMap:
        """The map in a payload; raises DamagedFileError if it can't be one."""
        dtype = np.dtype(f"f{bits // 8}")
        if len(payload) and payload[0] == ORDERED:
            check(len(payload) == 1, f"{len(payload)} bytes where 1 is enough")
            return cls(dtype, channels)
        start = 1 + _HEAD.size
        check(len(payload) >= start and payload[0] == AFFINE, "it is of an unknown kind or cut off")
        bound, count = _HEAD.unpack_from(payload, 1)
        pairs = start + count * dtype.itemsize
        size = pairs + 16 * channels
        check(len(payload) == size, f"{len(payload)} bytes in place of {size}")
        marks = np.frombuffer(payload[start:pairs], unsigned(dtype)).tolist()
        offsets, steps = np.frombuffer(payload[pairs:], "<f8").reshape(channels, 2).T
        with np.errstate(over="ignore", invalid="ignore"):
            ends = offsets + steps * (MOST_CODES - 1)
        check(np.isfinite(bound) and bound >= 0, f"the bound {bound}")
        check(len(set(marks)) == count, "a mark twice")
        check(bool(np.isfinite([offsets, steps, ends]).all()), "numbers that aren't finite")
        check(bool((steps > 0).all()), "a step of 0 or less")
        return cls(
            dtype, channels, bound, tuple(marks), tuple(offsets.tolist()), tuple(steps.tolist())
        )

    def codes(self, samples: Floats) -> Codes:
        """(h, w, channels) floats -> (h, w, planes) whole numbers."""
        samples = samples.astype(self.dtype, copy=False)
        if self.offsets is None:
            return ordered(bits_of(samples))
        out = np.empty(samples.shape, np.uint16)
        for channel, (offset, step) in enumerate(zip(self.offsets, self.steps, strict=True)):
            plane = samples[..., channel].astype(np.float64)
            with np.errstate(invalid="ignore", over="ignore"):
                number = np.rint((plane - offset) / step)
            known = np.where(np.isfinite(number), number, 0)
            out[..., channel] = np.clip(known, 0, self.top)
        bits = bits_of(samples)
        for place, mark in enumerate(self.marks):
            out[bits == mark] = MOST_CODES - 1 - place
        return out

    def floats(self, codes: NDArray[Any]) -> Floats:
        """(h, w, planes) whole numbers -> (h, w, channels) floats."""
        if self.offsets is None:
            return disordered(codes, self.dtype)
        out = np.empty(codes.shape, self.dtype)
        for channel in range(self.channels):
            out[..., channel] = self.plane(codes[..., channel], channel)
        bits = out.view(f"u{self.dtype.itemsize}")
        for place, mark in enumerate(self.marks):
            bits[codes == MOST_CODES - 1 - place] = mark
        return out

    def plane(self, codes: NDArray[Any], channel: int) -> Floats:
        """The codes of a channel, none of them a mark -> floats."""
        assert self.offsets is not None
        with np.errstate(over="ignore"):
            return (self.offsets[channel] + self.steps[channel] * codes.astype(np.float64)).astype(
                self.dtype
            )


def map_of(file: PelFile) -> FloatMap | None:
    """How whole numbers stand for the file's floats; None if it has none.

    Raises DamagedFileError if there should be a map and isn't.
    """
    header, payload = file.header, file.float_map
    if header.sample_type != FLOAT:
        return None
    if payload is None:
        raise DamagedFileError("chunk FMAP, the map of the floats, is missing; get the file again")
    found = FloatMap.parse(payload, bits=header.bit_depth, channels=header.channels)
    if found.offsets is None and header.layers != EXACT[0]:
        raise DamagedFileError("chunk FMAP says ordered bits, which are in layer 1 alone")
    return found


def check(right: bool, what: str) -> None:
    """Raise DamagedFileError unless a map is `right`."""
    if not right:
        raise DamagedFileError(f"chunk FMAP, the map of the floats, is impossible: {what}")


def unsigned(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Little-endian whole numbers of as many bytes as a float has."""
    return np.dtype(f"<u{dtype.itemsize}")


def bits_of(samples: Floats) -> Bits:
    """The bits of floats, as unsigned numbers of as many."""
    whole: Bits = np.ascontiguousarray(samples).view(f"u{samples.dtype.itemsize}")
    return whole


def ordered(bits: Bits) -> Codes:
    """(h, w, C) bits of floats -> (h, w, C or 2 C) numbers that ascend with the float."""
    half = bits.dtype.type(1 << 8 * bits.itemsize - 1)
    keys = np.where(bits < half, bits + half, ~bits)
    if bits.itemsize == 2:
        return keys.astype(np.uint16)
    halves = np.stack([keys >> 16, keys & 0xFFFF], axis=-1).astype(np.uint16)
    return halves.reshape(*bits.shape[:-1], 2 * bits.shape[-1])


def disordered(codes: NDArray[Any], dtype: np.dtype[Any]) -> Floats:
    """The floats that `ordered` made numbers of."""
    keys = codes.astype(f"u{dtype.itemsize}")
    if dtype.itemsize == 4:
        keys = keys[..., 0::2] << 16 | keys[..., 1::2]
    half = keys.dtype.type(1 << 8 * dtype.itemsize - 1)
    return np.where(keys >= half, keys - half, ~keys).view(dtype)
