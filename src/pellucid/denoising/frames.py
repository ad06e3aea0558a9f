"""Stored values of DICOM: frame by frame, with their padding and in the bits that they have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.remove import Floats, Noise, denoise_array
from pellucid.pixels.dicom_stored import Stored

if TYPE_CHECKING:
    from pellucid.denoising.guide import Guide
    from pellucid.runtime import DenoiserModel


def denoise_frames(
    frames: Sequence[NDArray[Any]],
    stored: Stored,
    noise: Noise | list[NoiseEstimate],
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None = None,
    nodata: float | None = None,
) -> NDArray[Any]:
    """Take the noise off frames (H, W, C) and put their channels behind one another.

    Padding stays, and so does what has bits beyond those stored (an overlay). `noise` is the same
    for all or a list with that of each; the other arguments are those of `remove_noise`.
    """
    result = []
    for number, frame in enumerate(frames):
        share: float | Floats = weight
        if stored.padding is not None:
            low, high = stored.padding
            share = np.asarray(((frame < low) | (frame > high)).all(axis=2) * weight, np.float32)
        level = noise[number] if isinstance(noise, list) else noise
        clean = denoise_array(frame, level, share, model, guide=guide, nodata=nodata)
        if clean.dtype.kind != "f":
            beyond = (frame < stored.low) | (frame > stored.high)
            clean = np.where(beyond, frame, np.clip(clean, stored.low, stored.high))
        result.append(clean)
    return np.concatenate(result, axis=2)
