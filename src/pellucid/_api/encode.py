"""A picture, in memory or in parts, into a stream: what `compress` and `compress_file` share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, TypeVar

import numpy as np

from pellucid._api.options import check_options, quality_for
from pellucid.bitstream import DEFAULT_LIMITS, Limits, write_stream
from pellucid.bitstream.extras import needs_range
from pellucid.bitstream.writer import METADATA_CHUNKS
from pellucid.errors import InputError, OptionError
from pellucid.pixels import ImageInfo, open_parts
from pellucid.pixels.lazy import Source, parts_of
from pellucid.pixels.picture import LOSSY_TYPES, picture_of, read_picture, way_out
from pellucid.pixels.read import dicom_error

Progress = Callable[[float], None]  # is told the part that is done, 0 to 1
Item = TypeVar("Item")

DEFAULT_QUALITY = 60
DEFAULT_MODEL = "m"


@dataclass(frozen=True)
class Encoding:
    """The options of `compress`, as they were given; `page` is of a TIFF or a DICOM file."""

    quality: int | None = None
    bpp: float | None = None
    size: int | None = None
    psnr: float | None = None
    lossless: bool = False
    max_error: float | None = None
    nodata: float | None = None
    guide: Any = None
    model: str = DEFAULT_MODEL
    metadata: bool = True
    limits: Limits = DEFAULT_LIMITS
    page: int | None = None


def encode(
    out: BinaryIO, image: Any, options: Encoding, *, progress: Progress | None = None
) -> None:
    """Write the file of `image` to `out`; raises what `compress` does."""
    from pellucid._api.exact import check_max_error, encode_samples

    bound = check_max_error(options.lossless, options.max_error)
    targets = {name: getattr(options, name) for name in ("quality", "bpp", "size", "psnr")}
    check_options(**targets, max_error=bound)
    if bound is not None:
        encode_samples(out, image, bound, options, progress)
        return
    if options.guide is not None:
        raise OptionError("a guide goes with lossless or max_error only; give one of these")
    if options.nodata is not None:
        raise OptionError(f"nodata is {options.nodata!r}; it goes with lossless or max_error only")
    encode_pixels(out, image, options, progress)


def encode_pixels(out: BinaryIO, image: Any, options: Encoding, progress: Progress | None) -> None:
    """The learned codec: grey or RGB of 8 or 16 bits, with alpha or without."""
    from pellucid._api.alpha import alpha_tiles, extras_of
    from pellucid._api.exact import has_alpha
    from pellucid.codec import Picture, compress_tiles, header_of, look_at
    from pellucid.runtime import load_model

    net = load_model(options.model)
    with open_image(image, options.limits, options.page) as (samples, about):
        alpha = has_alpha(samples, about)
        header = header_of(Picture(samples, alpha), net, DEFAULT_QUALITY)
        header.check_limits(options.limits)
        if needs_range(header):
            net.check_deep()  # or the file couldn't be decoded
        picture, kept = look_at(samples, alpha=alpha), kept_of(about, options.metadata)
        if options.metadata:
            check_marks(image, samples, about)
        quality = options.quality
        if any(value is not None for value in (options.bpp, options.size, options.psnr)):
            quality = quality_for(
                picture, net, kept, bpp=options.bpp, size=options.size, psnr=options.psnr
            )
        header = header_of(picture, net, DEFAULT_QUALITY if quality is None else quality)
        tiles = (payload for payload, _ in compress_tiles(picture, net, header.quality))
        layers = chain(tiles, alpha_tiles(picture, header))
        counted = count_off(layers, header.tile_chunks, progress)
        extras = extras_of(picture, header)
        write_stream(out, header, kept, counted, extras=extras, limits=options.limits)


def count_off(items: Iterable[Item], total: int, progress: Progress | None) -> Iterator[Item]:
    """The items; `progress` is told after each what part of `total` has gone."""
    for done, item in enumerate(items, start=1):
        yield item
        if progress is not None:
            progress(done / total)


def kept_of(about: ImageInfo, metadata: bool) -> dict[str, bytes]:
    """What a file keeps beside its samples: metadata if they are wanted, and its pages always."""
    found = metadata_of(about)
    return found if metadata else {name: found[name] for name in ("axes",) if name in found}


def metadata_of(about: ImageInfo) -> dict[str, bytes]:
    """The metadata that a file keeps."""
    found = {name: getattr(about, name) for name in METADATA_CHUNKS}
    return {name: value for name, value in found.items() if value}


@contextmanager
def open_image(
    image: Any, limits: Limits, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo]]:
    """Any accepted image as samples and what belongs to them, while the block lasts."""
    with open_parts(image, max_pixels=limits.max_pixels, page=page) as parts:
        if parts is not None:
            check_pixels(image, *parts)
            yield parts
        elif isinstance(image, str | os.PathLike | bytes):
            samples, about = read_picture(image, max_pixels=limits.max_pixels)
            check_pixels(image, samples, about)
            yield samples, about
        else:
            yield picture_of(image)


def check_pixels(image: Any, samples: Source, about: ImageInfo) -> None:
    """Raise InputError unless samples are those of a picture that can be compressed with loss."""
    from pellucid._api.exact import has_alpha

    name = image if isinstance(image, str | os.PathLike) else "the input"
    exact = "lossless or max_error keep all"
    channels = samples.shape[2]
    if about.dicom is not None:
        raise dicom_error(image)
    if about.axes is not None:
        raise InputError(
            f"{name} has pages, {channels} channels in all: choose one, of a TIFF with "
            f"--page N (page=N), from 0; {exact}"
        )
    if samples.dtype.name not in LOSSY_TYPES:
        raise InputError(
            f"{name} has samples of type {samples.dtype.name}, and with loss only "
            f"{', '.join(LOSSY_TYPES)} can be compressed: {way_out(samples.dtype)}"
        )
    alpha = has_alpha(samples, about)
    if channels - alpha not in (1, 3):
        said = f"{channels} channels, none of them transparency"
        raise InputError(
            f"{name} has {f'{channels} channels' if alpha or channels > 4 else said}, and with "
            f"loss only grey (1) and RGB (3), with alpha or without, can be compressed: {exact}, "
            "or take other channels out first"
        )


def check_marks(image: Any, samples: Source, about: ImageInfo) -> None:
    """InputError if colours of a GeoTIFF have the value that it marks as no data.

    The samples (H, W, C) are looked through up to the first of these.
    """
    from pellucid._api.exact import has_alpha, holes_of

    mark = holes_of(about, samples.dtype, image)
    if mark is None:
        return
    colours = samples.shape[2] - has_alpha(samples, about)
    for part in parts_of(samples.shape):
        if (np.asarray(samples[part])[..., :colours] == mark).any():
            raise InputError(
                f"{image if isinstance(image, str | os.PathLike) else 'the input'} is a GeoTIFF "
                f"whose samples of {mark} mean no data and would come back as others; use "
                "max_error or lossless, or leave out the mark with all metadata (metadata=False, "
                "--no-metadata)"
            )
