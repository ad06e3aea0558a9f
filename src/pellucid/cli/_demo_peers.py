"""WebP and JPEG beside one pellucid file: at the same PSNR, and at the same size.

Each peer is probed at whole qualities by bisection. The bytes at a PSNR are interpolated between
the two neighbouring qualities (linear in dB and log bytes), so that no codec gains by the others'
coarser steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Codec, Rgb, kind_of
from pellucid.evaluate.peers.lossy import LOSSY

LOWEST, HIGHEST = 1, 100


@dataclass(frozen=True)
class Point:
    """A picture coded once."""

    size: int
    psnr: float
    decoded: Rgb = field(repr=False)


class Rival:
    """A peer and one picture; remembers what it has coded."""

    def __init__(self, label: str, peer: Codec, picture: Rgb) -> None:
        self.label = label
        self._peer, self._picture = peer, picture
        self._points: dict[int, Point] = {}

    def at(self, quality: int) -> Point:
        """The picture at one of the peer's qualities."""
        if quality not in self._points:
            files = self._peer.encode(self._picture, quality)
            decoded = self._peer.decode(files, kind_of(self._picture))
            size = sum(map(len, files))
            self._points[quality] = Point(size, psnr(self._picture, decoded), decoded)
        return self._points[quality]

    def size_at(self, decibels: float) -> float | None:
        """Bytes at this PSNR; None if the peer's range doesn't hold it."""
        low, high = LOWEST, HIGHEST
        if not self.at(low).psnr <= decibels <= self.at(high).psnr:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.at(middle).psnr <= decibels else (low, middle)
        below, above = self.at(low), self.at(high)
        span = above.psnr - below.psnr
        part = (decibels - below.psnr) / span if span > 0 else 0.0
        return float(below.size * math.exp(part * math.log(above.size / below.size)))

    def nearest_to(self, size: int) -> Point:
        """The picture at the quality whose file is nearest to `size` bytes."""
        low, high = LOWEST, HIGHEST
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.at(middle).size <= size else (low, middle)
        return min(self.at(low), self.at(high), key=lambda point: abs(point.size - size))


def rivals(picture: Rgb) -> list[Rival]:
    """WebP and JPEG, each as small as its encoder makes it."""
    return [
        Rival("WebP", LOSSY.make("webp", 1), picture),
        Rival("JPEG", LOSSY.make("jpeg420", 1), picture),
    ]
