"""`denoise_into`: the one way from a picture to a clean one, for arrays, files and the command.

    source -> checked -> surveyed -> its noise measured -> noise taken off -> sink

A picture of up to four channels goes in parts (`remove.py`). Frames of DICOM (`frames.py`) and
bands (`bands.py`) are in memory as a whole, and measured one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.denoising.bands import denoise_bands
from pellucid.denoising.estimate import NoiseEstimate, combined
from pellucid.denoising.frames import denoise_frames
from pellucid.denoising.measure import measure
from pellucid.denoising.options import DenoiseOptions
from pellucid.denoising.picture import Picture
from pellucid.denoising.remove import Noise, nothing_to_do, remove_noise
from pellucid.denoising.result import DenoiseResult
from pellucid.denoising.samples import MOST, check_kind
from pellucid.denoising.survey import look_through
from pellucid.pixels import Box, ImageSource
from pellucid.pixels.dicom_stored import stored_of
from pellucid.pixels.lazy import LARGE, Sink


def denoise_into(source: ImageSource, sink: Sink, options: DenoiseOptions) -> DenoiseResult:
    """Take the noise off a picture, into a sink of its shape and type.

    Raises:
        InputError: its samples can't be denoised, or float32 can't hold them. OptionError: an
        option doesn't fit the picture, or there is no such model. What reading a guide or a mask
        raises.
    """
    from pellucid.runtime import load_denoiser

    parts, size = parts_of(source), source.shape[:2]
    if is_bands(source):
        options.refuse_for_bands()
    sigma, weight = options.sigma_for(size), options.weight_for(size)
    model = load_denoiser(options.model)
    wanted = options.measure or (sigma is None and np.any(weight))
    with options.open_guide(size) as guide:
        found = [measure(part, options.nodata) for part in parts] if wanted else []
        noise: Noise | list[NoiseEstimate] = (found or 0.0) if sigma is None else sigma
        if is_bands(source):
            survey = look_through(source)
            sink[all_of(source)] = denoise_bands(source.read(), noise, weight, model)
        elif source.info.dicom is not None:
            survey = look_through(source, options.nodata)
            stored = stored_of(source.info.dicom, "the picture")
            sink[all_of(source)] = denoise_frames(
                parts, stored, noise, weight, model, guide=guide, nodata=options.nodata
            )
        else:
            picture = Picture(parts[0], options.nodata)
            survey = picture.survey
            noise = noise[0] if isinstance(noise, list) else noise
            remove_noise(picture, sink, noise, weight, model, guide=guide)
    levels = noise if isinstance(noise, list) else [noise]
    untouched = all(nothing_to_do(level, weight, source.dtype) for level in levels)
    return DenoiseResult(
        shape=source.shape,
        dtype=source.dtype.name,
        noise=combined(found) if found else None,
        model_id=model.id.hex(),
        not_finite=survey.not_finite,
        sentinels=survey.sentinels,
        remarks=() if untouched else tuple(survey.remarks(sigma)),
    )


def noise_of(source: ImageSource, nodata: float | None = None) -> NoiseEstimate:
    """The noise of a picture, in its samples' own unit; raises InputError as `denoise_into`."""
    return combined([measure(part, nodata) for part in parts_of(source)])


def is_bands(source: ImageSource) -> bool:
    """Whether channels are bands, which help each other; of more than four none is alpha."""
    return source.info.dicom is None and source.shape[2] > MOST


def all_of(source: ImageSource) -> tuple[slice, slice]:
    """All rows and columns."""
    return Box.whole(source.shape).slices


def parts_of(source: ImageSource) -> list[Any]:
    """What is measured by itself: each frame, each band, or the picture; held in memory but for a
    large picture.

    Raises InputError for samples that can't be denoised.
    """
    check_kind(source)
    height, width, channels = source.shape
    each = 1 if is_bands(source) else source.info.samples_a_page
    parts: list[Any] = [source]
    if height * width <= LARGE or each < channels:
        samples = source.read()
        parts = [samples[..., start : start + each] for start in range(0, channels, each)]
    if source.dtype == np.float64:
        for part in parts:
            look_through(part).check_range()
    return parts
