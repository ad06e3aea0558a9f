"""A folder for each class, as of ImageNet: the middle square of each picture, reduced to 32x32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pellucid.errors import InputError, PellucidError
from pellucid.evaluate.pictures import SUFFIXES, load_rgb
from pellucid.evaluate.toy.data.base import Pictures

SIDE = 32
UPPER = tuple(suffix.upper() for suffix in SUFFIXES)


def class_pictures(folder: Path) -> list[Path]:
    """Pictures in the folders inside `folder`, taking turns between these, so that any part of the
    list has of every class."""
    classes = [
        sorted(p for p in inside.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
        for inside in sorted(folder.iterdir())
        if inside.is_dir()
    ]
    longest = max(map(len, classes), default=0)
    return [paths[turn] for turn in range(longest) for paths in classes if turn < len(paths)]


def read_classes(folder: Path, limit: int) -> Pictures:
    """Up to `limit` pictures, (N, 32, 32, 3) uint8; files that aren't 8-bit pictures are left out.

    Raises:
        InputError: none can be read.
    """
    found: list[Pictures] = []
    why = "it has no folders with pictures"
    for path in class_pictures(folder):
        if len(found) == limit:
            break
        try:
            found.append(reduced(load_rgb(path)))
        except PellucidError as error:
            why = str(error)
    if not found:
        raise InputError(f"no pictures in the folders of {folder}: {why}")
    return np.stack(found)


def reduced(pixels: Pictures) -> Pictures:
    """(H, W, 3) to its middle square as (32, 32, 3)."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
