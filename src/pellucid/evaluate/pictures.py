"""The pictures of a bench: every readable image file of one folder, in order of name.

A quick bench has two small ones: the middles of the first of a folder or, without a folder, of
photographs of known licence that scikit-image ships (its `data/README.txt`).

Which pictures results are reported on is said by the SHA-256 of their RGB samples
(`test_sets.txt`). Neither training nor the calibration of intervals may use them; another file
format or name doesn't hide them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatch
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OutputError, refusing
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Rgb
from pellucid.pixels import read_image

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".webp", ".jpg", ".jpeg")
SHIPPED = ("astronaut", "coffee")
LARGEST = (256, 384)  # rows, columns of what is kept


def find_pictures(
    folder: Path,
    limit: int | None = None,
    *,
    suffixes: Sequence[str] = SUFFIXES,
    match: str = "*",
) -> list[Path]:
    """Image files directly inside `folder`, by name; the first `limit` of those whose names match.

    Raises:
        InputError: no such folder, no picture in it, or two that differ in the suffix only (rows
            are named by the stem).
    """
    if not folder.is_dir():
        raise InputError(f"{folder} isn't a folder of pictures")
    kind = (p for p in folder.iterdir() if p.suffix.lower() in suffixes and p.is_file())
    if not (found := sorted(path for path in kind if fnmatch(path.name, match))):
        named = "" if match == "*" else f", with names like {match!r}"
        raise InputError(f"no pictures in {folder}; looked for {' '.join(suffixes)}{named}")
    check_stems(found, str(folder))
    return found[:limit]


def check_stems(paths: Sequence[Path], where: str) -> None:
    """InputError if two files differ in the suffix only, since rows are named by the stem."""
    stems = [path.stem for path in paths]
    if double := next((stem for stem in stems if stems.count(stem) > 1), None):
        raise InputError(f"{where} has more than one picture called {double!r}")


def load_rgb(path: Path) -> Rgb:
    """A picture as HxWx3 uint8; grey is repeated to three channels.

    Raises:
        InputError: the file can't be read as an 8-bit picture.
    """
    pixels = load_pixels(path)
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)  # HxWx1 -> HxWx3
    return np.ascontiguousarray(pixels)


def load_pixels(path: Path, *, grey: bool = False) -> NDArray[np.uint8]:
    """A picture as it is, (H, W, 1 or 3) uint8; with `grey` its luma (ITU-R 601, rounded).

    Raises:
        InputError: the file can't be read as an 8-bit picture.
    """
    pixels, _ = read_image(path)
    if grey and pixels.shape[2] != 1:
        return np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    return pixels


def write_samples(folder: Path, data: Path | None = None) -> Path:
    """Write the pictures as PNG into `folder`, which is made; returns it.

    Raises:
        InputError: `data` has no pictures.
        MissingExtraError: without `data`, scikit-image isn't installed.
        OutputError: the folder can't be written.
    """
    if data is None:
        shipped = require("skimage.data", "scikit-image")
        found = {name: np.asarray(getattr(shipped, name)(), np.uint8) for name in SHIPPED}
    else:
        found = {path.stem: load_rgb(path) for path in find_pictures(data, len(SHIPPED))}
    with refusing(f"can't write pictures to {folder}", OutputError):
        folder.mkdir(parents=True, exist_ok=True)
        for name, rgb in found.items():
            Image.fromarray(middle(rgb, LARGEST)).save(folder / f"{name}.png")
    return folder


def middle(pixels: Rgb, most: tuple[int, int]) -> Rgb:
    """At most so many rows and columns of a picture, from its middle."""
    top, left = (max(0, (have - m) // 2) for have, m in zip(pixels.shape, most, strict=False))
    return np.ascontiguousarray(pixels[top : top + most[0], left : left + most[1]])


def sample_hash(rgb: NDArray[np.uint8]) -> str:
    """SHA-256 of the shape and the RGB samples of (H, W, 3)."""
    return hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).hexdigest()


@cache
def test_set_hashes() -> dict[str, str]:
    """Hash -> name of the pictures that results are reported on."""
    text = resources.files("pellucid.evaluate").joinpath("test_sets.txt").read_text("ascii")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
