"""A set of small pictures of one shape, in two parts that share none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError

Pictures = NDArray[np.uint8]  # (N, H, W, C), C 1 or 3

SMALLEST_SIDE = 16  # of two poolings and SSIM's window
BLOCK = 1 << 20
LARGEST_SIDE = 64  # a dense layer for more is no toy
ROW = 10  # held-out pictures come in tens, to fill the rows of a sheet


@dataclass(frozen=True)
class ToySet:
    """Pictures to train on and pictures to report on.

    Attributes:
        name: as in the rows: `cifar10`, `mnist`, or the folder's.
        train: (N, H, W, C) uint8.
        held_out: the same for M pictures; M is a multiple of 10, or below 10.
    """

    name: str
    train: Pictures
    held_out: Pictures

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each picture."""
        height, width, channels = self.train.shape[1:]
        return height, width, channels


def from_arrays(name: str, train: NDArray[Any], held_out: NDArray[Any]) -> ToySet:
    """A set of arrays in memory, such as `keras.datasets.mnist.load_data()` gives.

    Args:
        train: (N, H, W) or (N, H, W, C) uint8, C 1 or 3; sides even, from 16 to 64.
        held_out: the same for other pictures.

    Raises:
        InputError: another type or shape, no pictures, or two shapes.
    """
    parts = [_checked(name, part) for part in (train, held_out)]
    if parts[0].shape[1:] != parts[1].shape[1:]:
        raise InputError(
            f"{name}: pictures to train on are {parts[0].shape[1:]}, those held out "
            f"{parts[1].shape[1:]}; they must be alike"
        )
    count = len(parts[1])
    return ToySet(name, parts[0], parts[1][: count - count % ROW if count > ROW else count])


def split(name: str, pictures: NDArray[Any], held_out: int) -> ToySet:
    """A set whose last `held_out` pictures are held out, at most half of them.

    Raises:
        InputError: as `from_arrays`, or fewer than two pictures.
        OptionError: `held_out` below 1.
    """
    if held_out < 1:
        raise OptionError(f"held-out pictures must be at least 1, got {held_out}")
    if len(pictures) < 2:
        raise InputError(f"{name} has {len(pictures)} pictures; two are the least to learn from")
    kept = len(pictures) - min(held_out, len(pictures) // 2)
    return from_arrays(name, pictures[:kept], pictures[kept:])


def limited(found: ToySet, train: int, held_out: int) -> ToySet:
    """The first so many of each part."""
    return from_arrays(found.name, found.train[:train], found.held_out[:held_out])


def read_up_to(file: BinaryIO, size: int) -> bytes:
    """`size` bytes or as many as there are, without room for those that never come."""
    data = bytearray()
    while len(data) < size and (block := file.read(min(BLOCK, size - len(data)))):
        data += block
    return bytes(data)


def _checked(name: str, pictures: NDArray[Any]) -> Pictures:
    found = np.asarray(pictures)
    if found.ndim == 3:
        found = found[..., None]
    sides = found.shape[1:3]
    if (
        found.dtype != np.uint8
        or found.ndim != 4
        or found.shape[3] not in (1, 3)
        or not len(found)
        or any(side % 2 or not SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides)
    ):
        raise InputError(
            f"{name}: pictures must be uint8 of the shape (N, H, W) or (N, H, W, 1 or 3), sides "
            f"even and from {SMALLEST_SIDE} to {LARGEST_SIDE}, got {found.dtype} {found.shape}"
        )
    return np.ascontiguousarray(found)
