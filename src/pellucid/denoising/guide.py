"""A picture denoised with the help of an aligned one of another kind, such as infrared by visible.

The denoiser goes first, as ever, and takes a little structure off with the noise. Where the guide
has detail, what was taken off is compared with it: ridge regression in windows, as in the guided
filter (He et al. 2010), but of the residual, which is nearly all noise of known strength. A small
network is shown that beside the guide's detail, and says how much of it to put back. It was trained
on guides that help and on guides of other pictures alike, so one that doesn't fit does little harm.
Everything is in units of the noise, or of the guide's own contrast, so no scale matters.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.samples import Floats, split_alpha
from pellucid.pixels import Box
from pellucid.pixels.lazy import Source

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel, GuideModel

Doubles = NDArray[np.float64]

LOOKED_AT = 128  # samples a side of the parts that tell a guide's contrast
PARTS = 4  # of these a side, at most
AROUND = 8  # samples each way, over which a plane's local average is taken
FINE, COARSE = 2, 6  # and those of the guide's details that the residual is compared with
WINDOWS = (6, 16)  # samples each way, in which it is compared
RIDGE = 10.0  # over noise: how unlikely large gains are
SQUASHED = 8.0  # noise units, from which numbers count less and less
COUNT = 8  # of planes
REACH = COARSE + 2 * max(WINDOWS)  # samples around one that matter
LEAST = 1e-9  # of contrast: guides of one colour


class Guide:
    """Samples (H, W, C) of any type, shown window by window; their alpha is of no matter."""

    def __init__(self, samples: Source, net: GuideModel) -> None:
        self._samples = samples
        self._net = net
        self._contrast = 1.0
        parts = [self.planes(box) for box in looked_at(samples.shape[:2])]
        sizes = [contrast(part) for part in parts]
        self._contrast = max(float(np.sqrt(np.mean(np.square(sizes)))), LEAST)

    def reach(self, model: DenoiserModel) -> int:
        """Samples around one that matter, of the picture and the guide."""
        return model.reach + REACH + self._net.reach

    def planes(self, box: Box) -> Floats:
        """(3, h, w) of contrast 1, about 0; samples that are no numbers become their mean."""
        part = split_alpha(np.asarray(self._samples[box.slices]))[0].astype(np.float64)
        finite = np.isfinite(part)
        middle = part[finite].mean() if finite.any() else 0.0
        part = np.where(finite, part - middle, 0) / self._contrast
        planes = part.transpose(2, 0, 1).astype(np.float32)
        return np.broadcast_to(planes, (3, *planes.shape[1:]))

    def run(self, model: DenoiserModel, *, grey: bool) -> Callable[[Floats, Floats], Floats]:
        """From 6 channels, the picture's and the guide's, and the maps to the noise."""

        def run(both: Floats, maps: Floats) -> Floats:
            noisy, guide = np.ascontiguousarray(both[:, :3]), both[0, 3:]
            noise = model.noise(noisy, maps)
            if self._contrast <= LEAST:  # it shows nothing
                return noise
            sigma = maps[0].sum(axis=0)
            if grey:
                noise[:] = noise.mean(axis=1, keepdims=True)
            for channel in range(1 if grey else 3):
                planes = features(noise[0, channel], noisy[0, channel], sigma, guide)
                noise[0, channel] -= sigma * self._net.correction(planes[None])[0, 0]
            if grey:
                noise[:] = noise[:, :1]
            return noise

        return run


def looked_at(size: tuple[int, ...]) -> list[Box]:
    """Parts that lie evenly over a picture."""
    height, width = (min(LOOKED_AT, length) for length in size)
    rows, columns = (
        np.linspace(0, max(length - LOOKED_AT, 0), min(PARTS, -(-length // LOOKED_AT))).astype(int)
        for length in size
    )
    return [Box(int(y), int(x), height, width) for y, x in product(rows, columns)]


def features(noise: Floats, noisy: Floats, sigma: Floats, guide: Floats) -> Floats:
    """(8, h, w) planes of one channel.

    Args:
        noise: (h, w) what a denoiser took off.
        noisy: (h, w) what it was shown.
        sigma: (h, w) its noise level map; 0 where nothing is known.
        guide: (3, h, w) of contrast 1, see `contrast`.
    """
    known = sigma > 0
    scale = np.where(known, 1 / np.where(known, sigma, 1), 0).astype(np.float32)
    residual = noise * scale
    planes = [residual, detail(noisy - noise, AROUND) * scale]
    planes += [detail(channel, AROUND) for channel in guide]
    grey = guide.mean(axis=0)
    details = np.stack([detail(grey, FINE), detail(grey, COARSE)]) * known
    planes += [explained(residual, details, reach) for reach in WINDOWS]
    stack = np.stack([*planes, known.astype(np.float32)])
    stack[:-1] /= 1 + np.abs(stack[:-1]) / SQUASHED
    return stack


def contrast(guide: Floats) -> float:
    """The size of a guide's detail, (3, h, w): what it is divided by."""
    return max(float(detail(guide.mean(axis=0), AROUND).std()), LEAST)


def explained(residual: Floats, details: Floats, reach: int) -> Floats:
    """(h, w): the part of the residual that two details (2, h, w) of the guide explain."""
    one, two = details.astype(np.float64)
    aa, bb = (total(part * part, reach) + RIDGE for part in (one, two))
    ab, ar, br = (total(part, reach) for part in (one * two, one * residual, two * residual))
    size = aa * bb - ab * ab
    first, second = (bb * ar - ab * br) / size, (aa * br - ab * ar) / size
    fitted = average(first, reach) * one + average(second, reach) * two
    return np.asarray(fitted, np.float32)


def detail(plane: Floats, reach: int) -> Floats:
    """A plane less its local average."""
    return np.asarray(plane - average(plane, reach).astype(np.float32))


def average(plane: NDArray[np.floating], reach: int) -> Doubles:
    """Of the samples at most `reach` away each way, as far as there are."""
    counts = [total(np.ones((n, 1)), reach) for n in plane.shape]
    return total(plane, reach) / (counts[0] * counts[1].T)


def total(plane: NDArray[np.floating], reach: int) -> Doubles:
    """Sums over the samples at most `reach` away each way."""
    rows = sliding(plane, reach)
    return sliding(rows.T, reach).T


def sliding(plane: NDArray[np.floating], reach: int) -> Doubles:
    """Sums of `reach` rows each way."""
    length = len(plane)
    sums = np.zeros((length + 1, *plane.shape[1:]))
    np.cumsum(plane, axis=0, dtype=np.float64, out=sums[1:])
    place = np.arange(length)
    result: Doubles = sums[np.minimum(place + reach + 1, length)]
    result -= sums[np.maximum(place - reach, 0)]
    return result
