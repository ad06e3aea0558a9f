"""Pictures that are read and written in parts: what a codec needs of an array, and no more.

A `Source` has a shape (height, width, channels) and a type, and gives the samples of a part when it
is sliced, `source[y0:y1, x0:x1]`. A `Sink` takes them so. NumPy arrays are both; files on disk are
made so by the other modules, and then a picture needn't fit into memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, LimitError, OptionError
from pellucid.pixels.box import Box

MAX_PIXELS = 2**28  # that a picture may have if nothing else is said
LARGE = 24_000_000  # pixels from which pictures are read and written in parts, if they can be
CHANNELS = 4  # times the limit of pixels is that of samples
STEP = 1024  # samples a side of the parts that a picture is looked through in


class Source(Protocol):
    """Samples (H, W, C), in parts."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, channels."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the samples, in this machine's byte order."""

    def __getitem__(self, key: Any, /) -> Any:
        """Samples (h, w, C) of rows and columns, two slices without a step."""


class Sink(Protocol):
    """Takes samples (h, w, C) for rows and columns, two slices without a step."""

    def __setitem__(self, key: Any, samples: Any, /) -> None: ...


class Sliced:
    """Any array-like with shape, dtype and slices, (H, W) or (H, W, C), as a `Source`.

    Of Zarr, Dask, h5py and their like.
    """

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape = (*array.shape, 1) if len(array.shape) == 2 else tuple(array.shape)
        self.dtype = np.dtype(array.dtype).newbyteorder("=")

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        part = np.asarray(self._array[key]).astype(self.dtype, copy=False)
        return part[..., None] if part.ndim == 2 else part


def in_memory_if_small(source: Source) -> Source:
    """A source that isn't LARGE is read at once."""
    height, width = source.shape[:2]
    return source if height * width > LARGE else source[0:height, 0:width]


def is_sliced(image: object) -> bool:
    """Whether `image` can be a `Sliced` and is no array in memory."""
    return not isinstance(image, np.ndarray) and all(
        hasattr(image, name) for name in ("shape", "dtype", "__getitem__")
    )


def box_of(key: tuple[slice, slice], shape: tuple[int, ...]) -> Box:
    """The part of a picture of `shape` (height, width, ...) that slices without a step name."""
    (top, bottom, down), (left, right, across) = (
        part.indices(side) for part, side in zip(key, shape, strict=False)
    )
    if (down, across) != (1, 1):
        raise OptionError(f"a picture on disk can't be sliced with steps: {key}")
    return Box(top, left, max(0, bottom - top), max(0, right - left))


def parts_of(shape: tuple[int, ...], step: int = STEP) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the parts of a picture, in raster order."""
    for y in range(0, shape[0], step):
        for x in range(0, shape[1], step):
            yield slice(y, min(y + step, shape[0])), slice(x, min(x + step, shape[1]))


def check_size(name: object, shape: tuple[int, ...], max_pixels: int) -> None:
    """InputError for a picture (H, W, C) without pixels, LimitError for one with too many.

    As in files, a picture may have CHANNELS times as many samples as pixels.
    """
    if len(shape) != 3 or 0 in shape:
        what = "it has no pixels" if 0 in shape else "give (H, W) or (H, W, C)"
        raise InputError(f"{name} of shape {shape} is no picture: {what}")
    height, width = shape[:2]
    if height * width > max_pixels:
        raise LimitError(
            f"{name} has {width} x {height} = {height * width} pixels, over the limit of "
            f"{max_pixels}; if you trust it, raise max_pixels"
        )
    if math.prod(shape) > CHANNELS * max_pixels:
        raise LimitError(
            f"{name} has {width} x {height} pixels of {shape[2]} channels, over the limit of "
            f"{CHANNELS * max_pixels} samples; if you trust it, raise max_pixels"
        )
