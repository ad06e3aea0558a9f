"""TIFF, BigTIFF and OME-TIFF read in parts, with tifffile.

What lies in the file as in memory is read by its place (`flat.py`); of the rest the tiles or strips
under a part are decoded, and those of a row of parts are kept, since neighbours share them.

Pages of one size become channels, whatever they stand for (depth, time, channel), and `axes.py`
keeps what they were. Smaller copies of a picture (pyramids, thumbnails) are left out; pages that
are pictures of their own must be chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from typing import Any

import numpy as np

from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.pixels.axes import SAMPLES, pack_axes
from pellucid.pixels.description import page_exif
from pellucid.pixels.extras import science
from pellucid.pixels.flat import FlatSource
from pellucid.pixels.formats.format import Format, damage
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.pillow import open_pillow
from pellucid.pixels.formats.tiff_facts import (
    BLACK_IS_ZERO,
    JPEG,
    PHOTOMETRIC,
    RGB,
    SIGNATURES,
    YCBCR,
    tiff_facts,
)
from pellucid.pixels.formats.tiff_segments import Pages
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import LARGE, Source, check_size
from pellucid.pixels.tiff import read_metadata

STRAIGHT = 2  # kind of an extra sample: transparency, not multiplied into the colours


@contextmanager
def open_tiff(
    source: Input, max_pixels: int, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo]]:
    """The samples (H, W, C) of a TIFF, to be read in parts while the block lasts.

    `page` (from 0) chooses one; else all pages of the first picture's size are its channels. What
    is small and plain is read by Pillow, which every install has.

    Raises InputError for what can't be kept, OptionError if there is no such page, LimitError,
    MissingExtraError without tifffile.
    """
    with _mapped(source) as data:
        by_pillow, pixels = tiff_facts(data)
    by_pillow = by_pillow and page is None
    in_parts = not by_pillow or pixels > LARGE
    try:
        in_parts = in_parts and bool(science("tifffile"))
    except MissingExtraError:
        if not by_pillow:
            raise
        in_parts = False
    opened = open_pages(source, max_pixels, page) if in_parts else open_pillow(source, max_pixels)
    with opened as found:
        yield found


@contextmanager
def open_pages(
    source: Input, max_pixels: int, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo]]:
    """The same by tifffile, whatever the file holds."""
    with source.open() as raw:
        with damage(source.name):
            file = science("tifffile").TiffFile(raw, _multifile=False)
        with file:
            with damage(source.name):
                found = _picture(file, source, page, max_pixels)
            yield found


def _picture(
    file: Any, given: Input, number: int | None, max_pixels: int
) -> tuple[Source, ImageInfo]:
    path = given.name
    chosen, pages = _chosen(file, path, number)
    first = chosen.keyframe  # of a page that page itself
    _check_page(first, path)
    sides, others = _sides(chosen, path)
    for series in _of_page(file, number):
        _sides(series, path)  # what is said of a page's stack is said of the page
    channels = math.prod(n for _, n in others)
    samples = int(first.samplesperpixel)
    if samples > 1 and others and others[-1][1] == samples:
        others[-1] = (SAMPLES, samples)  # whatever letter a program gave it
    check_size(path, (sides["Y"], sides["X"], channels), max_pixels)
    source = _source(file, path, chosen, pages, channels)
    if source.shape != (sides["Y"], sides["X"], channels):
        raise InputError(f"{path} has {source.shape} samples where its pages say {chosen.shape}")
    with _mapped(given) as data:
        kept = read_metadata(data, int(first.offset))
        exif = kept.exif
        if number is not None:
            whole = read_metadata(data, int(file.pages[0].offset)).exif
            exif = page_exif(exif, whole, number, source.shape, source.dtype)
    stack = any(letter != SAMPLES for letter, _ in others)
    extra = tuple(map(int, first.extrasamples))
    info = ImageInfo(
        sides["X"],
        sides["Y"],
        channels,
        8 * source.dtype.itemsize,
        exif=exif,
        icc=kept.icc,
        xmp=kept.xmp,
        source_format="TIFF",
        axes=pack_axes([(letter if letter.isascii() else "Q", n) for letter, n in others])
        if stack
        else None,
        alpha=not stack and channels in (2, 4) and extra[-1:] == (STRAIGHT,),
    )
    return source, info


@contextmanager
def _mapped(given: Input) -> Iterator[bytes | mmap]:
    """The bytes of a file, which needn't fit into memory."""
    if given.path is None:
        yield given.data
        return
    with given.open() as raw, mmap(raw.fileno(), 0, access=ACCESS_READ) as data:
        yield data


def _sides(chosen: Any, path: str) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """Lengths of all axes of a page or a series, and the axes besides rows and columns.

    Raises InputError if rows and columns aren't those of the pages.
    """
    first = chosen.keyframe
    axes, shape = str(chosen.axes), tuple(map(int, chosen.shape))
    if axes.count("Y") != 1 or axes.count("X") != 1 or axes.index("X") != axes.index("Y") + 1:
        raise InputError(f"{path} has the axes {axes} ({shape}), which are no picture")
    sides = dict(zip(axes, shape, strict=True))
    after = math.prod(shape[axes.index("X") + 1 :])
    samples = int(first.samplesperpixel) if _together(first) else 1
    page = (int(first.imagelength), int(first.imagewidth), samples)
    if page != (sides["Y"], sides["X"], after):
        raise InputError(
            f"{path} says that its axes are {axes} ({shape}), and its pages say not so"
        )
    others = [(letter, length) for letter, length in zip(axes, shape, strict=True)]
    return sides, [(letter, n) for letter, n in others if letter not in "YX"]


def _of_page(file: Any, number: int | None) -> Iterator[Any]:
    """The series, and the smaller copies of series, that a page is in; none without a page."""
    for series in () if number is None else file.series:
        for level in series.levels:
            if any(page is not None and page.treeindex == (number,) for page in level.pages):
                yield level


def _chosen(file: Any, path: str, number: int | None) -> tuple[Any, list[Any]]:
    """The page of a number, or the first picture and all pages that it has."""
    if number is not None:
        if not 0 <= number < len(file.pages):
            raise OptionError(f"{path} has pages 0 to {len(file.pages) - 1}, and no {number}")
        page = file.pages[number].aspage()
        return page, [page]
    main, *others = file.series
    apart = [series for series in others if not series.keyframe.is_reduced]
    if apart:
        sizes = ", ".join(" x ".join(map(str, one.shape)) for one in (main, *apart))
        raise InputError(
            f"{path} holds {1 + len(apart)} pictures of different kinds ({sizes}); choose a page "
            "with --page N (page=N), from 0"
        )
    return main, list(main.pages)


def _check_page(page: Any, path: str) -> None:
    """Refuse samples that would come back as something else."""
    photometric = int(page.photometric) if PHOTOMETRIC in page.tags else BLACK_IS_ZERO
    if photometric in (BLACK_IS_ZERO, RGB):
        return
    if photometric == YCBCR and int(page.compression) in JPEG:
        return  # decoded to RGB, as viewers do
    name = getattr(page.photometric, "name", photometric)
    raise InputError(
        f"{path} has samples of the kind {name}, which can't be kept: only grey (0 is black) and "
        "RGB can; convert it first, or give the Python API the array"
    )


def _source(file: Any, path: str, chosen: Any, pages: list[Any], channels: int) -> Source:
    """The samples by their place where they lie in one piece, else page by page."""
    first, together = chosen.keyframe, _together(chosen.keyframe)
    start = _one_piece(chosen)
    if start is not None and (not together or channels == int(first.samplesperpixel)):
        return FlatSource(
            file.filehandle,
            path,
            start,
            (int(first.imagelength), int(first.imagewidth), channels),
            np.dtype(file.byteorder + first.dtype.char),
            planar=not together and channels > 1,
        )
    if None in pages:
        raise InputError(f"{path} names pages that lie in other files; give one with all pages")
    return Pages(pages, path)


def _together(page: Any) -> bool:
    """Whether the samples of a pixel lie side by side: the page says so, no axis does."""
    return int(page.samplesperpixel) > 1 and int(page.planarconfig) == 1


def _one_piece(chosen: Any) -> int | None:
    """Where samples begin that lie in the file as in memory, all of them; None if they don't."""
    if hasattr(chosen, "dataoffset"):  # of a series
        return None if chosen.dataoffset is None else int(chosen.dataoffset)
    if chosen.is_final and chosen.is_contiguous:
        return int(chosen.dataoffsets[0])
    return None


FORMAT = Format("TIFF", lambda source: source.head[:4] in SIGNATURES, open_tiff, pages=True)
