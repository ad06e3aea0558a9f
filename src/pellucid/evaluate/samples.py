"""The pictures of a quick bench: two, small, and there without any folder of the user's.

scikit-image ships photographs of known licence (its `data/README.txt`); with a folder given, the
first pictures of it are taken. Either is cut to its middle, so that a quick run is quick whatever
it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from pellucid.errors import OutputError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Rgb
from pellucid.evaluate.pictures import find_pictures, load_rgb

SHIPPED = ("astronaut", "coffee")
LARGEST = (256, 384)  # rows, columns of what is kept


def write_samples(folder: Path, data: Path | None = None) -> Path:
    """Write the pictures as PNG into `folder`, which is made; returns it.

    Raises:
        InputError: `data` has no pictures.
        MissingExtraError: without `data`, scikit-image isn't installed.
        OutputError: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rgb in _pictures(data):
            Image.fromarray(middle(rgb)).save(folder / f"{name}.png")
    except OSError as error:
        raise OutputError(f"can't write pictures to {folder}: {error}") from error
    return folder


def middle(rgb: Rgb) -> Rgb:
    """At most `LARGEST` of a picture, from its middle."""
    height, width = (min(have, most) for have, most in zip(rgb.shape, LARGEST, strict=False))
    top, left = (rgb.shape[0] - height) // 2, (rgb.shape[1] - width) // 2
    return np.ascontiguousarray(rgb[top : top + height, left : left + width])


def _pictures(data: Path | None) -> Iterator[tuple[str, Rgb]]:
    if data is not None:
        for path in find_pictures(data, len(SHIPPED)):
            yield path.stem, load_rgb(path)
        return
    shipped = require("skimage.data", "scikit-image")
    for name in SHIPPED:
        yield name, np.asarray(getattr(shipped, name)(), np.uint8)
