"""Lossless and error-bounded files: what may go in, and what comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, Limits, PelFile, write_stream
from pellucid.errors import DamagedFileError, InputError, OptionError
from pellucid.pixels import ImageInfo, open_parts
from pellucid.pixels.geo import nodata_of
from pellucid.pixels.lazy import Sink, Source

if TYPE_CHECKING:
    from pellucid._api.encode import Encoding, Progress
    from pellucid.codec.geometry import Box

TYPES = ("uint8", "uint16", "int16")
WITH_ALPHA = (2, 4)  # channels of which the last is alpha
MOST_CHANNELS = 4096


def encode_samples(
    out: BinaryIO, image: Any, bound: int, options: Encoding, progress: Progress | None
) -> None:
    """Write a file to `out` from which every sample comes back within `bound`."""
    from pellucid._api.encode import count_off, metadata_of
    from pellucid.exact.picture import exact_tiles, header_of

    with open_any(image, options.limits, options.page) as (samples, about):
        alpha = samples.shape[2] in WITH_ALPHA if about.alpha is None else about.alpha
        header = header_of(samples, alpha=alpha, max_error=bound)
        header.check_limits(options.limits)
        check_nodata(options.nodata, samples.dtype)
        nodata = options.nodata if options.nodata is not None else holes_of(about, samples.dtype)
        tiles = exact_tiles(samples, header, max_error=bound, nodata=nodata)
        kept = metadata_of(about) if options.metadata else {}
        counted = count_off(tiles, header.tile_count, progress)
        write_stream(out, header, kept, counted, limits=options.limits)


def holes_of(about: ImageInfo, dtype: np.dtype[Any]) -> int | None:
    """The value that a GeoTIFF marks as no data, if samples of a type can have it."""
    found = nodata_of(about.exif)
    limits = np.iinfo(dtype)
    if found is None or not found.is_integer() or not limits.min <= found <= limits.max:
        return None
    return int(found)


def decompress_samples(
    file: PelFile, box: Box | None, damaged: list[int] | None, out: Sink | None = None
) -> NDArray[Any]:
    """Samples (H, W, C) of a file with an exact layer; damaged tiles are noted and filled."""
    from pellucid.exact import decompress_exact

    return decompress_exact(
        file.header, tile_of(file), region=region_of(box), damaged=damaged, out=out
    )


def region_of(box: Box | None) -> tuple[int, int, int, int] | None:
    """A box as the exact layers take it."""
    return None if box is None else (box.x, box.y, box.width, box.height)


def file_bound(file: PelFile) -> int:
    """The largest error of a colour sample; all tiles have the same."""
    from pellucid.exact.tile import BOUND, MOST_BOUND

    if file.header.layers == EXACT[0]:
        return 0
    for number in range(file.header.tile_count):
        with suppress(DamagedFileError):
            payload = tile_of(file)(number)
            bound = BOUND.unpack_from(payload)[0] if len(payload) >= BOUND.size else 0
            if 1 <= bound <= MOST_BOUND:
                return int(bound)
    raise DamagedFileError("no tile is whole that would tell the file's bound; get the file again")


def tile_of(file: PelFile) -> Any:
    """Tile number -> payload of the file's one layer."""
    (layer,) = file.header.layer_numbers
    return lambda number: file.tile(number, layer=layer)


def check_max_error(lossless: bool, max_error: int | None) -> int | None:
    """The bound that is asked for: 0 for lossless, None for neither; OptionError if none can be."""
    from pellucid.exact.tile import MOST_BOUND

    if max_error is None:
        return 0 if lossless else None
    if not isinstance(max_error, Integral) or not 0 <= max_error <= MOST_BOUND:
        raise OptionError(
            f"max_error is {max_error!r}; it must be a whole number from 0 to {MOST_BOUND}, in the "
            "samples' unit"
        )
    if lossless and max_error:
        raise OptionError(f"lossless means a max_error of 0, and {max_error} was given; choose one")
    return int(max_error)


def check_nodata(nodata: int | None, dtype: np.dtype[Any]) -> None:
    """Raise OptionError if `nodata` is no value that samples of a type can have."""
    limits = np.iinfo(dtype)
    if nodata is None or (isinstance(nodata, Integral) and limits.min <= nodata <= limits.max):
        return
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
    if isinstance(image, np.ma.MaskedArray):
        raise InputError(
            "a masked array can't be compressed; give its data with a value for what is masked: "
            "image.filled(0)"
        )
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
    hint = "scale them to whole numbers of 16 bits and keep the scale elsewhere"
    if samples.dtype.name in ("bool", "int8"):
        hint = "give image.astype('int16')"
    raise InputError(
        f"samples of type {samples.dtype.name} can't be compressed without loss; these can: "
        f"{', '.join(TYPES)}; {hint}"
    )
