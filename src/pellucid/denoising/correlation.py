"""How far noise agrees between neighbours, and so how much of it the finest detail does not show.

Noise that went through demosaicing, resizing or JPEG is coarse: the finest coefficients, where it
is easily told from the picture, hold little of it. Its spectrum on flat blocks gives the rest. The
few coarsest coefficients cannot be told from shading and are continued from those next to them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.blocks import BASIS, FINE, HALVES, ORDER, SIDE, SIZE, Blocks
from pellucid.denoising.curve import Curve
from pellucid.denoising.levels import TINY, flattest

FLATTEST = (0.01, 0.12)  # of the blocks: measured, and compared with for texture
LEAST_BLOCKS = 48
COVERED, PLAIN, SURE = 0.4, 0.7, 0.9  # mean trust: nothing believed; all; texture ruled out
DOUBT = 0.4  # mean excess that texture may well explain
WHITE, COLOURED = 1.15, 1.45  # `Levels.share` of white noise at most, of other noise
STEEPEST = 1.5


def noise_shape(blocks: Blocks, curve: Curve, share: float) -> tuple[float, float]:
    """The spectrum of the noise in `blocks`, with what may be texture taken off.

    Given is the variance of all the noise over that of the finest coefficients, and its correlation
    from one sample to the next, 0-1; for white noise (1, 0). `share` is that of `Levels`: where it
    says that the middle coefficients are as the finest, the coarse ones hold texture.
    """
    trust = curve.trust
    belief = float(np.clip((trust - COVERED) / (PLAIN - COVERED), 0, 1))
    belief *= float(np.clip((share - WHITE) / (COLOURED - WHITE), 0, 1))
    if not belief:
        return 1.0, 0.0
    expected = np.interp(blocks.mean, curve.levels, curve.variances)
    if not expected.min() > 0:
        return 1.0, 0.0
    spectra = flat_spectra(blocks, (1 / expected).astype(np.float32))
    few, more = (continued(each / each[FINE].mean()) for each in spectra)
    excess, wider = np.maximum(few - 1, 0), np.maximum(more - 1, 0)
    sure = float(np.clip((trust - PLAIN) / (SURE - PLAIN), 0, 1))
    left = min(1.0, float(excess.mean() / max(wider.mean(), TINY)))
    excess = sure * wider + (1 - sure) * left * excess
    belief *= float(excess.mean()) ** 2 / (float(excess.mean()) ** 2 + DOUBT**2)
    spectrum = 1 + belief * excess
    return float(spectrum.mean()), neighbour_correlation(spectrum)


def flat_spectra(blocks: Blocks, scale: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of each coefficient's energy, times `scale` (N,), in the `FLATTEST` blocks: (2, 64)."""
    spectra = np.zeros((2, SIZE))
    even, odd = blocks.sums[2:4] * scale
    for here, other in zip(HALVES, (odd, even), strict=True):
        for spectrum, flat in zip(spectra, flattest(other, FLATTEST, LEAST_BLOCKS), strict=True):
            spectrum[here] = (blocks.energy(flat) @ scale[flat])[here] / len(flat)
    return spectra


def continued(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """`spectrum` (64,) with its three coarsest coefficients continued from the next ones."""
    bands = [spectrum[order == ORDER].mean() for order in (2, 3)]
    slope = float(np.clip(bands[0] / max(bands[1], np.finfo(np.float64).tiny), 1, STEEPEST))
    result = spectrum.copy()
    result[ORDER == 1] = bands[0] * slope
    result[ORDER == 0] = bands[0] * slope * slope
    return result


def neighbour_correlation(spectrum: NDArray[np.float64]) -> float:
    """Mean correlation of samples side by side and one above the other, at least 0."""
    covariance = BASIS.T * spectrum @ BASIS
    deviation = np.sqrt(np.diag(covariance))
    place = np.arange(SIZE).reshape(SIDE, SIDE)
    pairs = ((place[:, :-1], place[:, 1:]), (place[:-1], place[1:]))
    matrix = covariance / np.outer(deviation, deviation)
    found = [matrix[first, second].mean() for first, second in pairs]
    return float(np.clip(sum(found) / 2, 0, 1))
