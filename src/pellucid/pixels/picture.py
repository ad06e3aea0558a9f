"""Path, bytes, array or Pillow image -> what can be compressed with loss: 8 and 16 bits, alpha.

What `read.py` takes comes as it does there, with transparency beside it if any pixel has some. What
is deeper comes in its own type, as `samples.py` reads it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.as_stored import check_tiff
from pellucid.pixels.checks import bit_depth, check_shifted, check_size
from pellucid.pixels.dicom import is_dicom
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.jpeg2000 import opacity_of
from pellucid.pixels.metadata import with_metadata
from pellucid.pixels.modes import is_deep, to_samples
from pellucid.pixels.npy import is_npy
from pellucid.pixels.opened import MAX_PIXELS, load_as_stored, opened
from pellucid.pixels.read import dicom_error, from_array, from_pillow
from pellucid.pixels.samples import read_samples, samples_of

LOSSY_TYPES = ("uint8", "uint16", "int16")
MOST_CHANNELS = 4


def read_picture(
    source: str | os.PathLike[str] | bytes, *, max_pixels: int = MAX_PIXELS
) -> tuple[NDArray[Any], ImageInfo]:
    """Read one picture from a path, or from the bytes of a file, whole.

    Returns the samples as stored, (H, W, C), and an ImageInfo with the metadata byte for byte:
    uint8 with 1 (grey) or 3 (RGB) channels, and one more of alpha unless that is full everywhere,
    or what `read_samples` gives of a deeper file, full alpha of a PNG left out, too. Raises what
    both raise.
    """
    if not isinstance(source, bytes) and is_npy(source):
        samples, info = read_samples(source, max_pixels=max_pixels)
        return native(samples), info
    if is_dicom(source):
        raise dicom_error(source)
    with opened(source) as (image, data, name):
        bands = image.format == "JPEG2000" and image.mode in ("LA", "RGBA") and not opacity_of(data)
        if bit_depth(image, data) <= 8 and not is_deep(image) and not bands:
            check_size(image, data, name, max_pixels)
            check_tiff(image, name)
            check_shifted(image, data, name)
            samples = to_samples(load_as_stored(image), name, alpha=True)
            height, width, channels = samples.shape
            info = ImageInfo(width, height, channels, source_format=image.format)
            return samples, with_metadata(info, image, data)
    return _without_full_alpha(*read_samples(source, max_pixels=max_pixels))


def _without_full_alpha(samples: NDArray[Any], info: ImageInfo) -> tuple[NDArray[Any], ImageInfo]:
    """Drop an alpha channel of a PNG of 16 bits if it says nothing, as `to_samples` of 8."""
    channels = samples.shape[2]
    white = np.iinfo(np.uint16).max
    if info.source_format != "PNG" or channels not in (2, 4) or samples[..., -1].min() < white:
        return samples, info
    return np.ascontiguousarray(samples[..., :-1]), replace(info, channels=channels - 1)


def picture_of(image: object) -> tuple[NDArray[Any], ImageInfo]:
    """Take a picture from memory: a Pillow image, or HxW or HxWxC of one of LOSSY_TYPES.

    Of 2 or 4 channels the last is alpha, which stays, also if it is full. Returns what
    `read_picture` does. Raises InputError naming dtype and shape, or the mode, for another layout;
    OptionError for another type.
    """
    if isinstance(image, Image.Image):
        if not is_deep(image):
            return from_pillow(image, alpha=True)
        samples = samples_of(image)
        if samples.dtype.name not in LOSSY_TYPES:
            raise InputError(
                f"the Pillow image has samples of type {samples.dtype.name} (mode {image.mode}), "
                "which can be compressed with lossless or max_error only"
            )
        height, width, channels = samples.shape
        info = ImageInfo(width, height, channels, 16, source_format=image.format)
        return samples, with_metadata(info, image)
    if not isinstance(image, np.ndarray):
        return from_array(image)  # which says what is wrong
    return array_picture(image)


def array_picture(image: NDArray[Any]) -> tuple[NDArray[Any], ImageInfo]:
    """The same of an array."""
    what = f"an array of dtype {image.dtype} and shape {image.shape}"
    refuse_masked(image)
    if image.dtype.name not in LOSSY_TYPES:
        raise InputError(
            f"{what} can't be compressed with loss: the dtype must be {', '.join(LOSSY_TYPES)}; "
            f"{way_out(image.dtype)}"
        )
    samples = image[:, :, np.newaxis] if image.ndim == 2 else image
    if samples.ndim != 3 or not 1 <= samples.shape[2] <= MOST_CHANNELS:
        raise InputError(
            f"{what} can't be compressed with loss: it must be HxW, or HxWxC with 1 (grey), 2 "
            "(grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels; lossless or max_error take more"
        )
    if samples.size == 0:
        raise InputError(f"{what} has no pixels")
    height, width, channels = samples.shape
    info = ImageInfo(width, height, channels, 8 * samples.itemsize)
    return np.ascontiguousarray(native(samples)), info


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


def native(samples: NDArray[Any]) -> NDArray[Any]:
    """Samples in this machine's byte order."""
    return samples.astype(samples.dtype.newbyteorder("="), copy=False)
