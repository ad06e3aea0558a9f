"""Denoising of what is in memory as a whole: DICOM, frame by frame, and bands."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.denoise import WITH_ALPHA, check_range
from pellucid.pixels import ImageInfo
from pellucid.pixels.dicom_stored import Stored, stored_of
from pellucid.pixels.lazy import Source

if TYPE_CHECKING:
    from pellucid.denoising.clean import Floats, Noise
    from pellucid.denoising.guide import Guide
    from pellucid.runtime import DenoiserModel


def is_whole(samples: Source, info: ImageInfo) -> bool:
    """Whether a picture is denoised as a whole: its frames or bands must be seen together."""
    return info.dicom is not None or is_bands(samples, info)


def is_bands(samples: Source, info: ImageInfo) -> bool:
    """Whether the channels of a picture are bands; a DICOM file's are frames."""
    return info.dicom is None and samples.shape[2] > WITH_ALPHA


def clean_whole(
    samples: Source,
    info: ImageInfo,
    noise: Noise | None,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None = None,
    nodata: float | None = None,
) -> NDArray[Any]:
    """Samples (H, W, C) without noise; None measures that of each band or frame.

    `guide` and `nodata` are of frames alone.

    Raises InputError for a DICOM file whose stored values can't be filtered, and for bands of
    float64 that float32 can't hold.
    """
    from pellucid.denoising.bands import denoise_bands

    height, width = samples.shape[:2]
    held = np.asarray(samples[0:height, 0:width])
    if held.dtype == np.float64:
        check_range(held)
    if not np.any(weight):
        noise = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the survey of the picture tells them
        if info.dicom is None:
            return denoise_bands(held, noise, weight, model)
        stored = stored_of(info.dicom, "the picture")
        return clean_frames(held, stored, noise, weight, model, guide=guide, nodata=nodata)


def clean_frames(
    samples: NDArray[Any],
    stored: Stored,
    noise: Noise | None,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None,
    nodata: float | None,
) -> NDArray[Any]:
    """Stored values, frame by frame; padding stays, and all keep to the bits that they have.

    What has bits beyond those (an overlay) stays too.
    """
    from pellucid.denoising.clean import denoise_samples, measure

    result = samples.copy()
    for start in range(0, samples.shape[2], stored.channels):
        frame = samples[..., start : start + stored.channels]
        known: float | Floats = weight
        if stored.padding is not None:
            low, high = stored.padding
            known = np.asarray(((frame < low) | (frame > high)).all(axis=2) * weight, np.float32)
        told = measure(frame, nodata) if noise is None else noise
        clean = denoise_samples(frame, told, known, model, guide=guide, nodata=nodata)
        if clean.dtype.kind != "f":
            beyond = (frame < stored.low) | (frame > stored.high)
            clean = np.where(beyond, frame, np.clip(clean, stored.low, stored.high))
        result[..., start : start + stored.channels] = clean
    return result
