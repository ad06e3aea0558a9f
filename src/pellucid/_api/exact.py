"""Lossless and error-bounded files: what may go in, and what comes out."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, Limits, PelFile, write_file
from pellucid.errors import DamagedFileError, InputError, OptionError
from pellucid.pixels import ImageInfo

if TYPE_CHECKING:
    from pathlib import Path

    from pellucid.codec.geometry import Box
    from pellucid.exact.pair import Pair

TYPES = ("uint8", "uint16", "int16")
WITH_ALPHA = (2, 4)  # channels of which the last is alpha
MOST_CHANNELS = 4096


def compress_samples(
    image: Any,
    guide: Any = None,
    *,
    max_error: int,
    nodata: int | None,
    metadata: bool,
    limits: Limits,
) -> bytes:
    """The bytes of a file that gives every sample within `max_error`, and a guide as it is."""
    from pellucid._api.codec import metadata_of
    from pellucid.exact import compress_exact
    from pellucid.exact.pair import joined
    from pellucid.exact.picture import header_of

    samples, about = open_any(image, limits)
    alpha = samples.shape[2] in WITH_ALPHA
    check_nodata(nodata, samples.dtype)
    pair = None
    if guide is not None:
        samples, pair = joined(open_any(guide, limits)[0], samples)
    header_of(samples, alpha=alpha, max_error=max_error, pair=pair).check_limits(limits)
    header, tiles = compress_exact(
        samples, alpha=alpha, max_error=max_error, nodata=nodata, pair=pair
    )
    return write_file(header, metadata_of(about) if metadata else {}, tiles, limits=limits)


def decompress_samples(
    file: PelFile,
    box: Box | None,
    damaged: list[int] | None,
    out: NDArray[Any] | None = None,
    *,
    which: str = "picture",
) -> NDArray[Any]:
    """Samples (H, W, C) of a file with an exact layer; damaged tiles are noted and filled."""
    from pellucid.exact import decompress_exact

    return decompress_exact(
        file.header,
        tile_of(file),
        region=region_of(box),
        damaged=damaged,
        out=out,
        pair=file_pair(file),
        which=which,
    )


def decompress_to_npy(
    file: PelFile,
    box: Box | None,
    damaged: list[int] | None,
    path: Path,
    *,
    force: bool,
    which: str = "picture",
) -> tuple[int, ...]:
    """The same, tile by tile into an .npy file; returns the shape."""
    from pellucid.exact.picture import layout_of
    from pellucid.pixels import npy_output

    shape, dtype = layout_of(file.header, region_of(box), file_pair(file), which)
    with npy_output(path, shape, dtype, force=force) as out:
        decompress_samples(file, box, damaged, out, which=which)
    return shape


def file_pair(file: PelFile) -> Pair | None:
    """How the two pictures of a pair lie in it, None for a single one; all tiles say the same."""
    from pellucid.exact.pair import PAIR, take_pair
    from pellucid.exact.picture import kind_of

    header = file.header
    if not header.features & PAIR:
        return None
    for number in range(header.tile_count):
        with suppress(DamagedFileError):
            kind = kind_of(header, number)
            return take_pair(tile_of(file)(number), kind.planes - kind.alpha, kind.dtype)[0]
    raise DamagedFileError("no tile is whole that would tell the pair's types; get the file again")


def check_which(which: str, file: PelFile) -> None:
    """Raise OptionError if a file holds no such picture."""
    from pellucid.exact.pair import GUIDE, PAIR, PICTURE

    if which not in (GUIDE, PICTURE):
        raise OptionError(f"which is {which!r}; it must be {PICTURE} or {GUIDE}")
    if which == GUIDE and not file.header.features & PAIR:
        raise OptionError("the file holds one picture and no guide; leave which out")


def region_of(box: Box | None) -> tuple[int, int, int, int] | None:
    """A box as the exact layers take it."""
    return None if box is None else (box.x, box.y, box.width, box.height)


def file_bound(file: PelFile) -> int:
    """The largest error of a colour sample; all tiles have the same."""
    from pellucid.exact.pair import PAIR, START
    from pellucid.exact.tile import BOUND, MOST_BOUND

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
    if samples.dtype.name in ("bool", "int8"):
        hint = "give image.astype('int16')"
    raise InputError(
        f"samples of type {samples.dtype.name} can't be compressed without loss; these can: "
        f"{', '.join(TYPES)}; {hint}"
    )
