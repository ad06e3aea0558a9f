"""Pictures as `open_image` gives them, in one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.pixels import ImageInfo, ImageSource, open_image, open_sink


def read_samples(
    source: Any, *, max_pixels: int = 2**28, page: int | None = None
) -> tuple[NDArray[Any], ImageInfo]:
    """All samples (H, W, C) as stored, and what they are."""
    with open_image(source, page=page, max_pixels=max_pixels) as image:
        return np.array(image.read()), image.info


def samples_of(image: Any) -> NDArray[Any]:
    """The samples alone."""
    return read_samples(image)[0]


def write_samples(
    path: Path | str, samples: NDArray[Any], info: ImageInfo | None = None, **options: Any
) -> None:
    """A picture (H, W) or (H, W, C) as a file, in one call; takes what `open_sink` takes."""
    whole = samples.reshape(*samples.shape, *[1] * (3 - samples.ndim))
    info = replace(info or ImageInfo.of(whole), flat=samples.ndim == 2)
    with open_sink(Path(path), whole.shape, whole.dtype, info, **options) as out:
        out[0 : whole.shape[0], 0 : whole.shape[1]] = whole


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
        write_samples(path, samples, info)
        return path.read_bytes()
