"""The exact layer: samples that come back as they are, or within a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from typing import Any, Self

import numpy as np

from pellucid._api.layer import Damaged, Encoded, Layout, way_out
from pellucid._api.options import GUIDE, PICTURE, CompressOptions
from pellucid.bitstream import FLOAT_MAP, PelFile
from pellucid.errors import InputError, OptionError
from pellucid.exact import (
    MOST_BOUND,
    FloatMap,
    Pair,
    decode_into,
    exact_tiles,
    file_bound,
    file_pair,
    find_map,
    header_of,
    joined,
    tile_reader,
)
from pellucid.pixels import Box, ImageInfo, ImageSource
from pellucid.pixels.axes import pages_in
from pellucid.pixels.lazy import Sink, Source

TYPES = ("uint8", "uint16", "int16", "float16", "float32")
MOST_CHANNELS = 4096


class ExactLayer:
    """Lossless and error-bounded files; see `Layer`."""

    likely_error = None

    @classmethod
    def encode(
        cls,
        source: ImageSource,
        options: CompressOptions,
        *,
        origin: Any,  # noqa: ARG003 - part of the protocol
        guide: ImageSource | None,
    ) -> Encoded:
        """Tiles of a picture, and of a guide as it is."""
        for one in (source, guide):
            if one is not None:
                check_samples(one)
        samples, pair = (source, None) if guide is None else joined(guide, source)
        bound, info = options.bound or 0, source.info
        header_of(samples, alpha=False, max_error=0).check_limits(options.limits)
        floats, reach, nodata = None, 0, None
        if source.dtype.kind == "f":
            floats, reach = float_map(source, bound, options.nodata)
        else:
            reach = check_whole(bound, source.dtype)
            nodata = nodata_of(info, source.dtype, options.nodata)
        header = header_of(
            samples,
            alpha=info.has_alpha and floats is None,
            max_error=reach,
            pair=pair,
            pages=info.pages,
        )
        tiles = exact_tiles(
            samples, header, max_error=reach, nodata=nodata, floats=floats, pair=pair
        )
        return Encoded(header, {} if floats is None else {FLOAT_MAP: floats.pack()}, tiles)

    @classmethod
    def open(cls, file: PelFile, damaged: Damaged | None = None) -> Self:
        """A file to decode."""
        return cls(file, damaged)

    def __init__(self, file: PelFile, damaged: Damaged | None) -> None:
        self._file, self._header, self._damaged = file, file.header, damaged

    @property
    def max_error(self) -> float:
        """The largest error of a sample."""
        return file_bound(self._file)

    @property
    def guide(self) -> tuple[int, np.dtype[Any]] | None:
        """Planes and type of a pair's guide."""
        return None if self._pair is None else (self._pair.planes, self._pair.guide)

    def layout(self, which: str, box: Box | None = None) -> Layout:
        """Of a part of the picture or of its guide."""
        header, pair = self._header, self._pair
        if which == GUIDE and pair is None:
            raise OptionError("the file holds one picture and no guide; leave which out")
        size = (header.height, header.width) if box is None else (box.height, box.width)
        planes = header.channels + header.alpha
        if pair is None:
            dtype = header.dtype
        else:
            part, dtype = pair.part(which)
            planes = len(range(planes)[part])
        if which == GUIDE:
            return Layout((*size, planes), dtype, alpha=False, pages=1)
        pages = pages_in(self._file.metadata.get("axes"), planes)
        return Layout((*size, planes), dtype, bool(header.alpha), pages)

    def decode_into(self, sink: Sink, box: Box, which: str) -> None:
        """The samples of a part, tile by tile."""
        layout = self.layout(which)
        planes = slice(None) if self._pair is None else self._pair.part(which)[0]
        decode_into(
            sink,
            self._header,
            self._reader(),
            box,
            planes=planes,
            dtype=layout.dtype,
            alpha=layout.alpha,
            damaged=self._damaged,
        )

    def readers(self) -> Iterator[Callable[[], Any]]:
        """What reads each tile."""
        read = self._reader()
        return (partial(read, number) for number in range(self._header.tile_count))

    def sha256(self) -> str:
        """Of the samples, little-endian."""
        shape, dtype, *_ = self.layout(PICTURE)
        samples = np.empty(shape, dtype)
        self.decode_into(samples, Box.whole(shape), PICTURE)
        return hashlib.sha256(samples.astype(dtype.newbyteorder("<")).tobytes()).hexdigest()

    @cached_property
    def _pair(self) -> Pair | None:
        return file_pair(self._file)

    def _reader(self) -> Callable[[int], Any]:
        """Tile number -> its samples; none can be read where the map of floats is lost."""
        return tile_reader(self._file, tolerant=self._damaged is not None)


def float_map(source: ImageSource, bound: float, nodata: float | None) -> tuple[FloatMap, int]:
    """The map of floats, and how far their codes may be off; a GeoTIFF may say what is no data."""
    given = check_mark(nodata, source.dtype)
    if given is None:
        with suppress(OptionError):  # what the type can't hold isn't there
            given = check_mark(source.info.nodata, source.dtype)
    return find_map(source, bound, given)


def nodata_of(info: ImageInfo, dtype: np.dtype[Any], given: float | None = None) -> int | None:
    """The value that means no data: the one given, or the one that a GeoTIFF marks, if any.

    Raises:
        OptionError: whole samples of `dtype` can't have the value that was given.
    """
    limits = np.iinfo(dtype)
    found = info.nodata if given is None else given
    if found is None:
        return None
    if limits.min <= found <= limits.max and found == int(found):
        return int(found)
    if given is None:
        return None
    raise OptionError(
        f"nodata is {given!r}; it must be a whole number from {limits.min} to {limits.max}, as "
        f"samples of type {dtype.name} are"
    )


def check_whole(max_error: float, dtype: np.dtype[Any]) -> int:
    """A bound for whole samples; OptionError if it can't be."""
    if max_error == int(max_error) and max_error <= MOST_BOUND:
        return int(max_error)
    raise OptionError(
        f"max_error is {max_error!r}; for samples of type {dtype.name} it must be a whole number "
        f"from 0 to {MOST_BOUND}"
    )


def check_mark(nodata: float | None, dtype: np.dtype[Any]) -> float | None:
    """`nodata` as samples of a float type hold it; OptionError if they can't."""
    if nodata is None:
        return None
    with np.errstate(over="ignore"):
        held = float(np.array(nodata, dtype))
    if not np.isfinite(held):
        raise OptionError(
            f"nodata is {nodata!r}; it must be a finite number that {dtype.name} holds (NaN is "
            "kept without being given)"
        )
    return held


def check_samples(source: Source) -> None:
    """Raise InputError for samples of a type that can't be kept, or too many channels."""
    if source.shape[2] > MOST_CHANNELS:
        raise InputError(
            f"an array of shape {source.shape} is no picture; give (H, W) or (H, W, C) with up to "
            f"{MOST_CHANNELS} channels"
        )
    if source.dtype.name not in TYPES:
        raise InputError(
            f"samples of type {source.dtype.name} can't be compressed without loss; these can: "
            f"{', '.join(TYPES)}; {way_out(source.dtype)}"
        )
