"""`denoise_into`: the one way from a picture to a clean one, for arrays, files and the command.

    source -> checked -> looked through -> its noise measured -> noise taken off -> sink

A picture of up to four channels goes in parts (`remove.py`). Frames of DICOM and bands (`bands.py`)
are in memory as a whole, and measured one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.bands import denoise_bands
from pellucid.denoising.estimate import NoiseEstimate, combined
from pellucid.denoising.guide import Guide
from pellucid.denoising.measure import measure
from pellucid.denoising.options import DenoiseOptions, DenoiseResult
from pellucid.denoising.picture import Picture
from pellucid.denoising.plan import Noise, nothing_to_do
from pellucid.denoising.remove import denoise_array, remove_noise
from pellucid.denoising.samples import MOST, Floats, check_kind
from pellucid.pixels import Box, ImageSource
from pellucid.pixels.dicom import Stored, stored_of
from pellucid.pixels.lazy import LARGE, Sink

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel


def denoise_into(source: ImageSource, sink: Sink, options: DenoiseOptions) -> DenoiseResult:
    """Take the noise off a picture, into a sink of its shape and type.

    Raises:
        InputError: its samples can't be denoised, or float32 can't hold them. OptionError: an
        option doesn't fit the picture, or there is no such model. What reading a guide or a mask
        raises.
    """
    from pellucid.runtime import device_for, load_denoiser

    samples, parts = parts_of(source)
    size, whole = source.shape[:2], Box.whole(source.shape).slices
    if is_bands(source):
        options.refuse_for_bands()
    sigma, weight = options.sigma_for(size), options.weight_for(size)
    device = device_for(options.device, size[0] * size[1], short=source.dtype == np.uint8)
    model = load_denoiser(options.model, device)
    wanted = options.measure or (sigma is None and np.any(weight))
    with options.open_guide(size) as guide:
        found = [measure(part, options.nodata) for part in parts] if wanted else []
        levels: list[Noise] = [0.0 if sigma is None else sigma] * len(parts)
        if sigma is None and found:
            levels = [*found]
        picture = Picture(samples, options.nodata)
        if is_bands(source):
            sink[whole] = denoise_bands(samples, found if sigma is None else sigma, weight, model)
        elif source.info.dicom is not None:
            stored = stored_of(source.info.dicom, "the picture")
            clean = [
                denoise_frame(frame, stored, level, weight, model, guide, options.nodata)
                for frame, level in zip(parts, levels, strict=True)
            ]
            sink[whole] = np.concatenate(clean, axis=2)
        else:
            remove_noise(picture, sink, levels[0], weight, model, guide=guide)
    untouched = all(nothing_to_do(level, weight, source.dtype) for level in levels)
    return DenoiseResult(
        shape=source.shape,
        dtype=source.dtype.name,
        noise=combined(found) if found else None,
        model_id=model.id.hex(),
        not_finite=picture.not_finite,
        sentinels=picture.sentinels,
        remarks=() if untouched else tuple(picture.remarks(sigma)),
        engine=None if untouched else model.engine,
    )


def noise_of(source: ImageSource, nodata: float | None = None) -> NoiseEstimate:
    """The noise of a picture, in its samples' own unit; raises InputError as `denoise_into`."""
    return combined([measure(part, nodata) for part in parts_of(source)[1]])


def denoise_frame(
    frame: NDArray[Any],
    stored: Stored,
    noise: Noise,
    weight: float | Floats,
    model: DenoiserModel,
    guide: Guide | None,
    nodata: float | None,
) -> NDArray[Any]:
    """Take the noise off a frame (H, W, C) of DICOM's stored values, in the bits that they have.

    Padding stays, and so does what has bits beyond those stored (an overlay).
    """
    if stored.padding is not None:
        low, high = stored.padding
        weight = np.asarray(((frame < low) | (frame > high)).all(axis=2) * weight, np.float32)
    clean = denoise_array(frame, noise, weight, model, guide=guide, nodata=nodata)
    if clean.dtype.kind == "f":
        return clean
    beyond = (frame < stored.low) | (frame > stored.high)
    return np.where(beyond, frame, np.clip(clean, stored.low, stored.high))


def is_bands(source: ImageSource) -> bool:
    """Whether channels are bands, which help each other; of more than four none is alpha."""
    return source.info.dicom is None and source.shape[2] > MOST


def parts_of(source: ImageSource) -> tuple[Any, list[Any]]:
    """A picture's samples, and what of them is measured by itself: each frame, each band, or all.

    They are in memory, but for a large picture. Raises InputError for samples that can't be
    denoised.
    """
    check_kind(source)
    height, width, channels = source.shape
    each = 1 if is_bands(source) else source.info.samples_a_page
    whole = height * width <= LARGE or each < channels or source.info.dicom is not None
    samples: Any = source.read() if whole else source
    parts = [samples]
    if each < channels:
        parts = [samples[..., start : start + each] for start in range(0, channels, each)]
    if source.dtype == np.float64:
        for part in parts:
            Picture(part).check_range()
    return samples, parts
