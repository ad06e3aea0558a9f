"""Sets of small pictures of one shape: what to train on and, none of it shared, what to report on.

A folder's files say which set it is: MNIST's or CIFAR-10's own files (`toy_files`), CIFAR-10 as
sprites, or a folder for each class, as of ImageNet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pellucid.errors import InputError, PellucidError
from pellucid.evaluate.benches.toy_files import (
    CHANNELS,
    LARGEST_SIDE,
    SIDE,
    read_idx,
    read_npz,
    read_pickle,
)
from pellucid.evaluate.peers.toy_base import Pictures, Shape
from pellucid.evaluate.pictures import SUFFIXES, load_rgb
from pellucid.pixels import read_image

SMALLEST_SIDE = 16  # of two poolings and SSIM's window
ROW = 10  # held-out pictures come in tens, to fill the rows of a sheet
SPRITE = SIDE * SIDE  # pixels of a row, which is one picture
MAX_PIXELS = SPRITE * 60_000  # of CIFAR-10
Found = tuple[str, NDArray[Any], NDArray[Any] | None]  # name, pictures, those held out if apart
LOOKED = (
    "train-images-idx3-ubyte(.gz) and t10k-images-idx3-ubyte(.gz), mnist.npz, data_batch_*, "
    "PNG sprites (*cifar*.png), or a folder of pictures for each class"
)


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
    def shape(self) -> Shape:
        """Height, width and channels of each picture."""
        return self.train.shape[1:]


def find_sets(folders: Sequence[Path], *, train: int, held_out: int) -> list[ToySet]:
    """The set in each folder or, where it holds none itself, those in the folders inside it.

    Args:
        train: take at most so many pictures to train on,
        held_out: and so many to report on; MNIST's and CIFAR's own test files where they are there.

    Raises:
        InputError: no such folder, no set in it, a file that can't be read, or two of one name.
    """
    sets: dict[str, ToySet] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} isn't a folder")
        below = sorted(path for path in folder.iterdir() if path.is_dir())
        found = _known([folder], train, held_out) or _known(below, train, held_out)
        if not found and class_pictures(folder):
            found = [(folder.resolve().name, read_classes(folder, train + held_out), None)]
        if not found:
            raise InputError(f"no set of small pictures in {folder}; looked for {LOOKED}")
        for name, pictures, apart in found:
            if name in sets:
                raise InputError(f"two sets are called {name!r}; give them in two runs")
            sets[name] = from_arrays(name, pictures, apart, train=train, held_out=held_out)
    return list(sets.values())


def from_arrays(
    name: str,
    pictures: NDArray[Any],
    apart: NDArray[Any] | None = None,
    *,
    train: int,
    held_out: int,
) -> ToySet:
    """A set of arrays in memory, such as `keras.datasets.mnist.load_data()` gives.

    Args:
        pictures: (N, H, W) or (N, H, W, C) uint8, C 1 or 3; sides even, from 16 to 64.
        apart: the same for other pictures, to report on; else the last of the former are held out,
            at most half of them.
        train, held_out: how many to take.

    Raises:
        InputError: another type or shape, no pictures, or two shapes.
    """
    if apart is None:
        if len(pictures) < 2:
            raise InputError(
                f"{name} has {len(pictures)} pictures; two are the least to learn from"
            )
        kept = len(pictures) - min(held_out, len(pictures) // 2)
        pictures, apart = pictures[:kept], pictures[kept:]
    first, second = _checked(name, pictures[:train]), _checked(name, apart[:held_out])
    if first.shape[1:] != second.shape[1:]:
        raise InputError(
            f"{name}: pictures to train on are {first.shape[1:]}, those held out "
            f"{second.shape[1:]}; they must be alike"
        )
    count = len(second)
    return ToySet(name, first, second[: count - count % ROW if count > ROW else count])


def _checked(name: str, pictures: NDArray[Any]) -> Pictures:
    found = pictures[..., None] if pictures.ndim == 3 else pictures
    if (
        found.dtype != np.uint8
        or found.ndim != 4
        or found.shape[3] not in (1, 3)
        or not len(found)
        or any(s % 2 or not SMALLEST_SIDE <= s <= LARGEST_SIDE for s in found.shape[1:3])
    ):
        raise InputError(
            f"{name}: pictures must be uint8 of the shape (N, H, W) or (N, H, W, 1 or 3), sides "
            f"even and from {SMALLEST_SIDE} to {LARGEST_SIDE}, got {found.dtype} {found.shape}"
        )
    return np.ascontiguousarray(found)


def _known(folders: Sequence[Path], train: int, held_out: int) -> list[Found]:
    """The sets that files' names tell."""
    found: list[Found] = []
    for folder in folders:
        first, second = (_files(folder, f"{part}-images-idx3-ubyte*") for part in ("train", "t10k"))
        batches, test = _files(folder, "data_batch_*"), folder / "test_batch"
        if first and second:
            found.append(("mnist", read_idx(first[0], train), read_idx(second[0], held_out)))
        elif (kept := folder / "mnist.npz").is_file():
            parts = read_npz(kept, "x_train", train), read_npz(kept, "x_test", held_out)
            found.append(("mnist", *parts))
        elif batches:
            pictures = np.concatenate([read_pickle(path, train) for path in batches])
            apart = read_pickle(test, held_out) if test.is_file() else None
            found.append(("cifar10", pictures, apart))
        elif sprites := _files(folder, "*cifar*.png"):
            found.append(("cifar10", np.concatenate([*map(read_sprite, sprites)]), None))
    return found


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def read_sprite(path: Path) -> Pictures:
    """CIFAR-10 as a PNG file with one picture a row, (N, 32, 32, 3) uint8.

    Raises:
        InputError: it can't be read, or isn't 1024 pixels wide and RGB.
        LimitError: more pictures than CIFAR-10 has.
    """
    pixels, _ = read_image(path, max_pixels=MAX_PIXELS)
    if pixels.shape[1:] != (SPRITE, CHANNELS):
        raise InputError(
            f"{path} is {pixels.shape[1]}x{pixels.shape[0]} with {pixels.shape[2]} channels; a "
            f"sprite is RGB, {SPRITE} wide, one picture a row"
        )
    return pixels.reshape(-1, SIDE, SIDE, CHANNELS)


def class_pictures(folder: Path) -> list[Path]:
    """Pictures in the folders inside `folder`, taking turns between these, so that any part of the
    list has of every class."""
    inside = [_files(one, "*") for one in sorted(folder.iterdir()) if one.is_dir()]
    turns = zip_longest(*([p for p in one if p.suffix.lower() in SUFFIXES] for one in inside))
    return [path for turn in turns for path in turn if path]


def read_classes(folder: Path, limit: int) -> Pictures:
    """The middle squares of up to `limit` pictures, reduced to (N, 32, 32, 3) uint8.

    Files that aren't 8-bit pictures are left out; InputError if all are.
    """
    found: list[Pictures] = []
    why = ""
    for path in class_pictures(folder):
        try:
            picture = Image.fromarray(load_rgb(path))
        except PellucidError as error:
            why = str(error)
            continue
        found.append(np.asarray(ImageOps.fit(picture, (SIDE, SIDE), Image.Resampling.LANCZOS)))
        if len(found) == limit:
            break
    if not found:
        raise InputError(f"no pictures in the folders of {folder}: {why}")
    return np.stack(found)
