"""From memory to memory: `compress`, `decompress`, `salvage`."""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any, BinaryIO

from numpy.typing import NDArray
from PIL import Image

from pellucid._api.decode import Opened
from pellucid._api.files import PelSource
from pellucid._api.layers import encode
from pellucid._api.options import (
    AUTO,
    OFF,
    PICTURE,
    CompressOptions,
    DecompressOptions,
    Region,
)
from pellucid._api.results import DecompressResult
from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.pixels import ImageSource

Picture = NDArray[Any] | Image.Image | str | os.PathLike[str] | bytes | BinaryIO | ImageSource


def compress(
    image: Picture,
    *,
    quality: int | None = None,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    lossless: bool = False,
    max_error: float | None = None,
    nodata: float | None = None,
    guide: Picture | None = None,
    model: str | os.PathLike[str] | None = None,
    tune: str | None = None,
    effort: int = 0,
    metadata: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    page: int | None = None,
    tile: int | None = None,
    denoise: str | float = OFF,
    keep_noise: bool = False,
) -> bytes:
    """Compress a picture to the bytes of a .pel file.

    Args:
        image: array (H, W) or (H, W, C) of uint8, uint16 or int16, C 1 to 4 (of 2 or 4 the last is
            alpha, which comes back as it is), Pillow image, path, encoded bytes or a binary file
            object; or what is sliced like an array (Zarr, Dask), which is read in parts.
        quality: 0 (smallest) to 100 (best of the learned codec), whole; 60 if no target is given.
        bpp, size: best file of at most this many bits per pixel, or bytes.
        psnr: smallest file of this many dB over visible colours, from 255 or a 16-bit range.
        lossless: every sample comes back as it is; any number of channels, float16 and float32 too.
        max_error: every sample comes back at most this far off, in its own unit (whole for whole
            samples); alpha, NaN and infinities as they are; takes what `lossless` takes.
        nodata: with max_error: samples of this value stay, and no other becomes it (0 in depths).
        guide: with lossless or max_error: an aligned picture, kept without loss in the same file.
        model: name of an installed model (`models()`) or a model's folder, which is used; else `m`
            is, or none: a file becomes lossless or error-bounded where that is better.
        tune: `eye` or `psnr`, what a file is best at; with that target `psnr`, else `eye`.
        effort: 0 to 9; from 1 on latents are refined, for up to a minute a megapixel.
        metadata: keep EXIF, ICC profile, XMP and the elements of DICOM; pages stay anyway.
        limits: raise `max_pixels` here for a huge picture; who decodes the file must do so too.
        page: of a TIFF with several, or frame of a DICOM file, from 0.
        tile: samples a side of the parts that are coded, and damaged, each on its own: 64 to 1024.
            Default: 512, or 1024 with loss and without alpha for a picture that fits in one.
        denoise: how much of the noise is left out and costs no bits: `off`, `auto` (all that is no
            faint grain) or 0 to 1. `psnr` and `effort` compare with what the denoiser makes.
        keep_noise: keep the source beside the denoised picture, without loss or within `max_error`;
            quality or target are of the denoised picture alone. Off is then `auto`.

    Raises:
        InputError: the picture can't be read. OptionError: an option is out of range.
        LimitError: the picture is above `limits`. TargetError: no quality meets the target.

    The same picture and options give the same bytes, whatever the threads; with effort, on machines
    that compute floats alike. At most one target may be given.
    """
    options = CompressOptions.of(locals())
    out = BytesIO()
    encode(out, image, options)
    return out.getvalue()


def decompress(
    data: PelSource,
    *,
    region: Region | None = None,
    scale: int = 1,
    which: str = PICTURE,
    grain: float = 0.0,
    limits: Limits = DEFAULT_LIMITS,
    device: str = AUTO,
) -> NDArray[Any]:
    """Decode a .pel file (a path, its bytes or a binary file object) to samples.

    Their shape is (height, width, channels), or (height, width) of one channel, and they have the
    type they had before compression; alpha is the last channel.

    Args:
        region: (x, y, width, height) in samples as stored; only the tiles it needs are decoded.
        scale: 2, 4 or 8 for a picture of 1/2, 1/4 or 1/8 of the sides, rounded up. All of it is
            decoded, and the mean of each square of samples taken, in bounded memory. A region grows
            to whole squares of the picture.
        which: instead of the picture `guide`, of a file that holds one, or `source`, of a file made
            with `keep_noise`.
        grain: 0 to 1; how much of the noise that was taken off before compression to put back, as
            noise like it: the same on every machine, in a region as in the whole. It is added
            before `scale` makes the picture smaller.
        limits: raise `max_pixels` here for a huge file that you trust.
        device: where the synthesis runs, as in `denoise`; all else runs on the processor. OpenVINO
            has nothing to do here.

    Raises:
        FormatError, LimitError: see the tree in `pellucid.errors`; `salvage` saves what is whole.
        OptionError: an option is out of range, or grain is wanted and the file describes no noise.
    """
    options = DecompressOptions(
        region=region, scale=scale, which=which, grain=grain, limits=limits, device=device
    )
    return Opened(data, options).read()


def salvage(
    data: PelSource,
    *,
    region: Region | None = None,
    scale: int = 1,
    which: str = PICTURE,
    grain: float = 0.0,
    limits: Limits = DEFAULT_LIMITS,
    device: str = AUTO,
) -> DecompressResult:
    """Decode what is whole of a .pel file that may be damaged anywhere behind its header.

    Damage costs only the tiles it lies in: each is filled with grey (NaN in floats), lost alpha of
    a learned file becomes opaque, and the result names them. What else is wrong, `verify` tells.
    The arguments are those of `decompress`.

    Raises:
        FormatError: the header is damaged, or the file can't be decoded here. LimitError.
    """
    options = DecompressOptions(
        region=region, scale=scale, which=which, grain=grain, limits=limits, device=device
    )
    opened = Opened(data, options, tolerant=True)
    return opened.result(opened.read())


def models() -> dict[str, str]:
    """Installed codec models: name -> id (hex); `m-eye` is `m` tuned for the eye."""
    from pellucid.runtime import installed_models

    return installed_models()
