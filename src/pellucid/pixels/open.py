"""Any picture -> its samples and what they are: `open_image`, the only way in.

Paths, the bytes of a file, binary file objects, NumPy arrays, whatever is sliced like one (Zarr,
Dask, h5py) and Pillow images come out as the same `ImageSource`: samples as stored, in parts where
that is possible and worth it, with an `ImageInfo` that says what each channel is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.geo import nodata_in, nodata_of
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Source, check_size
from pellucid.pixels.metadata import with_metadata
from pellucid.pixels.npy import is_npy, read_npy
from pellucid.pixels.opened import MAX_PIXELS
from pellucid.pixels.samples import read_samples, samples_of
from pellucid.pixels.source import open_parts


class PixelLimits(Protocol):
    """What bounds a picture's size; `pellucid.Limits` is one."""

    @property
    def max_pixels(self) -> int:
        """Width times height at most; four times it is the most samples of all channels."""


class DefaultLimits:
    """The limits if none are given."""

    max_pixels = MAX_PIXELS


DEFAULT_LIMITS: PixelLimits = DefaultLimits()


class ImageSource:
    """Samples (H, W, C) as stored, and the `info` that says what they are.

    `source[y0:y1, x0:x1]` reads a part (h, w, C); `read()` gives all of it.
    """

    def __init__(self, samples: Source, info: ImageInfo) -> None:
        self._samples, self.info = samples, info
        height, width, channels = samples.shape
        self.shape = (height, width, channels)
        self.dtype = samples.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        part: NDArray[Any] = np.asarray(self._samples[key])
        return part

    @property
    def in_memory(self) -> bool:
        """Whether all samples are in memory already, so that `read` costs nothing."""
        return isinstance(self._samples, np.ndarray)

    def read(self) -> NDArray[Any]:
        """All samples, (H, W, C); not copied if they are in memory."""
        return self[0 : self.shape[0], 0 : self.shape[1]]


@contextmanager
def open_image(
    source: Any, *, page: int | None = None, limits: PixelLimits = DEFAULT_LIMITS
) -> Iterator[ImageSource]:
    """Open a picture; its samples (H, W, C) can be read while the block lasts.

    Nothing is converted that would lose something: a palette becomes its colours, one colour marked
    as transparent an alpha channel, black and white 0 and 255. The EXIF orientation isn't applied.

    Args:
        source: a path, the bytes of a file, a binary file object, an array (H, W) or (H, W, C), in
            memory or sliced like one, or a Pillow image.
        page: of a TIFF, or frame of a DICOM file, from 0. Without it all pages of one size, and all
            frames, are channels, and `info.roles` says so.
        limits: `max_pixels` bounds width times height, and four times it all samples.

    Raises:
        InputError: it can't be read, is damaged, or has samples that can't be kept.
        LimitError: it is larger than `limits`.
        OptionError: there is no such page, or `source` is of another type.
        MissingExtraError: an optional library is needed to read it.
    """
    most = limits.max_pixels
    if hasattr(source, "read") and not isinstance(source, os.PathLike | Image.Image):
        source = source.read()
    if isinstance(source, bytearray | memoryview):
        source = bytes(source)
    with open_parts(source, max_pixels=most, page=page) as parts:
        if parts is not None:
            samples, info = parts
        elif isinstance(source, str | os.PathLike | bytes):
            samples, info = read_samples(source, max_pixels=most)
        else:
            samples, info = in_memory(source, most)
        flat = info.flat or (is_npy(source) and read_npy(source).ndim == 2)
        nodata = nodata_of(info.exif) if info.nodata is None else info.nodata
        yield ImageSource(samples, replace(info, flat=flat, nodata=nodata))


def in_memory(source: Any, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """An array or a Pillow image."""
    if isinstance(source, np.ma.MaskedArray):
        raise InputError(
            "a masked array can't be read as a picture; give its data with a value for what is "
            "masked: image.filled(0), or of floats image.filled(numpy.nan)"
        )
    array = source if isinstance(source, np.ndarray) else samples_of(source)
    samples = array[..., None] if array.ndim == 2 else array
    if samples.ndim != 3 or 0 in samples.shape:
        raise InputError(f"an array of shape {array.shape} is no picture; give (H, W) or (H, W, C)")
    check_size("the input", samples.shape, max_pixels)
    height, width, channels = samples.shape
    info = ImageInfo(width, height, channels, 8 * samples.itemsize, flat=array.ndim == 2)
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if isinstance(source, Image.Image):
        info = replace(info, source_format=source.format, nodata=nodata_in(source), flat=False)
        return samples, with_metadata(info, source)
    return samples, info
