"""A file that a browser sent -> a picture in memory -> what the settings make of it, and figures.

A result is decoded from the bytes of the `.pel` file itself, so what is seen is what anybody gets.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid._api.decode import Opened
from pellucid._api.layers import encode
from pellucid._api.learned import check_source
from pellucid._api.results import describe_channels
from pellucid.bitstream import SIGNATURE, Limits
from pellucid.codec import Difference, look_at
from pellucid.denoising import NoiseEstimate
from pellucid.denoising.flow import denoise_into
from pellucid.errors import OptionError, PellucidError
from pellucid.explaining.page.shown import known_ends, upright_size
from pellucid.pixels import Box, ImageInfo, ImageSource, open_image
from pellucid.pixels.lazy import parts_of
from pellucid.pixels.metadata import with_resolution
from pellucid.pixels.sink import suffixes_for
from pellucid.serve.page.settings import Settings, compress_options, denoise_options
from pellucid.serve.page.stored import About, Made

__all__ = ["described", "encoded", "make", "preview", "psnr_of", "read"]

MARGIN = 64  # samples around a part that is shown before the whole
GRID = 64  # samples a side that share latents, so that those of a part lie as in the whole


def read(data: bytes, limits: Limits) -> tuple[NDArray[Any], About]:
    """Any picture's file, or a .pel file, decoded; raises what reading it does."""
    if data.startswith(SIGNATURE[:4]):
        opened = Opened(data, pellucid.DecompressOptions(limits=limits))
        (height, width, channels), dtype, alpha, _ = opened.layout
        size = width, height, channels, 8 * dtype.itemsize
        info = with_resolution(ImageInfo(*size, alpha=alpha, **opened.metadata))  # type: ignore[arg-type]
        samples, is_pel = opened.samples(), True
    else:
        with open_image(data, max_pixels=limits.max_pixels) as source:
            samples, info, is_pel = source.read(), source.info, False
    return samples, About(info, known_ends(samples, info), len(data), is_pel)


def described(about: About, samples: NDArray[Any], limits: Limits) -> dict[str, Any]:
    """What the page says of a picture before anything is made of it, and what can be: a file with
    loss, and which formats besides.
    """
    info, dtype = about.info, samples.dtype
    width, height = upright_size(info)
    channels = info.channels - info.has_alpha
    return {
        "width": width,
        "height": height,
        "kind": describe_channels(channels, alpha=info.has_alpha, pages=info.pages),
        "dtype": dtype.name,
        "bytes": about.file_bytes,
        "ends": about.ends,
        "pel": about.is_pel,
        "lossy": can_be_lossy(ImageSource(samples, info), limits),
        "files": [suffix[1:] for suffix in suffixes_for(dtype, info)],
    }


def can_be_lossy(source: ImageSource, limits: Limits) -> bool:
    """Whether the learned layer takes such a picture."""
    try:
        check_source(source, pellucid.CompressOptions(limits=limits), "it")
    except PellucidError:
        return False
    return True


def make(source: ImageSource, pel: bytes | None, chosen: Settings, limits: Limits) -> Made:
    """What the settings make of a picture; raises what the library does."""
    begun = time.perf_counter()
    made, samples, noise = made_of(source, pel, chosen, limits)
    figures = {} if made is None else figures_of(made)
    if chosen.task != "open":
        figures["psnr"] = psnr_of(source, samples)
        figures["sigma"] = None if noise is None else noise.sigma
        figures["seconds"] = time.perf_counter() - begun
    return Made(samples, made, figures)


def preview(source: ImageSource, chosen: Settings, box: Box, limits: Limits) -> NDArray[Any]:
    """Samples of a part, as the settings make it with a little around it: nearly as in the whole.

    Where the whole must take a number of bytes, the part gets its share of them.
    """
    bounds = Box.whole(source.shape)
    around = box.grown(MARGIN, bounds).aligned(GRID).overlap(bounds)
    part = source[around.slices]
    if chosen.task == "open":
        return part[box.within(around)]
    if chosen.aim == "size":
        share = max(1, chosen.size * around.size // bounds.size)
        chosen = chosen.model_copy(update={"size": share})
    info = replace(source.info, width=around.width, height=around.height)
    info = replace(info, exif=None, icc=None, xmp=None)
    _, samples, _ = made_of(ImageSource(part, info), None, chosen, limits)
    return samples[box.within(around)]


def made_of(
    source: ImageSource, pel: bytes | None, chosen: Settings, limits: Limits
) -> tuple[bytes | None, NDArray[Any], NoiseEstimate | None]:
    """The file, its samples, and the noise that was taken off, as far as there are such."""
    if chosen.task == "open":
        if pel is None:
            raise OptionError("task is 'open'; that is for .pel files, so compress or denoise it")
        return pel, source.read(), None
    if chosen.task == "denoise":
        samples = np.empty(source.shape, source.dtype)
        done = denoise_into(source, samples, denoise_options(chosen, limits))
        return None, samples, done.noise
    pel, noise = encoded(source, compress_options(chosen, limits))
    return pel, with_channels(decoded(pel, limits), source.shape[2]), noise


def encoded(
    source: ImageSource, options: pellucid.CompressOptions
) -> tuple[bytes, NoiseEstimate | None]:
    """A .pel file of a picture, and the noise that was left out."""
    out = BytesIO()
    noise = encode(out, source, options)
    return out.getvalue(), noise


def decoded(pel: bytes, limits: Limits) -> NDArray[Any]:
    """All samples (H, W, C) of a file."""
    return Opened(pel, pellucid.DecompressOptions(limits=limits)).samples()


def with_channels(samples: NDArray[Any], channels: int) -> NDArray[Any]:
    """With the alpha that a picture had and its file leaves out, as it is full everywhere."""
    if samples.shape[2] == channels:
        return samples
    full = np.full((*samples.shape[:2], 1), np.iinfo(samples.dtype).max, samples.dtype)
    return np.concatenate([samples, full], axis=2)


def figures_of(pel: bytes) -> dict[str, Any]:
    """Numbers of a file, for the page."""
    told = pellucid.info(pel)
    learned = told.max_error is None
    return {
        "bytes": told.file_bytes,
        "bpp": told.bits_per_pixel,
        "max_error": told.max_error,
        "quality": told.quality if learned else None,
        "model": told.model_name if learned else None,
    }


def psnr_of(source: ImageSource, samples: NDArray[Any]) -> float | str | None:
    """In dB over visible colours: `same` where nothing differs, and None for samples of kinds that
    have no peak.
    """
    colours = source.info.colours
    if colours == 0 or source.dtype.kind == "f":
        return None
    difference = Difference(look_at(source, alpha=source.info.has_alpha))
    for part in parts_of(source.shape):
        difference[part] = samples[part][..., :colours]
    return "same" if difference.psnr == math.inf else difference.psnr
