"""Denoising of arrays and files, on `denoising/flow.py`: shape, type and metadata stay."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid._api.codec import Picture
from pellucid._api.files import left_out, metadata_of, refuse_same_file
from pellucid._api.meter import Progress, Watched
from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.denoising import DEFAULT_DENOISER, DenoiseOptions, DenoiseResult, NoiseEstimate
from pellucid.denoising.options import Sigma
from pellucid.errors import PellucidWarning
from pellucid.pixels import open_image, open_sink
from pellucid.pixels.dicom import Change


def denoise(
    image: Picture,
    *,
    sigma: Sigma = "auto",
    strength: float = 1.0,
    mask: ArrayLike | str | os.PathLike[str] | None = None,
    guide: Picture | None = None,
    nodata: float | None = None,
    model: str = DEFAULT_DENOISER,
    page: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    device: str = "auto",
) -> NDArray[Any]:
    """Take the noise off a picture; shape and type of its samples stay.

    Args:
        image: array (H, W) or (H, W, C) of uint8, uint16, int16, float16, float32 or float64, C 1
            (grey), 2 (grey, alpha), 3 (RGB), 4 (RGBA), or more (bands, none of them alpha); or a
            Pillow image, a path, encoded bytes or a binary file object, which come back as
            (H, W, C), or (H, W) of one channel. Alpha is kept. Frames of a DICOM file are denoised
            one by one, and their padding is kept.
        sigma: standard deviation of the noise in the samples' own unit (25 for uint8, 25 / 255
            for floats of 0-1), one number or (H, W); `auto` measures it, in each frame and in each
            of more than 4 channels by itself; or what `noise_level` gave.
        strength: 0 (nothing is changed) to 1; scales sigma.
        mask: (H, W) of 0-1 floats, booleans, or uint8 of 0-255: scales sigma by place. Or the path
            of a grey picture.
        guide: another picture of the same scene, size and place, with less noise, such as a
            visible one for infrared: any type that `image` may have. One that doesn't fit does
            next to no harm.
        nodata: pixels of this value stay as they are, and no other becomes it, such as 0 in depth
            maps.
        model: name of an installed denoiser (`denoisers()`), or a model's folder.
        page: of a TIFF with several, or frame of a DICOM file, from 0.
        device: where the network runs: `cpu`, `openvino`, `cuda`, or `auto`, what `PELLUCID_DEVICE`
            says or else what is fastest for a picture of this size.

    Where sigma, strength or mask is 0 every bit stays. A sample that is no finite number stays as
    it is, with a warning. Scaling samples and sigma scales the result.

    Raises:
        InputError: the picture can't be read or has samples of another kind.
        OptionError: an option is out of range or has another shape than the picture, or the device
        doesn't work. MissingExtraError: it isn't installed.
        LimitError: the file's picture is above `limits`.
    """
    from pellucid.denoising.flow import denoise_into

    chosen = (sigma, strength, mask, guide, nodata, model, page, limits)
    options = DenoiseOptions(*chosen, device=device)
    with open_image(image, page=page, max_pixels=limits.max_pixels) as source:
        given = image.dtype if isinstance(image, np.ndarray) else source.dtype
        clean = np.empty(source.shape, given)
        warn_of(denoise_into(source, clean, options))
    shape = getattr(image, "shape", None)  # of an array, which comes back in its own
    flat = clean.shape[2] == 1 if shape is None else len(shape) == 2
    return clean[..., 0] if flat else clean


def denoise_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    sigma: Sigma = "auto",
    strength: float = 1.0,
    mask: ArrayLike | str | os.PathLike[str] | None = None,
    guide: Picture | None = None,
    nodata: float | None = None,
    model: str = DEFAULT_DENOISER,
    page: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    measure: bool = False,
    device: str = "auto",
    force: bool = False,
    progress: Progress | None = None,
) -> DenoiseResult:
    """Take the noise off a picture file; type, metadata and channels of its samples stay.

    Large TIFF, Zarr and .npy are read and written in parts, but bands (more than 4 channels) and a
    mask are in memory as a whole. With `measure` the noise is measured where sigma is given, too,
    to be told. `progress` is called with the part that is done, 0 to 1. The other arguments are
    those of `denoise`.

    Raises:
        OutputError: `target` exists and `force` is false, is a file that is read, can't be written,
        or its format can't hold the samples; and what `denoise` raises. Then there is no new file.
    """
    from pellucid.denoising.flow import denoise_into
    from pellucid.runtime.session import thread_count

    chosen = (sigma, strength, mask, guide, nodata, model, page, limits)
    options = DenoiseOptions(*chosen, measure=measure, device=device)
    refuse_same_file(target, source, guide, mask)
    path = Path(target)
    with open_image(source, page=page, max_pixels=limits.max_pixels) as image:
        sink = open_sink(
            path,
            image.shape,
            image.dtype,
            image.info,
            force=force,
            threads=thread_count(),
            change=lambda: Change(f"pellucid, noise reduced, strength {options.strength:g}"),
        )
        with sink as out:
            result = denoise_into(image, Watched(out, image.shape, progress), options)
        result = replace(result, left_out=left_out(path, metadata_of(image.info)))
    warn_of(result)
    return result


def warn_of(result: DenoiseResult) -> None:
    """Warnings of what a person should know, at the line that called the API."""
    for remark in result.remarks:
        warnings.warn(remark, PellucidWarning, stacklevel=3)


def noise_level(
    image: Picture,
    *,
    nodata: float | None = None,
    page: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> NoiseEstimate:
    """Measure the noise of a picture, in its samples' own unit; takes what `denoise` takes."""
    from pellucid.denoising.flow import noise_of

    options = DenoiseOptions(nodata=nodata, page=page, limits=limits)
    with open_image(image, page=page, max_pixels=limits.max_pixels) as source:
        return noise_of(source, options.nodata)


def denoisers() -> dict[str, str]:
    """Installed denoisers: name -> id (hex)."""
    from pellucid.runtime import DENOISER, installed_models

    return installed_models(DENOISER)
