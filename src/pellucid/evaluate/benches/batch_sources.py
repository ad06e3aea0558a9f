"""Folders of sources for `bench batch`: made once, whole or not at all, and used again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from PIL import Image

from pellucid.errors import OutputError, refusing
from pellucid.evaluate.mosaic import load_photos, side_by_side, side_of, write_mosaic
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.pixels import open_image

IN_FOLDER, OF_FILE = 1000, 10_000  # names in a folder, and names of one file
TINY = b"A file that is no picture. " * 4
MOST_MIXED, QUALITY = 24, 92  # photographs in one, and quality of its JPEG


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, unless it's there; OutputError if that fails."""
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        with refusing(f"can't write to {folder}", OutputError):
            part.mkdir(parents=True)
            make(part)
            part.rename(folder)
        if hasattr(os, "sync"):
            os.sync()  # or the disk has still to do with them when it's measured
    return folder


def photographs(folder: Path, data: Path, number: int) -> Path:
    """So many photographs of a folder, again from the first if it has fewer.

    Raises InputError if it has none.
    """
    found = find_pictures(data)

    def make(part: Path) -> None:
        for at, path in enumerate(islice(cycle(found), number)):
            shutil.copyfile(path, part / f"{at:05d}-{path.name}")

    return once(folder / f"photographs-{data.resolve().name}-{number}", make)


def pixels_of(folder: Path) -> int:
    """Of all pictures in a folder, by their headers."""
    total = 0
    for path in find_pictures(folder):
        with open_image(path) as source:
            height, width, _ = source.shape
            total += height * width
    return total


def photograph(folder: Path, data: Path, megapixels: float) -> Path:
    """Two JPEG files of one large photograph: a mosaic of those of a folder."""

    def make(part: Path) -> None:
        some = [load_rgb(path) for path in find_pictures(data, MOST_MIXED)]
        whole = Image.fromarray(side_by_side(some, side_of(megapixels)))
        for name in ("1.jpg", "2.jpg"):
            whole.save(part / name, quality=QUALITY)

    return once(folder / f"photograph-{data.resolve().name}-{megapixels:g}", make)


def mosaic(folder: Path, data: Path, megapixels: float) -> Path:
    """A picture for `large`; InputError if a folder has no photographs large enough."""

    def make(part: Path) -> None:
        write_mosaic(part / "mosaic.tif", load_photos(data), side_of(megapixels))

    whole = once(folder / f"mosaic-{data.resolve().name}-{megapixels:g}", make)
    return whole / "mosaic.tif"


def tiny_files(folder: Path, number: int) -> Path:
    """So many names of a few tiny files, a thousand in a folder."""

    def make(part: Path) -> None:
        for at in range(number):
            below = part / f"{at // IN_FOLDER:05d}"
            path = below / f"{at:09d}.jpg"
            if at % IN_FOLDER == 0:
                below.mkdir()
            if at % OF_FILE == 0:
                first = path
                first.write_bytes(TINY)
            else:
                os.link(first, path)

    return once(folder / f"tiny-{number}", make)
