"""A file as samples that are read in parts, where that is possible and worth it.

Pictures are read whole by Pillow (`read.py`, `samples.py`). Read in parts are those that are large,
or that Pillow can't give as they are: `.npy`, Zarr, and TIFF with pages or deep samples.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.pixels.dicom import is_dicom, read_dicom
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import LARGE, Sliced, Source, check_size, is_sliced
from pellucid.pixels.npy import is_npy, npy_source
from pellucid.pixels.opened import MAX_PIXELS
from pellucid.pixels.tiff_facts import tiff_facts
from pellucid.pixels.tiff_pages import open_tiff
from pellucid.pixels.zarrs import MARKS, is_zarr, open_zarr


@contextmanager
def open_parts(
    image: Any, *, max_pixels: int = MAX_PIXELS, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo] | None]:
    """Samples (H, W, C) of `image` in parts, while the block lasts; None: read it whole.

    Args:
        image: a path, or an array-like that is sliced; all else is None.
        page: of a TIFF, or frame of a DICOM file, from 0; the latter isn't read in parts.

    Raises:
        InputError, LimitError: as reading raises. OptionError: `page` of what has no pages.
        MissingExtraError: the file can be read with an optional library only.
    """
    page = check_page(page)
    if page is not None and is_dicom(image):
        yield read_dicom(image, max_pixels, page)
    elif not isinstance(image, str | os.PathLike):
        refuse_page(page, "what is no file")
        yield _array_like(image, max_pixels) if is_sliced(image) else None
    elif is_zarr(image) or any((Path(image) / mark).is_file() for mark in MARKS):
        refuse_page(page, f"{image}: a Zarr store")
        with open_zarr(image, max_pixels=max_pixels) as found:
            yield found
    elif is_npy(image):
        refuse_page(page, f"{image}: an array")
        source = npy_source(image)
        if source is None:
            yield None
            return
        try:
            check_size(image, source.shape, max_pixels)
            height, width, channels = source.shape
            yield source, ImageInfo(width, height, channels, 8 * source.dtype.itemsize)
        finally:
            source.close()
    elif is_dicom(image):
        yield None
    else:
        with _tiff(image, max_pixels, page) as found:
            yield found


def check_page(page: Any) -> int | None:
    """A page or frame as it is counted, None for none; OptionError if it is no whole number."""
    if page is None:
        return None
    try:
        if not isinstance(page, bool):
            return operator.index(page)
    except TypeError:
        pass
    raise OptionError(f"page is {page!r}; it must be a whole number from 0")


def refuse_page(page: int | None, what: str) -> None:
    """OptionError for a page of what has none."""
    if page is not None:
        raise OptionError(f"{what} has no page {page}; a TIFF has pages, a DICOM file frames")


@contextmanager
def _tiff(
    path: str | os.PathLike[str], max_pixels: int, page: int | None
) -> Iterator[tuple[Source, ImageInfo] | None]:
    """A TIFF in parts; None for another file, and for a TIFF that is to be read whole."""
    facts = tiff_facts(path)
    if facts is None:
        refuse_page(page, f"{path}")
        yield None
        return
    large = facts.width * facts.height > LARGE
    if page is None and facts.for_pillow and not (large and facts.plain):
        yield None
        return
    with ExitStack() as stack:
        try:
            found = stack.enter_context(open_tiff(path, max_pixels=max_pixels, page=page))
        except MissingExtraError:
            if page is not None or not facts.for_pillow:
                raise
            found = None  # large, but Pillow can read it, whole
        yield found


def _array_like(image: Any, max_pixels: int) -> tuple[Source, ImageInfo]:
    source = Sliced(image)
    if len(source.shape) != 3:
        raise InputError(f"an array of shape {source.shape} is no picture")
    check_size("the array", source.shape, max_pixels)
    height, width, channels = source.shape
    return source, ImageInfo(width, height, channels, 8 * source.dtype.itemsize)
