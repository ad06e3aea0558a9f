"""A picture of any sample type through the denoiser, window by window.

    samples -> colour and alpha -> invalid ones filled -> stabilised -> network -> noise taken off
            -> back to the samples' type; untouched where nothing was to be done

The network gives the noise, so a sample it leaves alone keeps every bit. Windows overlap by its
reach, so that every sample comes out as if the whole picture had gone through at once, up to the
rounding of floats. At the picture's edges it sees what it was trained on, zeros; to the right and
below, sides are first made whole multiples by mirroring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.guide import Guide
from pellucid.denoising.invalid import equal_to
from pellucid.denoising.picture import Picture
from pellucid.denoising.plan import Noise, noise_level_maps, plan_for
from pellucid.denoising.samples import Floats, restored
from pellucid.denoising.scale import NetworkScale
from pellucid.pixels.lazy import Sink, Source
from pellucid.pixels.windows import WINDOW, windows

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel


def denoise_array(
    samples: Source,
    noise: Noise,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None = None,
    nodata: float | None = None,
    window: int = WINDOW,
) -> NDArray[Any]:
    """Take the noise off checked samples (H, W, C); the same shape and type come back.

    The arguments are those of `remove_noise`.
    """
    result = np.empty(samples.shape, samples.dtype)
    picture = Picture(samples, nodata)
    remove_noise(picture, result, noise, weight, model, guide=guide, window=window)
    return result


def remove_noise(
    picture: Picture,
    out: Sink,
    noise: Noise,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None = None,
    window: int = WINDOW,
) -> None:
    """Take the noise off a picture, into `out`; memory is bounded by a window.

    Args:
        noise: standard deviation in the samples' unit, one or (H, W), or an estimate.
        weight: strength of 0-1, one or (H, W).
        guide: of the same height and width.
    """
    dtype, multiple = picture.dtype, model.multiple
    plan = plan_for(noise, eight_bits=dtype == np.uint8)
    ends = np.array([picture.low, picture.high], np.promote_types(dtype, np.float32))
    scale = NetworkScale(ends, plan.stabiliser)
    run = model.noise if guide is None else guide.run(model, grey=picture.grey)
    reach = model.reach if guide is None else guide.reach(model)
    size = picture.box.height, picture.box.width
    for box, outer in windows(size, multiple=multiple, reach=reach, window=window):
        part, inner = picture.part(outer), box.within(outer)
        maps = noise_level_maps(plan, weight, outer) * part.seen
        shown = scale.maps(maps)
        result = part.stored[inner].copy()
        if shown[:, *inner].any():
            planes = scale.planes(part.filled)
            if guide is not None:
                planes = np.concatenate([planes, guide.planes(outer)])
            found = run(whole(planes, multiple), whole(shown, multiple))[0][:, *inner]
            filled, maps = part.filled[inner], maps[:, *inner]
            clean = restored(scale.without_noise(filled, found, maps), dtype)
            changed = (maps.max(axis=0) > 0) & ~equal_to(clean, picture.nodata)
            colours = result[..., : filled.shape[2]]
            if changed.all():  # the usual case, and much faster than by samples
                colours[...] = clean
            else:
                colours[...] = np.where(changed[..., None], clean, colours)
        out[box.slices] = result


def whole(part: Floats, multiple: int) -> Floats:
    """(C, h, w) -> (1, C, h, w), contiguous, with sides made whole multiples by mirroring."""
    below, beyond = -part.shape[1] % multiple, -part.shape[2] % multiple
    if below or beyond:
        part = np.pad(part, ((0, 0), (0, below), (0, beyond)), "symmetric")
    return np.ascontiguousarray(part, np.float32)[None]
