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
from pellucid.denoising.guide import Guide
from pellucid.denoising.holes import fill_holes, strays
from pellucid.denoising.plan import Plan, maps_at, plan_for
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


def measure(samples: NDArray[Any], nodata: float | None = None) -> NoiseEstimate:
    """The noise of checked samples (H, W, C), in their own unit.

    Left out are holes, marks such as -9999 among small numbers, `nodata`, and what alpha hides.
    """
    colour, alpha = split_alpha(samples)
    known = finite_pixels(colour) & ~strays(colour) & ~empty(colour, nodata)
    filled = np.asarray(without_holes(colour.astype(np.float32), known), np.float32)
    return estimate_noise(filled, known if alpha is None else known & (alpha != 0))


def denoise_samples(
    samples: NDArray[Any],
    noise: Noise,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None = None,
    nodata: float | None = None,
    window: int = WINDOW,
) -> NDArray[Any]:
    """Take the noise off checked samples (H, W, C); the same shape and type come back.

    Args:
        noise: standard deviation in the samples' unit, one or (H, W), or an estimate.
        weight: strength of 0-1, one or (H, W).
        guide: of the same height and width.
        nodata: pixels of this value stay as they are, and no other becomes it.
    """
    kind = SampleType.of(samples.dtype)
    plan = plan_for(noise, eight_bits=kind.eight_bits)
    result = samples.copy()
    if not (np.any(plan.sigma) and np.any(weight)):
        return result
    colour, alpha = split_alpha(samples)
    known = measured_pixels(colour) & ~empty(colour, nodata)
    if isinstance(noise, float) and (doubt := unlikely(noise, colour)):
        warnings.warn(doubt, stacklevel=3)
    job = Job(filled(colour, known), plan)

    def maps(rows: slice, columns: slice) -> Floats:
        told = maps_at(plan, weight, rows, columns)
        told *= known[rows, columns]
        if alpha is not None:
            told *= alpha[rows, columns] != 0  # what can't be seen is left alone
        return told

    def read(rows: slice, columns: slice) -> tuple[Floats, Floats]:
        shown = job.shown(rows, columns)
        if guide is not None:
            shown = np.concatenate([shown, guide.shown(rows, columns)])
        return shown, job.told(maps(rows, columns))

    def write(rows: slice, columns: slice, found: Floats) -> None:
        told = maps(rows, columns)
        clean = kind.restore(job.clean(rows, columns, found, told))
        touched = ((told.max(axis=0) > 0) & ~empty(clean, nodata))[..., None]
        part = (rows, columns, slice(colour.shape[2]))
        result[part] = np.where(touched, clean, colour[rows, columns])

    run_windows(
        model.noise if guide is None else guide.run(model, grey=colour.shape[2] == 1),
        read,
        write,
        colour.shape[:2],
        multiple=model.multiple,
        reach=model.reach if guide is None else guide.reach(model),
        window=window,
    )
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


class Job:
    """Colour samples (H, W, 1 or 3) without holes, and how they are shown to the network.

    Windows of them are stabilised and scaled when they are asked for.
    """

    def __init__(self, colour: NDArray[Any], plan: Plan) -> None:
        self._colour, self._stabiliser = colour, plan.stabiliser
        ends = np.array([colour.min(), colour.max()], np.promote_types(colour.dtype, np.float32))
        if self._stabiliser is not None:
            ends = self._stabiliser.forward(ends)
        self._unit = max(float(ends[1]), -float(ends[0])) or 1.0  # for floats; nets need none

    def shown(self, rows: slice, columns: slice) -> Floats:
        """What the network sees, (3, h, w)."""
        planes = self._stable(self._precise(rows, columns)).transpose(2, 0, 1)
        scaled = np.empty(planes.shape, np.float32)
        np.divide(planes, self._unit, out=scaled, casting="same_kind")
        return np.broadcast_to(scaled, (3, *scaled.shape[1:]))

    def told(self, maps: Floats) -> Floats:
        """Maps in the network's scale."""
        scaled: Floats = np.minimum(maps / np.float32(self._unit), np.float32(LOUDEST))
        return scaled

    def clean(
        self, rows: slice, columns: slice, noise: Floats, maps: Floats
    ) -> NDArray[np.floating[Any]]:
        """(h, w, 1 or 3) samples without the `noise` (3, h, w) that the network found."""
        if self._colour.shape[2] == 1:
            noise = noise.mean(axis=0, keepdims=True)
        bound = MOST * self.told(maps).sum(axis=0)
        found = np.clip(noise, -bound, bound) * self._unit
        precise = self._precise(rows, columns)
        shown = self._stable(precise)
        left: NDArray[np.floating[Any]] = shown - found.transpose(1, 2, 0)
        if self._stabiliser is None:
            return left
        weight = np.minimum(maps.max(axis=0), 1)[..., None]  # a bias is undone as far as it came
        plain = precise + (self._stabiliser.inverse(left) - self._stabiliser.inverse(shown))
        mixed: NDArray[np.floating[Any]]
        mixed = plain + weight * (self._stabiliser.unbiased(left) - plain)
        return mixed

    def _precise(self, rows: slice, columns: slice) -> NDArray[np.floating[Any]]:
        part = self._colour[rows, columns]
        return part.astype(np.promote_types(part.dtype, np.float32))

    def _stable(self, precise: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        return precise if self._stabiliser is None else self._stabiliser.forward(precise)


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


def empty(colour: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are `nodata`."""
    if nodata is None:
        return np.zeros(colour.shape[:2], bool)
    return np.asarray((colour == nodata).all(axis=2))


def finite_pixels(colour: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are finite numbers."""
    finite = np.isfinite(colour)
    if finite.all():  # the usual case, and much faster than pixel by pixel
        return np.ones(colour.shape[:2], bool)
    known: NDArray[np.bool_] = finite.all(axis=2)
    return known


def filled(colour: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[Any]:
    """`colour` itself if it has no holes; else floats, with the holes filled."""
    if known.all():
        return colour
    return without_holes(colour.astype(np.promote_types(colour.dtype, np.float32)), known)


def without_holes(
    colour: NDArray[np.floating[Any]], known: NDArray[np.bool_]
) -> NDArray[np.floating[Any]]:
    """(H, W, C) with pixels that aren't `known` filled from around them."""
    if known.all():
        return colour
    planes = [fill_holes(colour[..., channel], known) for channel in range(colour.shape[2])]
    return np.stack(planes, axis=2)
