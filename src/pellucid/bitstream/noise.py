"""Chunk nois: what noise was taken off a picture, so that like noise can be put back.

`docs/format.md`, section 18. Strength by brightness for each channel, how coarse the noise is, how
much of it the channels share, and a seed: enough for grain that looks alike, in 53 bytes or fewer
where the noise itself would be most of the file. The idea is that of film grain in AV1 (Norkin and
Birkbeck, "Film Grain Synthesis for AV1 Video Codec", 2018).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pellucid.bitstream.header import SIGNED, UNSIGNED, Header

NOISE = "nois"
NOISE_VERSION = 1
FEWEST_POINTS, MOST_POINTS = 2, 8
MOST_SCALE = 16
REACH = 3  # samples that the filter of coarse grain takes on each side
_LAYOUT = struct.Struct("<5BIii")


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """The integers of the chunk, in its order; `strengths` are (C, P)."""

    scale: int
    shape: int
    shared: int
    seed: int
    low: int
    high: int
    strengths: tuple[tuple[int, ...], ...]

    @property
    def levels(self) -> tuple[float, ...]:
        """Brightness of the points, in the samples' unit."""
        last = len(self.strengths[0]) - 1
        return tuple(self.low + (self.high - self.low) * k / last for k in range(last + 1))

    @property
    def sigma(self) -> tuple[tuple[float, ...], ...]:
        """Standard deviation at the points, of each channel, in the samples' unit."""
        unit = 2.0 ** (self.scale - 8)
        return tuple(tuple(unit * s for s in channel) for channel in self.strengths)

    @property
    def taps(self) -> tuple[int, ...]:
        """The filter of coarse grain, from its middle outwards."""
        return taps_of(self.shape)

    @property
    def correlation(self) -> float:
        """That of a sample's noise with its neighbour's, 0 to 1."""
        return correlation_of(self.taps)

    def pack(self) -> bytes:
        """The payload of nois."""
        points = len(self.strengths[0])
        numbers = (self.scale, self.shape, self.shared, self.seed, self.low, self.high)
        start = _LAYOUT.pack(NOISE_VERSION, points, *numbers)
        return start + b"".join(bytes(channel) for channel in self.strengths)

    @classmethod
    def unpack(cls, payload: bytes | memoryview) -> NoiseModel:
        """The model in a payload that `noise_problem` finds nothing wrong with."""
        _, points, scale, shape, shared, seed, low, high = _LAYOUT.unpack_from(payload)
        values = bytes(payload[_LAYOUT.size :])
        strengths = (tuple(values[at : at + points]) for at in range(0, len(values), points))
        return cls(scale, shape, shared, seed, low, high, tuple(strengths))


def taps_of(shape: int) -> tuple[int, ...]:
    """Half a Gaussian in 1/256: 1, q, q^4, q^9 with q = shape / 256."""
    return 256, shape, shape**4 >> 24, shape**9 >> 64


def correlation_of(taps: tuple[int, ...]) -> float:
    """What such a filter makes of independent neighbours."""
    line = (*taps[:0:-1], *taps)
    return sum(a * b for a, b in pairwise(line)) / sum(a * a for a in line)


def can_have_noise(header: Header) -> bool:
    """Whether a file of this header may describe noise: grey or RGB of 8 or 16 bits, no pair."""
    known = header.sample_type in (UNSIGNED, SIGNED) and header.bit_depth in (8, 16)
    return known and not header.features and (header.channels, header.colour) in ((1, 0), (3, 1))


def noise_problem(header: Header, payload: bytes | memoryview) -> str | None:
    """What is wrong with a chunk nois in a file of this header; None if it is right.

    Of another version only that is looked at.
    """
    if not can_have_noise(header):
        return "describes noise of grey or RGB samples, in a file that has none"
    if not payload or payload[0] != NOISE_VERSION:
        return f"has version {payload[0]}, not {NOISE_VERSION}" if payload else "is empty"
    if len(payload) < _LAYOUT.size:
        return f"holds {len(payload)} bytes, which are cut off"
    _, points, scale, _, shared, _, low, high = _LAYOUT.unpack_from(payload)
    if not FEWEST_POINTS <= points <= MOST_POINTS:
        return f"has {points} points, outside {FEWEST_POINTS} .. {MOST_POINTS}"
    wanted = _LAYOUT.size + header.channels * points
    if len(payload) != wanted:
        return f"holds {len(payload)} bytes, not {wanted}"
    if scale > MOST_SCALE:
        return f"has scale {scale}, above {MOST_SCALE}"
    if shared and header.channels == 1:
        return f"says that channels share {shared} / 256 of their noise, and there is one channel"
    most = np.iinfo(header.dtype)
    if not most.min <= low < high <= most.max:
        return f"says that brightness is {low} .. {high}; {most.min} .. {most.max} is possible"
    return None
