"""Multi-scale structural similarity (Wang, Simoncelli, Bovik, "Multi-scale structural similarity
for image quality assessment", Asilomar 2003), with the paper's weights and constants.

Halving is the mean of 2x2 samples. As is customary for codecs it is taken per colour channel in RGB
and averaged. A picture with a side under 176 doesn't have five scales: then it uses as many as fit,
with the weights of those brought to a sum of one, so the value isn't comparable with that of bigger
pictures.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError
from pellucid.evaluate._extras import require

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 255.0) ** 2
C2 = (0.03 * 255.0) ** 2

Planes = NDArray[np.float32]  # 3xHxW


def ms_ssim(reference: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float:
    """MS-SSIM of two HxWx3 uint8 pictures: 1 for identical ones, 0 at the least.

    Raises:
        OptionError: the shapes differ.
        InputError: a side is shorter than the 11-sample window.
        MissingExtraError: SciPy isn't installed.
    """
    if reference.shape != decoded.shape:
        raise OptionError(f"MS-SSIM needs one shape, got {reference.shape} and {decoded.shape}")
    height, width = reference.shape[:2]
    scales = scale_count(height, width)
    if scales == 0:
        raise InputError(f"MS-SSIM needs at least {WINDOW} samples a side, got {width}x{height}")
    weights = np.asarray(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    sources = _reference_side(reference.tobytes(), reference.shape, scales)
    copies = _pyramid(decoded, scales)
    value = np.ones(len(copies[0]))
    for scale, weight in enumerate(weights):
        term = _similarity(sources[scale], copies[scale], whole=scale == scales - 1)
        value *= np.maximum(term, 0.0) ** weight
    return float(np.mean(value))


def scale_count(height: int, width: int) -> int:
    """How many of the five scales still hold a whole window."""
    side = min(height, width)
    return sum(side >> scale >= WINDOW for scale in range(len(WEIGHTS)))


@lru_cache(maxsize=1)
def _reference_side(
    data: bytes, shape: tuple[int, ...], scales: int
) -> list[tuple[Planes, Planes, Planes]]:
    """Per scale: the reference, its local means and variances. Kept for the next call."""
    sides = []
    for x in _pyramid(np.frombuffer(data, np.uint8).reshape(shape), scales):
        mean = _blur(x)
        sides.append((x, mean, _blur(x * x) - mean * mean))
    return sides


def _pyramid(picture: NDArray[np.uint8], scales: int) -> list[Planes]:
    levels = [np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32)]  # -> 3xHxW
    while len(levels) < scales:
        levels.append(_halve(levels[-1]))
    return levels


def _halve(x: Planes) -> Planes:
    """Mean of 2x2 samples; an odd last row or column is left out."""
    x = x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
    rows = x[:, 0::2] + x[:, 1::2]
    return np.asarray((rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25))


def _similarity(
    source: tuple[Planes, Planes, Planes], y: Planes, *, whole: bool
) -> NDArray[np.float64]:
    """Mean per channel of SSIM (`whole`) or of its contrast-structure part, over whole windows."""
    x, mean_x, var_x = source
    mean_y = _blur(y)
    var_y = _blur(y * y) - mean_y * mean_y
    covariance = _blur(x * y) - mean_x * mean_y
    similarity = (2 * covariance + C2) / (var_x + var_y + C2)
    if whole:
        similarity *= (2 * mean_x * mean_y + C1) / (mean_x * mean_x + mean_y * mean_y + C1)
    return np.asarray(np.mean(similarity, axis=(1, 2), dtype=np.float64))


def _blur(x: Planes) -> Planes:
    ndimage = require("scipy.ndimage", "scipy")
    half = WINDOW // 2
    taps = np.exp(-0.5 * (np.arange(-half, half + 1) / SIGMA) ** 2)
    taps /= taps.sum()
    blurred = ndimage.correlate1d(x, taps, axis=1)[:, half:-half]
    return np.asarray(ndimage.correlate1d(blurred, taps, axis=2)[:, :, half:-half])
