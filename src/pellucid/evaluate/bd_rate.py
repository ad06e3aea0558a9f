"""BD-rate: how many percent more bytes one codec needs than another for the same quality.

Bjøntegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33 (2001), as the
package `bjontegaard` computes it with piecewise cubic (PCHIP) interpolation of log rate over
quality. Negative: the tested codec is smaller. Two averages over pictures are in use and both are
given by `average_bd_rate`: the mean of the BD-rates of the pictures, and the BD-rate of the mean
curve (which weighs detailed pictures more, because they take more bits).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pellucid.evaluate._extras import require

MIN_POINTS = 3

Point = tuple[float, float]  # (bits per pixel, quality)
Curve = Sequence[Point]


@dataclass(frozen=True, slots=True)
class BdAverage:
    """BD-rate over several pictures, in percent.

    `per_picture` is the mean over the `pictures` whose curves overlap; `of_mean_curve` comes from
    their curves averaged setting by setting; `left_out` pictures had no overlap or too few points.
    """

    per_picture: float
    of_mean_curve: float
    pictures: int
    left_out: int


def rising(curve: Curve) -> list[Point]:
    """The points in order of rate, without those that cost more and are no better.

    Interpolation needs quality and rate to rise together; points that aren't finite (the PSNR of
    identical pictures) are left out as well.
    """
    kept: list[Point] = []
    for rate, quality in sorted(point for point in curve if math.isfinite(point[1])):
        if not kept or (quality > kept[-1][1] and rate > kept[-1][0]):
            kept.append((rate, quality))
    return kept


def bd_rate(anchor: Curve, test: Curve) -> float | None:
    """BD-rate of `test` against `anchor` in percent, over the quality range common to both.

    Args:
        anchor: (bits per pixel, quality) pairs in any order; rates are positive.
        test: the same; the number of points may differ.

    Returns:
        None with fewer than three usable points, or without a common range of quality.

    Raises:
        MissingExtraError: the package `bjontegaard` isn't installed.
    """
    library = require("bjontegaard")
    known, new = rising(anchor), rising(test)
    if min(len(known), len(new)) < MIN_POINTS:
        return None
    if min(known[-1][1], new[-1][1]) <= max(known[0][1], new[0][1]):
        return None
    curves = (*zip(*known, strict=True), *zip(*new, strict=True))
    overlap = {"require_matching_points": False, "min_overlap": 0}
    return float(library.bd_rate(*curves, method="pchip", **overlap))


def average_bd_rate(anchors: Mapping[str, Curve], tests: Mapping[str, Curve]) -> BdAverage | None:
    """BD-rate over the pictures that both sides have; keys name the pictures.

    Within one codec the curves of all pictures must list the same settings in the same order.

    Returns:
        None without a picture in common whose curves overlap.
    """
    common = sorted(anchors.keys() & tests.keys())
    found = {name: bd_rate(anchors[name], tests[name]) for name in common}
    values = {name: value for name, value in found.items() if value is not None}
    if not values:
        return None
    means = (mean_curve([side[name] for name in values]) for side in (anchors, tests))
    of_mean = bd_rate(*means)
    if of_mean is None:
        return None
    per_picture = statistics.fmean(values.values())
    return BdAverage(per_picture, of_mean, len(values), len(common) - len(values))


def mean_curve(curves: Sequence[Curve]) -> list[Point]:
    """Rate and quality averaged over pictures, setting by setting, which all must have."""
    return [
        (statistics.fmean(p[0] for p in points), statistics.fmean(p[1] for p in points))
        for points in zip(*curves, strict=True)
    ]
