"""A folder -> the set in it, known by its files' names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pellucid.errors import InputError, OptionError
from pellucid.evaluate.toy.data.arrays import TEST, TRAIN, read_npz
from pellucid.evaluate.toy.data.base import ToySet, from_arrays, limited, split
from pellucid.evaluate.toy.data.folders import class_pictures, read_classes
from pellucid.evaluate.toy.data.idx import read_idx
from pellucid.evaluate.toy.data.pickles import read_pickle
from pellucid.evaluate.toy.data.sprites import read_sprites

LOOKED = (
    "train-images-idx3-ubyte(.gz) and t10k-images-idx3-ubyte(.gz), mnist.npz, data_batch_*, "
    "PNG sprites (*cifar*.png), or a folder of pictures for each class"
)


def find_sets(folders: Sequence[Path], *, train: int, held_out: int) -> list[ToySet]:
    """The set in each folder or, where it holds none itself, those in the folders inside it.

    Args:
        train: take at most so many pictures to train on,
        held_out: and so many to report on; MNIST's and CIFAR's own test files where they are there.

    Raises:
        InputError: no such folder, no set in it, a file that can't be read, or two of one name.
        OptionError: a number below 1.
    """
    if train < 1 or held_out < 1:
        raise OptionError(f"pictures must be at least 1, got {train} and {held_out} held out")
    sets = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} isn't a folder")
        found = _known(folder, train, held_out)
        inside = [folder] if found else sorted(p for p in folder.iterdir() if p.is_dir())
        below = [found] if found else [_known(path, train, held_out) for path in inside]
        if not any(below) and class_pictures(folder):
            below = [split(_name(folder), read_classes(folder, train + held_out), held_out)]
        if not any(below):
            raise InputError(f"no set of small pictures in {folder}; looked for {LOOKED}")
        sets += [limited(one, train, held_out) for one in below if one]
    names = [one.name for one in sets]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two sets are called {double!r}; give them in two runs")
    return sets


def _known(folder: Path, train: int, held_out: int) -> ToySet | None:
    """The set in a folder by its files' names; None if they say nothing."""
    for suffix in ("", ".gz"):
        parts = [folder / f"{part}-images-idx3-ubyte{suffix}" for part in ("train", "t10k")]
        if all(part.is_file() for part in parts):
            return from_arrays("mnist", read_idx(parts[0], train), read_idx(parts[1], held_out))
    if (kept := folder / "mnist.npz").is_file():
        return from_arrays("mnist", read_npz(kept, TRAIN, train), read_npz(kept, TEST, held_out))
    if batches := sorted(p for p in folder.glob("data_batch_*") if p.is_file()):
        pictures = np.concatenate([read_pickle(path, train) for path in batches])
        if (test := folder / "test_batch").is_file():
            return from_arrays("cifar10", pictures, read_pickle(test, held_out))
        return split("cifar10", pictures, held_out)
    if sprites := sorted(folder.glob("*cifar*.png")):
        return split("cifar10", read_sprites(sprites), held_out)
    return None


def _name(folder: Path) -> str:
    return folder.resolve().name
