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
from dataclasses import replace
from mmap import ACCESS_READ, mmap
from typing import Any

import numpy as np

from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.pixels import tiff
from pellucid.pixels.axes import SAMPLES, UNNAMED, pack_axes
from pellucid.pixels.description import page_exif
from pellucid.pixels.extras import science
from pellucid.pixels.flat import FlatSource
from pellucid.pixels.formats.format import Format, damage
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.pillow import open_pillow
from pellucid.pixels.formats.tiff_segments import Pages
from pellucid.pixels.info import WITH_ALPHA, ImageInfo
from pellucid.pixels.lazy import LARGE, Source, check_size

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
        by_pillow, pixels = tiff.facts_of(data)
    by_pillow = by_pillow and page is None
    in_parts = not by_pillow or pixels > LARGE
    if in_parts:
        try:
            science("tifffile")
        except MissingExtraError:
            in_parts = False
            if not by_pillow:
                raise
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
    path, chosen = given.name, _chosen(file, given.name, number)
    first = chosen.keyframe
    _check_page(first, path)
    others = _others(chosen, path)
    samples = int(first.samplesperpixel)
    if samples > 1 and others and others[-1][1] == samples:
        others[-1] = (SAMPLES, samples)  # whatever letter a program gave it
    shape = (int(first.imagelength), int(first.imagewidth), math.prod(n for _, n in others))
    check_size(path, shape, max_pixels)
    source = _source(file, path, chosen, shape)
    if source.shape != shape:
        raise InputError(f"{path} has {source.shape} samples where its pages say {chosen.shape}")
    info = replace(ImageInfo.of(source), source_format="TIFF")
    with _mapped(given) as data:
        info = tiff.with_tags(info, data, int(first.offset))
        if number is not None:
            _, tags = tiff.tags_of(data, int(file.pages[0].offset))
            info = replace(info, exif=page_exif(info, tags, number, source.dtype))
    stack = any(letter != SAMPLES for letter, _ in others)
    axes = pack_axes([(letter if letter.isascii() else UNNAMED, n) for letter, n in others])
    alpha = not stack and shape[2] in WITH_ALPHA and first.extrasamples[-1:] == (STRAIGHT,)
    return source, replace(info, axes=axes if stack else None, alpha=alpha)


@contextmanager
def _mapped(given: Input) -> Iterator[bytes | mmap]:
    """The bytes of a file, which needn't fit into memory."""
    if given.path is None:
        yield given.data
        return
    with given.open() as raw, mmap(raw.fileno(), 0, access=ACCESS_READ) as data:
        yield data


def _chosen(file: Any, path: str, number: int | None) -> Any:
    """The series of the first picture, with all pages that it has, or of the page of a number."""
    if number is not None:
        if not 0 <= number < len(file.pages):
            raise OptionError(f"{path} has pages 0 to {len(file.pages) - 1}, and no {number}")
        for level in (level for series in file.series for level in series.levels):
            if any(page is not None and page.treeindex == (number,) for page in level.pages):
                _others(level, path)  # what is said of a page's stack is said of the page
        page = file.pages[number].aspage()
        return science("tifffile").TiffPageSeries([page], squeeze=False)
    main, *others = file.series
    apart = [series for series in others if not series.keyframe.is_reduced]
    if apart:
        sizes = ", ".join(" x ".join(map(str, one.shape)) for one in (main, *apart))
        raise InputError(
            f"{path} holds {1 + len(apart)} pictures ({sizes}); choose a page "
            "with --page N (page=N), from 0"
        )
    return main


def _others(series: Any, path: str) -> list[tuple[str, int]]:
    """The axes besides rows and columns; InputError if those aren't the pages' own."""
    page, axes, shape = series.keyframe, str(series.axes), tuple(map(int, series.shape))
    y, x = axes.find("Y"), axes.find("X")
    if (axes.count("Y"), axes.count("X")) != (1, 1) or x != y + 1:
        raise InputError(f"{path} has the axes {axes} ({shape}), which are no picture")
    samples = int(page.samplesperpixel) if _together(page) else 1
    sides = (int(page.imagelength), int(page.imagewidth), samples)
    if sides != (shape[y], shape[x], math.prod(shape[x + 1 :])):
        raise InputError(
            f"{path} says that its axes are {axes} ({shape}), and its pages say not so"
        )
    return [(axes[at], shape[at]) for at in range(len(axes)) if at not in (y, x)]


def _check_page(page: Any, path: str) -> None:
    """Refuse samples that would come back as something else."""
    photometric = int(page.photometric) if tiff.PHOTOMETRIC in page.tags else tiff.BLACK_IS_ZERO
    decoded = photometric == tiff.YCBCR and int(page.compression) in tiff.JPEG  # to RGB
    if photometric not in (tiff.BLACK_IS_ZERO, tiff.RGB) and not decoded:
        name = getattr(page.photometric, "name", photometric)
        raise InputError(
            f"{path} has samples of the kind {name}, which can't be kept: only grey (0 is black) "
            "and RGB can; convert it first, or give the Python API the array"
        )


def _source(file: Any, path: str, series: Any, shape: tuple[int, int, int]) -> Source:
    """The samples by their place where they lie in one piece, else page by page."""
    first, start, together = series.keyframe, series.dataoffset, _together(series.keyframe)
    if start is not None and (not together or shape[2] == int(first.samplesperpixel)):
        dtype = np.dtype(file.byteorder + first.dtype.char)
        planar = not together and shape[2] > 1
        return FlatSource(file.filehandle, path, int(start), shape, dtype, planar=planar)
    if None in series.pages:
        raise InputError(f"{path} names pages that lie in other files; give one with all pages")
    return Pages(list(series.pages), path)


def _together(page: Any) -> bool:
    """Whether the samples of a pixel lie side by side: the page says so, no axis does."""
    return int(page.samplesperpixel) > 1 and int(page.planarconfig) == 1


FORMAT = Format(
    "TIFF",
    lambda source: source.head[:4] in tiff.SIGNATURES,
    open_tiff,
    pages=True,
    in_parts=True,
)
