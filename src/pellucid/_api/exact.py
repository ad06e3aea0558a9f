"""Lossless and error-bounded files: what may go in, and what comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, Header, Limits, PelFile, write_stream
from pellucid.errors import DamagedFileError, InputError, OptionError
from pellucid.pixels import ImageInfo, open_parts
from pellucid.pixels.axes import pages_in
from pellucid.pixels.geo import nodata_in, nodata_of
from pellucid.pixels.lazy import Sink, Source
from pellucid.pixels.picture import refuse_masked, way_out
from pellucid.pixels.sink import WITH_ALPHA

if TYPE_CHECKING:
    from pellucid._api.encode import Encoding, Progress
    from pellucid.codec.geometry import Box
    from pellucid.exact import FloatMap

TYPES = ("uint8", "uint16", "int16", "float16", "float32")
MOST_CHANNELS = 4096


def encode_samples(
    out: BinaryIO, image: Any, bound: float, options: Encoding, progress: Progress | None
) -> None:
    """Write a file to `out` that gives every sample within `bound`, and a guide as it is."""
    from pellucid._api.encode import count_off, kept_of
    from pellucid.exact.pair import joined
    from pellucid.exact.picture import exact_tiles, header_of

    with ExitStack() as opened:
        samples, about = opened.enter_context(open_any(image, options.limits, options.page))
        both, pair = samples, None
        if options.guide is not None:
            guide, _ = opened.enter_context(open_any(options.guide, options.limits))
            both, pair = joined(guide, samples)
        header_of(both, alpha=False, max_error=0).check_limits(options.limits)
        floats, reach, nodata = None, 0, None
        if samples.dtype.kind == "f":
            floats, reach = map_for(samples, about, bound, options.nodata)
        else:
            reach = check_whole(bound, samples.dtype)
            nodata = check_nodata(options.nodata, samples.dtype)
            nodata = holes_of(about, samples.dtype, image) if nodata is None else nodata
        alpha = has_alpha(samples, about)
        pages = pages_in(about.axes, samples.shape[2])
        header = header_of(both, alpha=alpha, max_error=reach, pair=pair, pages=pages)
        tiles = exact_tiles(both, header, max_error=reach, nodata=nodata, floats=floats, pair=pair)
        kept = kept_of(about, options.metadata)
        counted = count_off(tiles, header.tile_count, progress)
        packed = None if floats is None else floats.pack()
        write_stream(out, header, kept, counted, float_map=packed, limits=options.limits)


def has_alpha(samples: Source, about: ImageInfo) -> bool:
    """Whether the last channel is transparency; of floats and DICOM it never is."""
    if samples.dtype.kind == "f" or about.dicom is not None:
        return False
    return samples.shape[2] in WITH_ALPHA if about.alpha is None else about.alpha


def map_for(
    samples: Source, about: ImageInfo, bound: float, nodata: float | None
) -> tuple[FloatMap, int]:
    """The map of floats, and how far their codes may be off; a GeoTIFF may say what is no data."""
    from pellucid.exact import find_map

    told = check_mark(nodata, samples.dtype)
    if told is None:
        with suppress(OptionError):  # what the type can't hold isn't there
            told = check_mark(nodata_of(about.exif), samples.dtype)
    return find_map(samples, bound, told)


def holes_of(about: ImageInfo, dtype: np.dtype[Any], image: Any) -> int | None:
    """The value that a GeoTIFF marks as no data, if samples of a type can have it.

    An opened Pillow image has the mark, and `about` not.
    """
    told = nodata_of(about.exif)
    found = nodata_in(image) if told is None else told
    limits = np.iinfo(dtype)
    if found is None or not found.is_integer() or not limits.min <= found <= limits.max:
        return None
    return int(found)


def decompress_samples(
    file: PelFile,
    box: Box | None,
    damaged: list[int] | None,
    out: Sink | None = None,
    *,
    which: str = "picture",
) -> NDArray[Any]:
    """Samples (H, W, C) of a file with an exact layer; damaged tiles are noted and filled."""
    from pellucid._api.pairs import file_pair
    from pellucid.exact import decompress_exact, map_of

    try:
        floats, payload = map_of(file), tile_of(file)
    except DamagedFileError as error:
        if damaged is None:
            raise
        floats, payload = None, lost(file.header, str(error))
    return decompress_exact(
        file.header,
        payload,
        region=region_of(box),
        damaged=damaged,
        out=out,
        floats=floats,
        pair=file_pair(file),
        which=which,
    )


def lost(header: Header, reason: str) -> Any:
    """In place of `tile_of` for a file of which no tile can be used."""

    def payload(number: int) -> bytes:
        raise DamagedFileError(f"{header.tile_name(number)} can't be used: {reason}")

    return payload


def region_of(box: Box | None) -> tuple[int, int, int, int] | None:
    """A box as the exact layers take it."""
    return None if box is None else (box.x, box.y, box.width, box.height)


def file_bound(file: PelFile) -> float:
    """The largest error of a colour sample; all tiles have the same."""
    from pellucid.exact import map_of
    from pellucid.exact.pair import PAIR, START
    from pellucid.exact.tile import BOUND, MOST_BOUND

    floats = map_of(file)
    if floats is not None:
        return floats.bound
    if file.header.layers == EXACT[0]:
        return 0
    for number in range(file.header.tile_count):
        with suppress(DamagedFileError):
            payload = tile_of(file)(number)
            payload = payload[START.size if file.header.features & PAIR else 0 :]
            bound = BOUND.unpack_from(payload)[0] if len(payload) >= BOUND.size else 0
            if 1 <= bound <= MOST_BOUND:
                return int(bound)
    raise DamagedFileError("no tile is whole that would tell the file's bound; get the file again")


def tile_of(file: PelFile) -> Any:
    """Tile number -> payload of the file's one layer."""
    (layer,) = file.header.layer_numbers
    return lambda number: file.tile(number, layer=layer)


def check_max_error(lossless: bool, max_error: float | None) -> float | None:
    """The bound that is asked for: 0 for lossless, None for neither; OptionError if none can be."""
    if max_error is None:
        return 0 if lossless else None
    if not isinstance(max_error, Real) or not 0 <= max_error < float("inf"):
        raise OptionError(
            f"max_error is {max_error!r}; it must be a number from 0, in the samples' unit"
        )
    if lossless and max_error:
        raise OptionError(f"lossless means a max_error of 0, and {max_error} was given; choose one")
    return int(max_error) if max_error == int(max_error) else float(max_error)


def check_whole(max_error: float, dtype: np.dtype[Any]) -> int:
    """A bound for whole samples; OptionError if it can't be."""
    from pellucid.exact.tile import MOST_BOUND

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
        held = float(np.array(nodata, dtype)) if is_number(nodata) else np.nan
    if not np.isfinite(held):
        raise OptionError(
            f"nodata is {nodata!r}; it must be a finite number that {dtype.name} holds (NaN is "
            "kept without being told)"
        )
    return held


def is_number(value: object) -> bool:
    """Whether `value` is a real number."""
    return isinstance(value, Real)


def check_nodata(nodata: float | None, dtype: np.dtype[Any]) -> int | None:
    """`nodata` if it is a value that whole samples of a type can have; else OptionError."""
    limits = np.iinfo(dtype)
    if nodata is None:
        return None
    if is_number(nodata) and limits.min <= nodata <= limits.max and nodata == int(nodata):
        return int(nodata)
    raise OptionError(
        f"nodata is {nodata!r}; it must be a whole number from {limits.min} to {limits.max}, as "
        f"samples of type {dtype.name} are"
    )


@contextmanager
def open_any(
    image: Any, limits: Limits, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo]]:
    """Path, bytes, array or Pillow image -> samples (H, W, C) of one of TYPES, maybe in parts."""
    with open_parts(image, max_pixels=limits.max_pixels, page=page) as parts:
        if parts is None:
            yield whole_samples(image, limits)
            return
        samples, about = parts
        check_channels(samples.shape)
        check_type(np.empty(0, samples.dtype))
        yield samples, about


def whole_samples(image: Any, limits: Limits) -> tuple[NDArray[Any], ImageInfo]:
    """The same of what is in memory, or is read as a whole."""
    from pellucid.pixels.metadata import with_metadata
    from pellucid.pixels.samples import read_samples, samples_of

    if isinstance(image, str | os.PathLike | bytes):
        samples, about = read_samples(image, max_pixels=limits.max_pixels)
        return check_type(samples), about
    refuse_masked(image)
    samples = np.asarray(image) if isinstance(image, np.ndarray) else samples_of(image)
    if samples.ndim == 2:
        samples = samples[..., None]
    check_channels(samples.shape)
    height, width, channels = samples.shape
    about = ImageInfo(width, height, channels, 8 * samples.itemsize)
    if not isinstance(image, np.ndarray):
        about = with_metadata(replace(about, source_format=image.format), image)
    return check_type(samples), about


def check_channels(shape: tuple[int, ...]) -> None:
    """Raise InputError for what is no picture, or has too many channels."""
    if len(shape) != 3 or 0 in shape or shape[2] > MOST_CHANNELS:
        raise InputError(
            f"an array of shape {shape} is no picture; give (H, W) or (H, W, C) with up to "
            f"{MOST_CHANNELS} channels"
        )


def check_type(samples: NDArray[Any]) -> NDArray[Any]:
    """`samples` in this machine's byte order, if their type can be kept."""
    if samples.dtype.name in TYPES:
        return samples.astype(samples.dtype.newbyteorder("="), copy=False)
    raise InputError(
        f"samples of type {samples.dtype.name} can't be compressed without loss; these can: "
        f"{', '.join(TYPES)}; {way_out(samples.dtype)}"
    )
