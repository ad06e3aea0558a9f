"""Two pictures of one scene in one file: the planes of a guide, then those of the picture.

Their samples are predicted in the type that holds both, which costs nothing, and stored and given
back in their own. The guide is kept without loss; a bound is the picture's. `docs/format.md`,
section 14.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.errors import DamagedFileError, InputError
from pellucid.pixels.lazy import Source

PAIR = 0b10  # the header's feature
START = struct.Struct("<HBB")  # planes of the guide, its type, the picture's
TYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16"))
GUIDE, PICTURE = "guide", "picture"

Samples = NDArray[Any]


@dataclass(frozen=True)
class Pair:
    """What each tile of a pair begins with.

    Attributes:
        planes: of the guide, its alpha included.
        guide, picture: their types, each one of `TYPES`.
    """

    planes: int
    guide: np.dtype[Any]
    picture: np.dtype[Any]

    def pack(self) -> bytes:
        """The 4 bytes."""
        return START.pack(self.planes, TYPES.index(self.guide), TYPES.index(self.picture))

    def part(self, which: str) -> tuple[slice, np.dtype[Any]]:
        """Where one of the two lies among all planes, and its type."""
        if which == GUIDE:
            return slice(0, self.planes), self.guide
        return slice(self.planes, None), self.picture

    def check(self, samples: Samples) -> None:
        """Raise DamagedFileError if samples (h, w, P) aren't of the two types."""
        for which in (GUIDE, PICTURE):
            planes, dtype = self.part(which)
            limits, part = np.iinfo(dtype), samples[..., planes]
            if part.min() < limits.min or part.max() > limits.max:
                raise DamagedFileError(f"samples of the {which} are out of the range of {dtype}")


class Joined:
    """Two sources side by side, (H, W, C) and (H, W, D), as one (H, W, C + D) of a wider type."""

    def __init__(self, *parts: Source) -> None:
        self._parts = parts
        self.shape = (*parts[0].shape[:2], sum(part.shape[2] for part in parts))
        self.dtype = np.result_type(*(part.dtype for part in parts))

    def __getitem__(self, key: tuple[slice, slice]) -> Samples:
        return np.concatenate([part[key] for part in self._parts], axis=2)


def joined(guide: Source, picture: Source) -> tuple[Joined, Pair]:
    """(H, W, C) and (H, W, D) -> (H, W, C + D), and how they come apart again."""
    if guide.shape[:2] != picture.shape[:2]:
        raise InputError(
            f"the guide is {guide.shape[1]} x {guide.shape[0]} and the picture "
            f"{picture.shape[1]} x {picture.shape[0]}; they must have the same size"
        )
    both = Joined(guide, picture)
    if both.dtype not in TYPES:
        raise InputError(
            f"no type of 16 bits holds a guide of {guide.dtype} and a picture of {picture.dtype}; "
            "convert one of them"
        )
    return both, Pair(guide.shape[2], guide.dtype, picture.dtype)


def take_pair(payload: bytes | memoryview, header: Header) -> tuple[Pair, Any]:
    """What the payload of a pair's tile begins with, and the rest.

    Raises:
        DamagedFileError: no such pair can be.
    """
    if len(payload) < START.size:
        raise DamagedFileError(f"a tile's payload has {len(payload)} bytes; that can't be all")
    count, guide, picture = START.unpack_from(payload)
    planes, dtype = header.channels, header.dtype
    if not 0 < count < planes or max(guide, picture) >= len(TYPES):
        raise DamagedFileError(
            f"a guide of {count} planes of {planes}, of the types {guide} and {picture}, can't be"
        )
    found = Pair(count, TYPES[guide], TYPES[picture])
    if np.promote_types(found.guide, found.picture) != dtype:
        raise DamagedFileError(f"{found.guide} and {found.picture} are not widened to {dtype}")
    return found, payload[START.size :]
