"""Lossless and error-bounded files: what may go in, and what comes out."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, FLOAT, Limits, PelFile, write_file
from pellucid.errors import DamagedFileError, InputError, OptionError
from pellucid.pixels import ImageInfo

if TYPE_CHECKING:
    from pathlib import Path

    from pellucid.codec.geometry import Box
    from pellucid.exact import FloatMap

TYPES = ("uint8", "uint16", "int16", "float16", "float32")
WITH_ALPHA = (2, 4)  # channels of which the last is alpha
MOST_CHANNELS = 4096


def compress_samples(
    image: Any, *, max_error: float, nodata: float | None, metadata: bool, limits: Limits
) -> bytes:
    """The bytes of a file from which every sample comes back within `max_error`."""
    from pellucid._api.codec import metadata_of
    from pellucid.exact import compress_exact, find_map
    from pellucid.exact.picture import header_of

    samples, about = open_any(image, limits)
    kept = metadata_of(about) if metadata else {}
    alpha = samples.shape[2] in WITH_ALPHA and samples.dtype.kind != "f" and about.dicom is None
    header_of(samples, alpha=alpha, max_error=0).check_limits(limits)
    if samples.dtype.kind == "f":
        floats, reach = find_map(samples, max_error, check_mark(nodata, samples.dtype))
        header, tiles = compress_exact(samples, alpha=False, max_error=reach, floats=floats)
        return write_file(header, kept, tiles, float_map=floats.pack(), limits=limits)
    told = check_nodata(nodata, samples.dtype)
    bound = check_whole(max_error, samples.dtype)
    header, tiles = compress_exact(samples, alpha=alpha, max_error=bound, nodata=told)
    return write_file(header, kept, tiles, limits=limits)


def decompress_samples(
    file: PelFile, box: Box | None, damaged: list[int] | None, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Samples (H, W, C) of a file with an exact layer; damaged tiles are noted and filled."""
    from pellucid.exact import decompress_exact

    try:
        floats, payload = map_of(file), tile_of(file)
    except DamagedFileError as error:
        if damaged is None:
            raise
        floats, payload = None, lost(str(error))
    return decompress_exact(
        file.header, payload, region=region_of(box), damaged=damaged, out=out, floats=floats
    )


def lost(reason: str) -> Any:
    """In place of `tile_of` for a file of which no tile can be used."""

    def payload(number: int) -> bytes:
        raise DamagedFileError(f"tile {number} can't be used: {reason}")

    return payload


def decompress_to_npy(
    file: PelFile, box: Box | None, damaged: list[int] | None, path: Path, *, force: bool
) -> tuple[int, ...]:
    """The same, tile by tile into an .npy file; returns the shape."""
    from pellucid.exact.picture import layout_of
    from pellucid.pixels import npy_output

    shape, dtype = layout_of(file.header, region_of(box))
    with npy_output(path, shape, dtype, force=force) as out:
        decompress_samples(file, box, damaged, out)
    return shape


def region_of(box: Box | None) -> tuple[int, int, int, int] | None:
    """A box as the exact layers take it."""
    return None if box is None else (box.x, box.y, box.width, box.height)


def map_of(file: PelFile) -> FloatMap | None:
    """How whole numbers stand for the file's floats; None if it has none.

    Raises DamagedFileError if there should be a map and isn't.
    """
    from pellucid.exact import FloatMap

    header, payload = file.header, file.float_map
    if header.sample_type != FLOAT:
        return None
    if payload is None:
        raise DamagedFileError("chunk FMAP, the map of the floats, is missing; get the file again")
    found = FloatMap.parse(payload, bits=header.bit_depth, channels=header.channels)
    if found.offsets is None and header.layers != EXACT[0]:
        raise DamagedFileError("chunk FMAP says ordered bits, which are in layer 1 alone")
    return found


def file_bound(file: PelFile) -> float:
    """The largest error of a colour sample; all tiles have the same."""
    from pellucid.exact.tile import BOUND, MOST_BOUND

    floats = map_of(file)
    if floats is not None:
        return floats.bound
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


def open_any(image: Any, limits: Limits) -> tuple[NDArray[Any], ImageInfo]:
    """Path, bytes, array or Pillow image -> samples (H, W, C) of one of TYPES."""
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
    if samples.ndim != 3 or 0 in samples.shape or samples.shape[2] > MOST_CHANNELS:
        raise InputError(
            f"an array of shape {samples.shape} is no picture; give (H, W) or (H, W, C) with up to "
            f"{MOST_CHANNELS} channels"
        )
    height, width, channels = samples.shape
    about = ImageInfo(width, height, channels, 8 * samples.itemsize)
    if not isinstance(image, np.ndarray):
        about = with_metadata(replace(about, source_format=image.format), image)
    return check_type(samples), about


def check_type(samples: NDArray[Any]) -> NDArray[Any]:
    """`samples` in this machine's byte order, if their type can be kept."""
    if samples.dtype.name in TYPES:
        return samples.astype(samples.dtype.newbyteorder("="), copy=False)
    hint = "scale them to whole numbers of 16 bits and keep the scale elsewhere"
    if samples.dtype.name in ("float64", "longdouble", "float128"):
        hint = "give image.astype('float32'), which has 7 digits, with lossless or max_error"
    if samples.dtype.name in ("bool", "int8"):
        hint = "give image.astype('int16')"
    raise InputError(
        f"samples of type {samples.dtype.name} can't be compressed without loss; these can: "
        f"{', '.join(TYPES)}; {hint}"
    )
