"""What a guide tells about the noise that was taken off, as planes for a network.

A denoiser takes a little structure off with the noise. Where an aligned picture of another kind
(the guide) has detail, what was taken off is compared with it: ridge regression in windows, as in
the guided filter (He et al. 2010), but of the residual, which is nearly all noise of known
strength. A guide that has nothing to do with the picture explains nothing of it.

Everything is in units of the noise, or of the guide's own contrast, so no scale matters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

AROUND = 8  # samples each way, over which a plane's local average is taken
FINE, COARSE = 2, 6  # and those of the guide's details that the residual is compared with
WINDOWS = (6, 16)  # samples each way, in which it is compared
RIDGE = 10.0  # over noise: how unlikely large gains are
SQUASHED = 8.0  # noise units, from which numbers count less and less
COUNT = 8  # of planes
REACH = COARSE + 2 * max(WINDOWS)  # samples around one that matter
LEAST = 1e-9  # of contrast: guides of one colour


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
    rest: Floats = plane - average(plane, reach).astype(np.float32)
    return rest


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
