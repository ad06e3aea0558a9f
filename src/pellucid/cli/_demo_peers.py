"""WebP and JPEG beside one pellucid file: at the same PSNR, and at the same size.

Each peer is probed at whole qualities by bisection. The bytes at a PSNR are interpolated between
the two neighbouring qualities (linear in dB and log bytes), so that no codec gains by the others'
coarser steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

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
        self.at = cache(self._coded)

    def size_at(self, decibels: float) -> float | None:
        """Bytes at this PSNR; None if the peer's range doesn't hold it."""
        if not self.at(LOWEST).psnr <= decibels <= self.at(HIGHEST).psnr:
            return None
        below, above = self._around(lambda point: point.psnr <= decibels)
        span = above.psnr - below.psnr
        part = (decibels - below.psnr) / span if span > 0 else 0.0
        return float(below.size * math.exp(part * math.log(above.size / below.size)))

    def nearest_to(self, size: int) -> Point:
        """The picture at the quality whose file is nearest to `size` bytes."""
        around = self._around(lambda point: point.size <= size)
        return min(around, key=lambda point: abs(point.size - size))

    def _around(self, is_below: Callable[[Point], bool]) -> tuple[Point, Point]:
        """The picture at two neighbouring qualities, of which the lower one is below, if one is."""
        low, high = LOWEST, HIGHEST
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_below(self.at(middle)) else (low, middle)
        return self.at(low), self.at(high)

    def _coded(self, quality: int) -> Point:
        """The picture at one of the peer's qualities."""
        files = self._peer.encode(self._picture, quality)
        decoded = self._peer.decode(files, kind_of(self._picture))
        size = sum(map(len, files))
        return Point(size, psnr(self._picture, decoded), decoded)


def rivals(picture: Rgb) -> list[Rival]:
    """WebP and JPEG, each as small as its encoder makes it."""
    return [
        Rival("WebP", LOSSY.make("webp", 1), picture),
        Rival("JPEG", LOSSY.make("jpeg420", 1), picture),
    ]
