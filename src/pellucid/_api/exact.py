"""The exact layer: samples that come back as they are, or within a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

import numpy as np

from pellucid._api.codings import ExactTiles
from pellucid._api.layer import Encoded, Layer, Layout, held, require_held, way_out
from pellucid._api.options import GUIDE, PICTURE, CompressOptions
from pellucid.bitstream import FLOAT_MAP
from pellucid.errors import InputError, OptionError
from pellucid.exact import (
    MOST_BOUND,
    Pair,
    decode_into,
    file_bound,
    file_pair,
    find_map,
    header_of,
    joined,
    tile_reader,
)
from pellucid.pixels import Box, ImageSource
from pellucid.pixels.axes import pages_in
from pellucid.pixels.lazy import Sink, Source

TYPES = ("uint8", "uint16", "int16", "float16", "float32")
MOST_CHANNELS = 4096


def encode_exact(
    source: ImageSource, options: CompressOptions, bound: float, guide: ImageSource | None
) -> Encoded:
    """Tiles of a picture within a bound, and of a guide as it is; raises what `compress` does."""
    for one in (source,) if guide is None else (source, guide):
        check_samples(one)
    samples, pair = (source, None) if guide is None else joined(guide, source)
    tile = options.tile
    header_of(samples, alpha=False, max_error=0, tile=tile).check_limits(options.limits)
    info, floats, nodata = source.info, None, None
    if source.dtype.kind == "f":
        floats, reach = find_map(source, bound, mark_of(source, options.nodata))
    else:
        reach = whole_bound(bound, source.dtype)
        nodata = mark_of(source, options.nodata)
    header = header_of(
        samples,
        alpha=info.has_alpha and floats is None,
        max_error=reach,
        pair=pair,
        pages=info.pages,
        tile=tile,
    )
    coding = ExactTiles(reach, None if nodata is None else int(nodata), floats, pair)
    extras = {} if floats is None else {FLOAT_MAP: floats.pack()}
    codings = (coding,) if guide is None else ()
    return Encoded(header, extras, coding.tiles(samples, header), codings=codings)


class ExactLayer(Layer):
    """Lossless and error-bounded files; see `Layer`."""

    @property
    def max_error(self) -> float:
        return file_bound(self._file)

    @property
    def guide(self) -> tuple[int, np.dtype[Any]] | None:
        return None if self._pair is None else (self._pair.planes, self._pair.guide)

    def layout(self, which: str, box: Box | None = None) -> Layout:
        header, pair = self._header, self._pair
        require_held(which, guide=pair is not None)
        size = (header.height, header.width) if box is None else (box.height, box.width)
        planes, dtype = header.channels + header.alpha, header.dtype
        if pair is not None:
            part, dtype = pair.part(which)
            planes = len(range(planes)[part])
        if which == GUIDE:
            return Layout((*size, planes), dtype, alpha=False, pages=1)
        pages = pages_in(self._file.metadata.get("axes"), planes)
        return Layout((*size, planes), dtype, bool(header.alpha), pages)

    def decode_into(self, sink: Sink, box: Box, which: str) -> None:
        layout = self.layout(which)
        decode_into(
            sink,
            self._header,
            self._reader(),
            box,
            planes=slice(None) if self._pair is None else self._pair.part(which)[0],
            dtype=layout.dtype,
            alpha=layout.alpha,
            damaged=self._damaged,
        )

    def readers(self) -> Iterator[Callable[[], Any]]:
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


def whole_bound(bound: float, dtype: np.dtype[Any]) -> int:
    """A bound on whole samples of a type; OptionError if it can't be."""
    if bound != int(bound) or bound > MOST_BOUND:
        raise OptionError(
            f"max_error is {bound!r}; for samples of type {dtype.name} it must be a whole number "
            f"from 0 to {MOST_BOUND}"
        )
    return int(bound)


def mark_of(source: ImageSource, given: float | None) -> float | int | None:
    """The value that means no data: the one given, or that of a GeoTIFF if its type can hold it.

    Raises:
        OptionError: samples can't have the value that was given.
    """
    dtype = source.dtype
    found = held(source.info.nodata if given is None else given, dtype)
    if given is None or found is not None:
        return found
    must = f"a finite number that {dtype.name} holds (NaN is kept without being given)"
    if dtype.kind != "f":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        must = f"a whole number from {low} to {high}, as samples of type {dtype.name} are"
    raise OptionError(f"nodata is {given!r}; it must be {must}")


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
