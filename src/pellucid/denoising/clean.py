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
from pellucid.denoising.holes import empty, strays
from pellucid.denoising.plan import Plan, maps_at, plan_for
from pellucid.denoising.samples import SampleType, split_alpha
from pellucid.denoising.spread import regions_of
from pellucid.denoising.view import InParts, Part, Picture, Whole, finite_pixels, without_holes
from pellucid.denoising.windows import WINDOW, run_windows
from pellucid.pixels.lazy import LARGE, Sink, Source

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel

Floats = NDArray[np.float32]
Noise = float | Floats | NoiseEstimate

MOST = 4.0  # standard deviations taken off a sample at most, so that a little strength does little
LOUDEST = 1e4  # noise over the largest sample, at most; far beyond use, and floats hold it


def measure(samples: Source, nodata: float | None = None) -> NoiseEstimate:
    """The noise of checked samples (H, W, C), in their own unit.

    Left out are holes, marks such as -9999 among small numbers, `nodata`, and what alpha hides. A
    large picture is measured on regions spread over it (`spread.py`).
    """
    height, width = samples.shape[:2]
    seen = regions_of(samples) if height * width > LARGE else samples[0:height, 0:width]
    colour, alpha = split_alpha(seen)
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
    result = np.empty_like(samples)
    if nothing_to_do(noise, weight, samples.dtype):
        result[...] = samples
        return result
    picture = picture_of(samples, nodata)
    for remark in picture.remarks(noise):
        warnings.warn(remark, stacklevel=3)
    denoise_into(result, picture, noise, weight, model, guide=guide, window=window)
    return result


def picture_of(samples: Source, nodata: float | None = None) -> Picture:
    """A small array as a whole, all else in parts."""
    height, width = samples.shape[:2]
    if isinstance(samples, np.ndarray) and height * width <= LARGE:
        return Whole(samples, nodata)
    return InParts(samples, nodata)


def nothing_to_do(noise: Noise, weight: float | Floats, dtype: np.dtype[Any]) -> bool:
    """Whether every sample stays as it is."""
    plan = plan_for(noise, eight_bits=SampleType.of(dtype).eight_bits)
    return not (np.any(plan.sigma) and np.any(weight))


def denoise_into(
    out: Sink,
    picture: Picture,
    noise: Noise,
    weight: float | Floats,
    model: DenoiserModel,
    *,
    guide: Guide | None = None,
    window: int = WINDOW,
) -> None:
    """Take the noise off a picture, window by window into `out`; memory is bounded by a window.

    The other arguments are those of `denoise_samples`.
    """
    kind = SampleType.of(picture.dtype)
    plan = plan_for(noise, eight_bits=kind.eight_bits)
    job = Job(picture.ends, plan)

    def maps(part: Part, rows: slice, columns: slice) -> Floats:
        told = maps_at(plan, weight, rows, columns)
        told *= part.known
        if part.alpha is not None:
            told *= part.alpha != 0  # what can't be seen is left alone
        return told

    def read(rows: slice, columns: slice) -> tuple[Floats, Floats]:
        part = picture.part(rows, columns)
        shown = job.shown(part.filled)
        if guide is not None:
            shown = np.concatenate([shown, guide.shown(rows, columns)])
        return shown, job.told(maps(part, rows, columns))

    def write(rows: slice, columns: slice, found: Floats) -> None:
        part = picture.part(rows, columns)
        told = maps(part, rows, columns)
        clean = kind.restore(job.clean(part.filled, found, told))
        touched = ((told.max(axis=0) > 0) & ~empty(clean, picture.nodata))[..., None]
        result = part.stored.copy()
        colours = slice(part.filled.shape[2])
        result[..., colours] = np.where(touched, clean, part.stored[..., colours])
        out[rows, columns] = result

    def skip(rows: slice, columns: slice) -> None:
        out[rows, columns] = picture.part(rows, columns).stored

    run_windows(
        model.noise if guide is None else guide.run(model, grey=picture.colours == 1),
        read,
        write,
        picture.size,
        multiple=model.multiple,
        reach=model.reach if guide is None else guide.reach(model),
        window=window,
        skip=skip,
    )


class Job:
    """How samples (h, w, 1 or 3) without holes are shown to the network, stabilised and scaled.

    `ends` are the lowest and highest sample of the whole picture.
    """

    def __init__(self, ends: NDArray[np.floating[Any]], plan: Plan) -> None:
        self._stabiliser = plan.stabiliser
        if self._stabiliser is not None:
            ends = self._stabiliser.forward(ends)
        self._unit = max(float(ends[1]), -float(ends[0])) or 1.0  # for floats; nets need none

    def shown(self, filled: NDArray[Any]) -> Floats:
        """What the network sees, (3, h, w)."""
        planes = self._stable(precise(filled)).transpose(2, 0, 1)
        scaled = np.empty(planes.shape, np.float32)
        np.divide(planes, self._unit, out=scaled, casting="same_kind")
        return np.broadcast_to(scaled, (3, *scaled.shape[1:]))

    def told(self, maps: Floats) -> Floats:
        """Maps in the network's scale."""
        scaled: Floats = np.minimum(maps / np.float32(self._unit), np.float32(LOUDEST))
        return scaled

    def clean(self, filled: NDArray[Any], noise: Floats, maps: Floats) -> NDArray[np.floating[Any]]:
        """(h, w, 1 or 3) samples without the `noise` (3, h, w) that the network found."""
        if filled.shape[2] == 1:
            noise = noise.mean(axis=0, keepdims=True)
        bound = MOST * self.told(maps).sum(axis=0)
        found = np.clip(noise, -bound, bound) * self._unit
        exact = precise(filled)
        shown = self._stable(exact)
        left: NDArray[np.floating[Any]] = shown - found.transpose(1, 2, 0)
        if self._stabiliser is None:
            return left
        weight = np.minimum(maps.max(axis=0), 1)[..., None]  # a bias is undone as far as it came
        plain = exact + (self._stabiliser.inverse(left) - self._stabiliser.inverse(shown))
        mixed: NDArray[np.floating[Any]]
        mixed = plain + weight * (self._stabiliser.unbiased(left) - plain)
        return mixed

    def _stable(self, exact: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        return exact if self._stabiliser is None else self._stabiliser.forward(exact)


def precise(part: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Samples as floats that hold them."""
    return part.astype(np.promote_types(part.dtype, np.float32))
