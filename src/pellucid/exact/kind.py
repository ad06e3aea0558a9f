"""What a decoder knows of a tile before it reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.bitstream import Header
from pellucid.exact.floats import FloatMap
from pellucid.exact.pair import PAIR, Pair, take_pair


@dataclass(frozen=True)
class TileKind:
    """Size, planes and type of a tile.

    Attributes:
        dtype: little-endian type of the samples.
        planes: of colour, and one of alpha if `alpha`.
        guide: planes of a guide, which come before all others and without loss.
        narrow: little-endian types of a guide and its picture, if they were widened to `dtype`.
    """

    height: int
    width: int
    planes: int
    alpha: bool
    dtype: np.dtype[Any]
    guide: int = 0
    narrow: tuple[np.dtype[Any], np.dtype[Any]] | None = None

    def exact(self, number: int) -> bool:
        """Whether a plane comes back as it was, whatever the bound."""
        return number < self.guide or (self.alpha and number == self.planes - 1)

    @property
    def parts(self) -> list[tuple[slice, np.dtype[Any]]]:
        """The planes that lie together as they are, and the type that they are stored in."""
        if self.narrow is None:
            return [(slice(0, self.planes), self.dtype)]
        first, second = self.narrow
        return [(slice(0, self.guide), first), (slice(self.guide, self.planes), second)]

    @property
    def bytes(self) -> int:
        """Of the samples as they are."""
        size: int = sum((part.stop - part.start) * dtype.itemsize for part, dtype in self.parts)
        return self.height * self.width * size


def tile_kind(
    header: Header, number: int, floats: FloatMap | None = None, pair: Pair | None = None
) -> TileKind:
    """What is known of a tile from the header, the map of floats, and the start of a pair's."""
    tile = header.tile_box(number)
    if floats is not None:
        return TileKind(tile.height, tile.width, floats.planes, False, np.dtype("<u2"))
    dtype = header.dtype.newbyteorder("<")
    planes, alpha = header.channels + header.alpha, bool(header.alpha)
    if pair is None:
        return TileKind(tile.height, tile.width, planes, alpha, dtype)
    narrow = pair.guide.newbyteorder("<"), pair.picture.newbyteorder("<")
    return TileKind(tile.height, tile.width, planes, alpha, dtype, pair.planes, narrow)


def alpha_kind(header: Header, number: int) -> TileKind:
    """The same of the alpha layer of a learned file: one plane, without loss."""
    tile = header.tile_box(number)
    return TileKind(tile.height, tile.width, 1, True, header.dtype.newbyteorder("<"))


def opened(
    header: Header, number: int, payload: Any, floats: FloatMap | None
) -> tuple[TileKind, Any, Pair | None]:
    """What is known of a tile, its payload without a pair's start, and the pair if it is one's.

    Raises DamagedFileError for a start that can't be.
    """
    kind = tile_kind(header, number, floats)
    if not header.features & PAIR:
        return kind, payload, None
    pair, rest = take_pair(payload, kind.planes - kind.alpha, kind.dtype)
    return tile_kind(header, number, pair=pair), rest, pair
