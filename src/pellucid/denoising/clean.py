"""A picture of any sample type through the denoiser: the one place that knows the whole way.

    samples -> colour and alpha -> holes filled -> stabilised -> network -> noise taken off
            -> back to the samples' type; untouched where nothing was to be done

The network gives the noise, so a sample it leaves alone keeps every bit.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.estimate import NoiseEstimate, estimate_noise
from pellucid.denoising.holes import fill_holes, strays
from pellucid.denoising.plan import Plan, maps_of, plan_for
from pellucid.denoising.samples import SampleType, split_alpha
from pellucid.denoising.windows import WINDOW, run_windows

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel

Floats = NDArray[np.float32]
Noise = float | Floats | NoiseEstimate

MOST = 4.0  # standard deviations taken off a sample at most, so that a little strength does little
LOUDEST = 1e4  # noise over the largest sample, at most; far beyond use, and floats hold it
LOOKED_AT = 150  # samples a side, about, that say how far all are spread
FEW = 100  # samples say nothing about that
UNLIKELY = 4.0  # sigma over all of the samples' spread: no noise can be that strong


def measure(samples: NDArray[Any]) -> NoiseEstimate:
    """The noise of checked samples (H, W, C), in their own unit.

    Left out are holes, marks such as -9999 among small numbers, and what alpha hides.
    """
    colour, alpha = split_alpha(samples)
    known = finite_pixels(colour) & ~strays(colour)
    filled = np.asarray(without_holes(colour.astype(np.float32), known), np.float32)
    return estimate_noise(filled, known if alpha is None else known & (alpha != 0))


def denoise_samples(
    samples: NDArray[Any],
    noise: Noise,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    window: int = WINDOW,
) -> NDArray[Any]:
    """Take the noise off checked samples (H, W, C); the same shape and type come back.

    Args:
        noise: standard deviation in the samples' unit, one or (H, W), or an estimate.
        weight: strength of 0-1, one or (H, W).
    """
    kind = SampleType.of(samples.dtype)
    plan = plan_for(noise, eight_bits=kind.white == 255)
    maps = maps_of(plan, weight, samples.shape[:2])
    if not maps.any():
        return samples.copy()
    colour, alpha = split_alpha(samples)
    known = measured_pixels(colour)
    if not known.all():
        maps *= known
    if alpha is not None:
        maps *= alpha != 0  # what can't be seen is left alone
    if isinstance(noise, float) and (doubt := unlikely(noise, colour)):
        warnings.warn(doubt, stacklevel=3)
    clean = kind.restore(clean_colour(colour, known, plan, maps, model, window))
    result = samples.copy()
    touched = ((maps[0] > 0) | (maps[1] > 0))[..., None]
    result[..., : colour.shape[2]] = np.where(touched, clean, colour)
    return result


def unlikely(sigma: float, colour: NDArray[Any]) -> str | None:
    """What to say of a `sigma` that samples (H, W, C) can't have, as if it were in another unit."""
    step = 1 + max(colour.shape[:2]) // LOOKED_AT
    some = colour[::step, ::step]
    finite = some[np.isfinite(some)]
    spread = float(np.std(finite, dtype=np.float64)) if finite.size > FEW else 0.0
    if not 0 < UNLIKELY * spread < sigma:
        return None
    return (
        f"sigma {sigma:g} is far above the spread of all samples, {spread:.3g}; is it in the "
        "samples' own unit?"
    )


def clean_colour(
    colour: NDArray[Any],
    known: NDArray[np.bool_],
    plan: Plan,
    maps: Floats,
    model: DenoiserModel,
    window: int,
) -> NDArray[np.floating[Any]]:
    """Colour samples (H, W, 1 or 3) without their noise, as floats in the samples' unit."""
    precise = without_holes(colour.astype(np.promote_types(colour.dtype, np.float32)), known)
    stabiliser = plan.stabiliser
    shown = precise if stabiliser is None else stabiliser.forward(precise)
    unit = max(float(shown.max()), -float(shown.min())) or 1.0  # for floats; the network needs none
    planes = np.empty((shown.shape[2], *shown.shape[:2]), np.float32)
    np.divide(shown.transpose(2, 0, 1), unit, out=planes, casting="same_kind")
    told = np.minimum(maps / np.float32(unit), np.float32(LOUDEST))
    noise = run_windows(
        model.noise,
        np.broadcast_to(planes, (3, *planes.shape[1:])),
        told,
        multiple=model.multiple,
        reach=model.reach,
        window=window,
    )
    if planes.shape[0] == 1:
        noise = noise.mean(axis=0, keepdims=True)
    del planes  # in place from here: of large pictures there are not many copies
    bound = MOST * told.sum(axis=0)
    np.clip(noise, -bound, bound, out=noise)
    noise *= unit
    left: NDArray[np.floating[Any]] = shown - noise.transpose(1, 2, 0)
    if stabiliser is None:
        return left
    weight = np.minimum(maps.max(axis=0), 1)[..., None]  # a bias is undone as far as it came about
    plain = precise + (stabiliser.inverse(left) - stabiliser.inverse(shown))
    mixed: NDArray[np.floating[Any]] = plain + weight * (stabiliser.unbiased(left) - plain)
    return mixed


def measured_pixels(colour: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W): what to denoise of (H, W, C); warns of samples that aren't finite, and of marks."""
    finite = finite_pixels(colour)
    marks = strays(colour) & finite
    for count, what in (
        (np.count_nonzero(~finite), "hold samples that are no finite numbers"),
        (np.count_nonzero(marks), "lie so far from all others that they must be marks"),
    ):
        if count:
            warnings.warn(f"{count} pixel(s) {what}; they are kept as they are", stacklevel=4)
    return finite & ~marks


def finite_pixels(colour: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are finite numbers."""
    finite = np.isfinite(colour)
    if finite.all():  # the usual case, and much faster than pixel by pixel
        return np.ones(colour.shape[:2], bool)
    known: NDArray[np.bool_] = finite.all(axis=2)
    return known


def without_holes(
    colour: NDArray[np.floating[Any]], known: NDArray[np.bool_]
) -> NDArray[np.floating[Any]]:
    """(H, W, C) with pixels that aren't `known` filled from around them."""
    if known.all():
        return colour
    planes = [fill_holes(colour[..., channel], known) for channel in range(colour.shape[2])]
    return np.stack(planes, axis=2)
