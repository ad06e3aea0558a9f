"""Names of 0.1 that some callers still use; `open_image` has taken their place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import MAX_PIXELS, Source
from pellucid.pixels.open import _Default, open_image

LOSSY_TYPES = ("uint8", "uint16", "int16")


class _Most(_Default):
    def __init__(self, most: int) -> None:
        self.max_pixels = most


def read_samples(source: Any, *, max_pixels: int = MAX_PIXELS) -> tuple[NDArray[Any], ImageInfo]:
    """All samples of a picture, and what they are."""
    with open_image(source, limits=_Most(max_pixels)) as image:
        return image.read(), image.info


def read_image(source: Any, *, max_pixels: int = MAX_PIXELS) -> tuple[NDArray[Any], ImageInfo]:
    """The same of 8-bit grey or RGB; InputError for others."""
    with open_image(source, limits=_Most(max_pixels)) as opened:
        image = opened.without_full_alpha()
        if image.dtype != np.uint8 or image.shape[2] not in (1, 3):
            raise InputError(
                f"the picture has {image.shape[2]} channels of {image.dtype}; 8-bit grey or RGB is "
                "needed here"
            )
        return image.read(), image.info


def samples_of(image: object) -> NDArray[Any]:
    """The samples of a Pillow image."""
    return read_samples(image)[0]


@contextmanager
def open_parts(
    image: Any, *, max_pixels: int = MAX_PIXELS, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo] | None]:
    """Samples and what they are, whatever the source."""
    with open_image(image, page=page, limits=_Most(max_pixels)) as opened:
        again = opened.in_memory and page is None and opened.info.dicom is None
        yield None if again else (opened, opened.info)


def dicom_error(source: object) -> InputError:
    """The error for a DICOM file, a path or bytes: no learned codec takes one."""
    return InputError(
        f"{'the input' if isinstance(source, bytes) else source} is a DICOM file, which can be "
        "compressed with lossless or max_error only"
    )


def refuse_masked(image: object) -> None:
    """InputError for an array that says of some samples that they aren't there."""
    if isinstance(image, np.ma.MaskedArray):
        raise InputError(
            "a masked array can't be compressed; give its data with a value for what is masked: "
            "image.filled(0)"
        )


def way_out(dtype: np.dtype[Any]) -> str:
    """What can be done with samples of a type that can't be compressed with loss."""
    if dtype.name in ("float16", "float32"):
        return "lossless or max_error take them"
    if dtype.name in ("float64", "longdouble", "float128"):
        return "give image.astype('float32'), which has 7 digits, with lossless or max_error"
    if dtype.name in ("bool", "int8"):
        return "convert them to 16 bits, in Python image.astype('int16')"
    return "scale them to whole numbers of 16 bits and keep the scale elsewhere"


def read_picture(source: Any, *, max_pixels: int = MAX_PIXELS) -> tuple[NDArray[Any], ImageInfo]:
    """Samples without an alpha channel that is full."""
    with open_image(source, limits=_Most(max_pixels)) as opened:
        if opened.info.dicom is not None:
            raise dicom_error(source)
        if opened.info.bit_depth in range(1, 8):
            raise InputError(
                f"the picture is one with {opened.info.bit_depth} bits a sample, and with loss "
                "only 8 or 16 can be compressed: lossless or max_error keep them as they are"
            )
        image = opened.without_full_alpha()
        return image.read(), image.info


def picture_of(image: object) -> tuple[NDArray[Any], ImageInfo]:
    """The same of an array or a Pillow image."""
    refuse_masked(image)
    dtype = getattr(image, "dtype", np.dtype("uint8"))
    if dtype.name not in LOSSY_TYPES:
        raise InputError(
            f"an array can't be compressed with loss: the dtype must be {', '.join(LOSSY_TYPES)}; "
            f"{way_out(dtype)}"
        )
    samples, info = read_picture(image)
    if info.channels > 4:
        raise InputError(
            "an array can't be compressed with loss: it must be HxW, or HxWxC with 1 (grey), 2 "
            "(grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels; lossless or max_error take more"
        )
    return samples, info


def is_zarr(path: object) -> bool:
    """Whether `path` is one, and of such a store."""
    return isinstance(path, str | os.PathLike) and Path(path).suffix.lower() == ".zarr"


def is_npy(path: object) -> bool:
    """Whether `path` is one, and of such a file."""
    return isinstance(path, str | os.PathLike) and Path(path).suffix.lower() == ".npy"


def read_npy(path: Any) -> NDArray[Any]:
    """The array in a file, as NumPy gives it."""
    with open_image(path) as image:
        return image.read()[..., 0] if image.info.flat else image.read()
