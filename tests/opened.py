"""Pictures as `open_image` gives them, in one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Limits
from pellucid.pixels import ImageInfo, ImageSource, open_image, write_image


def read_samples(
    source: Any, *, max_pixels: int = 2**28, page: int | None = None
) -> tuple[NDArray[Any], ImageInfo]:
    """All samples (H, W, C) as stored, and what they are."""
    with open_image(source, page=page, limits=Limits(max_pixels=max_pixels)) as image:
        return np.array(image.read()), image.info


def samples_of(image: Any) -> NDArray[Any]:
    """The samples alone."""
    return read_samples(image)[0]


write_samples = write_image


@contextmanager
def open_parts(source: Any, *, page: int | None = None) -> Iterator[tuple[ImageSource, ImageInfo]]:
    """A picture to be read in parts, and what it is."""
    with open_image(source, page=page) as image:
        yield image, image.info


def tiff_bytes(samples: NDArray[Any], *, exif: bytes | None = None) -> bytes:
    """A TIFF of samples (H, W, C), as it is written here."""
    height, width, channels = samples.shape
    info = ImageInfo(width, height, channels, 8 * samples.itemsize, exif=exif)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.tif"
        write_image(path, samples, info)
        return path.read_bytes()
