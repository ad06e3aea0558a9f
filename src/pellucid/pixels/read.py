"""File, bytes, array or Pillow image -> HxWxC uint8 array and ImageInfo.

The header is checked before a sample is decoded (`checks.py`). The orientation stays in the EXIF
bytes, to be applied once, by the viewer.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.pixels.as_stored import check_opened, check_tiff
from pellucid.pixels.checks import check_frames, check_header
from pellucid.pixels.dicom import is_dicom
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.metadata import with_metadata
from pellucid.pixels.modes import to_samples
from pellucid.pixels.opened import MAX_PIXELS, load, load_as_stored, opened


def read_image(
    source: str | os.PathLike[str] | bytes, *, max_pixels: int = MAX_PIXELS
) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Read one picture from a path, or from the bytes of a file.

    Returns the samples as stored (HxWxC uint8, C = 1 grey or 3 RGB, EXIF orientation not applied)
    and an ImageInfo with the metadata byte for byte.

    Raises InputError if there is no such file, if it is empty, no picture, damaged, animated,
    transparent, deeper than 8 bits or of another colour mode than grey and RGB; LimitError if it
    has more than `max_pixels` pixels, before they are decoded.
    """
    if is_dicom(source):
        raise dicom_error(source)
    with opened(source) as (image, data, name):
        check_header(image, data, name, max_pixels)
        check_tiff(image, name)
        samples = to_samples(load_as_stored(image), name)
        height, width, channels = samples.shape
        info = ImageInfo(width, height, channels, source_format=image.format)
        return samples, with_metadata(info, image, data)


def dicom_error(source: object) -> InputError:
    """The error for a DICOM file, a path or bytes: no learned codec takes one."""
    return InputError(
        f"{'the input' if isinstance(source, bytes) else source} is a DICOM file, which can be "
        "compressed with lossless or max_error only"
    )


def from_array(image: object) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Take a picture from memory: HxW, HxWx1 or HxWx3 uint8, or a Pillow image.

    Returns what `read_image` does. A C-contiguous array is not copied. Raises InputError naming
    dtype and shape, or the mode, for another layout; OptionError for another type.
    """
    if isinstance(image, Image.Image):
        return from_pillow(image)
    if not isinstance(image, np.ndarray):
        raise OptionError(
            f"a picture must be a numpy array or a Pillow image, not {type(image).__name__}"
        )
    what = f"an array of dtype {image.dtype} and shape {image.shape}"
    if image.dtype != np.uint8:
        raise InputError(f"{what} is not supported: the dtype must be uint8 (values 0..255)")
    samples = image[:, :, np.newaxis] if image.ndim == 2 else image
    if samples.ndim != 3 or samples.shape[2] not in (1, 3):
        raise InputError(f"{what} is not supported: it must be HxW, HxWx1 (grey) or HxWx3 (RGB)")
    if samples.size == 0:
        raise InputError(f"{what} has no pixels")
    height, width, channels = samples.shape
    return np.ascontiguousarray(samples), ImageInfo(width, height, channels)


def from_pillow(image: Image.Image, *, alpha: bool = False) -> tuple[NDArray[np.uint8], ImageInfo]:
    """The same of a Pillow image; with `alpha`, what has transparent pixels has it as a channel."""
    name = f"the {image.format or 'Pillow'} image"
    if 0 in image.size:
        raise InputError(f"{name} of size {image.size} has no pixels")
    try:
        check_frames(image, name)
        check_opened(image, name)
        load(image)
        samples = to_samples(image, name, alpha=alpha)
    except PellucidError:
        raise
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error
    height, width, channels = samples.shape
    return samples, with_metadata(
        ImageInfo(width, height, channels, source_format=image.format), image
    )
