"""What a decoder knows of a tile before it reads it; and its samples stored as they are."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.errors import DamagedFileError, refusing
from pellucid.exact.floats import FloatMap
from pellucid.exact.pair import PAIR, Pair, take_pair

Samples = NDArray[Any]  # (h, w, planes) of uint8, uint16 or int16


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
    planes, alpha = header.channels + header.alpha, bool(header.alpha)
    kind = TileKind(tile.height, tile.width, planes, alpha, header.dtype.newbyteorder("<"))
    if pair is None:
        return kind
    narrow = pair.guide.newbyteorder("<"), pair.picture.newbyteorder("<")
    return replace(kind, guide=pair.planes, narrow=narrow)


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
    pair = None
    if header.features & PAIR:
        pair, payload = take_pair(payload, header)
    return tile_kind(header, number, floats, pair), payload, pair


def raw_bytes(samples: Samples, kind: TileKind) -> bytes:
    """Plane by plane, each in the type of its own picture."""
    planes = samples.transpose(2, 0, 1)
    return b"".join(planes[part].astype(dtype).tobytes() for part, dtype in kind.parts)


def raw_samples(body: bytes | memoryview, kind: TileKind) -> Samples:
    """Samples (h, w, planes) that are stored plane by plane, widened if they are a pair's."""
    start, found = 0, []
    for part, dtype in kind.parts:
        count = (part.stop - part.start) * kind.height * kind.width
        planes = np.frombuffer(body, dtype, count, start)
        found.append(planes.reshape(-1, kind.height, kind.width).astype(kind.dtype, copy=False))
        start += planes.nbytes
    joined = found[0] if len(found) == 1 else np.concatenate(found)
    return joined.transpose(1, 2, 0)


def inflate(body: bytes, size: int) -> bytes:
    """`size` bytes out of a zlib stream, of which no more than that is ever made."""
    stream = zlib.decompressobj()
    with refusing("a tile's deflated samples are damaged", DamagedFileError):
        data = stream.decompress(body, size + 1)
    if not stream.eof or stream.unused_data:
        raise DamagedFileError("a tile's deflated samples are cut off or too many")
    return data
