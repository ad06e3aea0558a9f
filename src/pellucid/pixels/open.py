"""Any picture -> its samples and what they are: `open_image`, the only way in.

Paths, the bytes of a file, binary file objects, NumPy arrays, whatever is sliced like one (Zarr,
Dask, h5py) and Pillow images come out as the same `ImageSource`: samples as stored, in parts where
that is possible and worth it, with an `ImageInfo` that says what each channel is. Files are read by
the modules of `formats`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OptionError, is_whole, require
from pellucid.pixels.formats import Input, format_of
from pellucid.pixels.formats.pillow import read_pillow_image
from pellucid.pixels.geo import nodata_of
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import MAX_PIXELS, Sliced, Source, check_size, is_sliced

NO_LIMIT = 1 << 62  # pixels


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

    def with_info(self, info: ImageInfo) -> ImageSource:
        """The same samples, with other metadata."""
        return ImageSource(self._samples, info)

    def without_full_alpha(self) -> ImageSource:
        """The same without an alpha channel that is full everywhere.

        Only what a file or a Pillow image has in memory is looked through: in arrays, and in files
        that are read in parts, alpha is taken as it is meant.
        """
        known = self.in_memory and self.info.source_format is not None
        if not known or not self.info.has_alpha or self.dtype.kind != "u":
            return self
        samples = self.read()
        if samples[..., -1].min() < np.iinfo(self.dtype).max:
            return self
        colours = np.ascontiguousarray(samples[..., :-1])
        return ImageSource(colours, replace(self.info, channels=colours.shape[2], alpha=False))


@contextmanager
def open_image(
    source: Any, *, page: int | None = None, max_pixels: int = MAX_PIXELS
) -> Iterator[ImageSource]:
    """Open a picture; its samples (H, W, C) can be read while the block lasts.

    Nothing is converted that would lose something: a palette becomes its colours, one colour marked
    as transparent an alpha channel, black and white 0 and 255. The EXIF orientation isn't applied.
    What a file holds and can't be kept, such as a second picture, is named in a warning.

    Args:
        source: a path, the bytes of a file, a binary file object, an array (H, W) or (H, W, C), in
            memory or sliced like one, a Pillow image, or what was opened here before.
        page: of a TIFF, or frame of a DICOM file, from 0. Without it all pages of one size, and all
            frames, are channels, and `info.roles` says so.
        max_pixels: width times height at most; four times it is the most samples of all channels.

    Raises:
        InputError: it can't be read, is damaged, or has samples that can't be kept.
        LimitError: it is larger than `max_pixels`.
        OptionError: there is no such page, or `source` is of another type.
        MissingExtraError: an optional library is needed to read it.
    """
    require(page is None or is_whole(page), "page", page, "a whole number from 0")
    if isinstance(source, ImageSource):
        _refuse_page(page, "what is open")
        check_size("the picture", source.shape, max_pixels)
        yield source
        return
    if isinstance(source, np.ndarray | Image.Image) or is_sliced(source):
        _refuse_page(page, "what is no file")
        held = isinstance(source, Image.Image)
        read = read_pillow_image if held else _array
        samples, info = read(source, max_pixels)
        yield ImageSource(samples, info)
        return
    given = Input(source)
    kind = format_of(given)
    if not kind.pages:
        _refuse_page(page, f"{given.name}: a {kind.name} file")
    pages = (page,) if kind.pages else ()
    with kind.open(given, max_pixels, *pages) as (samples, info):
        yield ImageSource(samples, replace(info, nodata=nodata_of(info.exif)))


def is_in_parts(path: str | os.PathLike[str], *, page: int | None = None) -> bool:
    """Whether parts of a picture on disk are read without the rest, as `open_image` opens it.

    Of formats that never are (PNG, JPEG and others) nothing is read but the first bytes. `page` and
    what is raised are as there, but for the limit.
    """
    if not format_of(Input(path)).in_parts:
        return False
    with open_image(path, page=page, max_pixels=NO_LIMIT) as opened:
        return not opened.in_memory


def _array(source: Any, max_pixels: int) -> tuple[Source, ImageInfo]:
    """An array in memory, or anything that is sliced like one."""
    if isinstance(source, np.ma.MaskedArray):
        raise InputError(
            "a masked array can't be read as a picture; give its data with a value for what is "
            "masked: image.filled(0), or of floats image.astype(float).filled(numpy.nan)"
        )
    try:
        samples: Source = Sliced(source)
    except TypeError as error:  # a tensor's type is none of NumPy's
        raise OptionError(
            f"a {type(source).__name__} is no NumPy array; give one, for example x.numpy()"
        ) from error
    check_size("the array", samples.shape, max_pixels)
    info = replace(ImageInfo.of(samples), flat=len(source.shape) == 2)
    return samples[:, :] if isinstance(source, np.ndarray) else samples, info


def _refuse_page(page: int | None, what: str) -> None:
    """OptionError for a page of what has none."""
    if page is not None:
        raise OptionError(f"{what} has no page {page}; a TIFF has pages, a DICOM file frames")


def read_image(source: Any, *, max_pixels: int = MAX_PIXELS) -> tuple[NDArray[np.uint8], ImageInfo]:
    """A picture of 8 bits, grey (H, W, 1) or RGB (H, W, 3), as a whole, and what belongs to it.

    For what takes no other pictures, such as benches; `open_image` takes all. Raises what it does,
    and InputError for other samples.
    """
    with open_image(source, max_pixels=max_pixels) as opened:
        image = opened.without_full_alpha()
        if image.dtype != np.uint8 or image.shape[2] not in (1, 3) or image.info.pages > 1:
            name = os.fspath(source) if isinstance(source, str | os.PathLike) else "the input"
            raise InputError(
                f"{name} has {image.shape[2]} channels of {image.dtype}; here 8-bit "
                "grey or RGB without transparency is needed"
            )
        return image.read(), image.info
