"""Variance against brightness: one number, or slope * x + offset where noise depends on the signal.

After "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data" (Foi et
al. 2008): a line through the variances measured at levels of brightness. Here robustness comes
from weights: levels that show texture count little, and points above the line less than points
below it, since texture can only add variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.levels import DEEPER, Levels

ROUNDS = 12
LEAST_WEIGHT = 1e-4
ABOVE = 0.15  # relative distance above the line at which a level's weight has halved
BELOW = 0.5  # … and below it
LEAST_LEVELS = 7.0  # sum of the trust in levels from which a line is drawn
SUSPICION = 0.4  # power of trust by which each doubling above the lowest variance is doubted
WHITE, PROCESSED = 1.5, 2.5  # `Levels.share` of white noise at most, of processed at least
REDUCED = 1.0  # growth of processed noise with texture, beyond what is measured (in logarithms)
COVERED, PLAIN = 0.3, 0.7  # mean trust in levels: texture covers most, or hardly any
SIGNIFICANT = 5.0  # slope over its standard error
LEAST_RANGE = 1.6  # variance at the one end over that at the other
LEAST_ABOVE = 1.5  # variance at the line's low end over the lowest
STEEP = 3.0  # variance at its high end over that at its low end that needs no such check
REACH = 0.7  # how fast a level's say in its neighbours' variance falls with their distance


@dataclass(frozen=True)
class Curve:
    """Variance of the finest coefficients.

    Attributes:
        levels, variances: (L,) points of the curve.
        slope, offset: of the line; (0, mean variance) if it does not depend on brightness.
        trust: how sure it is that noise was measured and not texture, 0-1.
    """

    levels: NDArray[np.float64]
    variances: NDArray[np.float64]
    slope: float
    offset: float
    trust: float


def fit_curve(levels: Levels, lowest: float) -> Curve:
    """The line through `levels` if the slope is significant, else a constant.

    `lowest` is the variance in the flattest blocks of all levels. It stands for the others where
    texture covers most of them and noise does not depend on brightness.
    """
    fine = levels.fine * texture_left(levels)
    above = np.log2(np.maximum(fine / lowest, 1)) if lowest > 0 else np.zeros(len(fine))
    # The stronger noise is said to be, the surer one must be.
    trust = levels.trust ** (1 + SUSPICION * above)
    weight, place = trust + LEAST_WEIGHT, np.arange(len(fine))
    reach = 1 / (1 + REACH * np.square(place[:, None] - place))
    curve = (reach @ (weight * fine)) / (reach @ weight)  # bridges levels that aren't trusted
    line = significant_line(levels.level, fine, trust)
    if line:
        ends = line[0] * levels.level[[0, -1]] + line[1]
        if ends.min() > max(LEAST_ABOVE * lowest, ends.max() / STEEP):
            line = None  # it misses the flattest blocks: texture lies on it
    mean_trust = float(trust.mean())
    belief = float(np.clip((mean_trust - COVERED) / (PLAIN - COVERED), 0, 1))
    if line:
        straight = np.clip(line[0] * levels.level + line[1], min(lowest, float(fine.min())), None)
        curve = trust * curve + (1 - trust) * straight
        return Curve(levels.level, curve, *line, mean_trust)
    curve = np.minimum(curve, lowest) ** (1 - belief) * curve**belief
    return Curve(levels.level, curve, 0.0, float(curve.mean()), mean_trust)


def significant_line(
    level: NDArray[np.float64], fine: NDArray[np.float64], trust: NDArray[np.float64]
) -> tuple[float, float] | None:
    """Slope and offset of the line through the levels' variances; None if a constant will do."""
    span = float(np.ptp(level))
    if float(trust.sum()) < LEAST_LEVELS or span <= 0:
        return None
    centre = float(level.mean())
    place = (level - centre) / span
    middle, rise, error = robust_line(place, fine, trust)
    ends = middle + rise * np.array([place.min(), place.max()])
    low, high = max(float(ends.min()), 0.0), float(ends.max())
    if abs(rise) < SIGNIFICANT * error or high < LEAST_RANGE * low:
        return None
    slope = rise / span
    return slope, middle - slope * centre


def texture_left(levels: Levels) -> float:
    """What the variance in the flattest blocks is multiplied by for that of the noise anywhere.

    If it is more in less flat blocks, that is texture, of which the flattest have some as well;
    unless noise is surely seen and was processed: noise reduction in a camera leaves least noise
    where least else is.
    """
    growth = float(np.average(levels.growth, weights=levels.trust + LEAST_WEIGHT))
    sure = np.clip((levels.trust.mean() - COVERED) / (PLAIN - COVERED), 0, 1)
    processed = float(sure * np.clip((levels.share - WHITE) / (PROCESSED - WHITE), 0, 1))
    return float(max(growth, 1.0) ** (processed * REDUCED - (1 - processed) * DEEPER))


def robust_line(
    place: NDArray[np.float64], values: NDArray[np.float64], trust: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Coefficients of 1 and of `place`, and the latter's standard error.

    Weighted least squares with relative errors, repeated with weights from the distances.
    """
    matrix = np.column_stack([np.ones(len(values)), place])
    weight = base = trust + LEAST_WEIGHT
    floor = max(float(np.median(values)) * 1e-3, np.finfo(np.float64).tiny)
    fit = np.full(len(values), max(float(np.quantile(values, 0.3)), floor))
    solution = np.zeros(2)
    for _ in range(ROUNDS):
        far = (values - fit) / fit
        doubt = np.square(far / np.where(far > 0, ABOVE, BELOW))
        weight = base / (1 + doubt)
        root = np.sqrt(weight) / fit
        solution = np.linalg.lstsq(matrix * root[:, None], values * root, rcond=None)[0]
        fit = np.maximum(matrix @ solution, floor)
    scaled = matrix / fit[:, None]
    residual = (values - fit) / fit
    freedom = max(float(weight.sum() / weight.max()) - 2, 1.0)
    scatter = float(weight @ np.square(residual)) / float(weight.max()) / freedom
    inverse = np.linalg.pinv(scaled.T * (weight / weight.max()) @ scaled)
    error = float(np.sqrt(max(inverse[-1, -1] * scatter, 0.0)))
    return float(solution[0]), float(solution[1]), error
