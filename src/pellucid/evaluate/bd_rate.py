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

from pellucid.errors import OptionError
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


def bd_rate(anchor: Curve, test: Curve) -> float:
    """BD-rate of `test` against `anchor` in percent, over the quality range common to both.

    Args:
        anchor: (bits per pixel, quality) pairs in any order.
        test: the same; the number of points may differ.

    Raises:
        OptionError: fewer than three usable points, a rate that isn't positive, or curves without
            a common range of quality.
        MissingExtraError: the package `bjontegaard` isn't installed.
    """
    library = require("bjontegaard")
    known, new = rising(anchor), rising(test)
    for name, curve in (("anchor", known), ("test", new)):
        if len(curve) < MIN_POINTS:
            raise OptionError(f"BD-rate needs {MIN_POINTS} rising points, {name} has {len(curve)}")
        if curve[0][0] <= 0:
            raise OptionError(f"BD-rate needs positive rates, {name} has {curve[0][0]}")
    low, high = max(known[0][1], new[0][1]), min(known[-1][1], new[-1][1])
    if high <= low:
        raise OptionError(
            f"no common quality: anchor {known[0][1]:.2f}..{known[-1][1]:.2f}, "
            f"test {new[0][1]:.2f}..{new[-1][1]:.2f}; choose settings that overlap"
        )
    (known_rate, known_quality), (new_rate, new_quality) = (
        zip(*known, strict=True),
        zip(*new, strict=True),
    )
    return float(
        library.bd_rate(
            known_rate, known_quality, new_rate, new_quality,
            method="pchip", require_matching_points=False, min_overlap=0,
        )
    )  # fmt: skip


def average_bd_rate(anchors: Mapping[str, Curve], tests: Mapping[str, Curve]) -> BdAverage:
    """BD-rate over the pictures that both sides have; keys name the pictures.

    Within one codec the curves of all pictures must list the same settings in the same order.

    Raises:
        OptionError: no picture in common, or none with overlapping curves.
    """
    common = sorted(anchors.keys() & tests.keys())
    if not common:
        raise OptionError("BD-rate needs at least one picture that both codecs coded")
    values: dict[str, float] = {}
    last = None
    for name in common:
        try:
            values[name] = bd_rate(anchors[name], tests[name])
        except OptionError as error:
            last = error
    if not values:
        raise OptionError(f"no picture with comparable curves: {last}") from last
    of_mean = bd_rate(
        mean_curve([anchors[name] for name in values]),
        mean_curve([tests[name] for name in values]),
    )
    return BdAverage(
        statistics.fmean(values.values()), of_mean, len(values), len(common) - len(values)
    )


def mean_curve(curves: Sequence[Curve]) -> list[Point]:
    """Rate and quality averaged over pictures, setting by setting.

    Raises:
        OptionError: the curves have different numbers of points.
    """
    if len({len(curve) for curve in curves}) != 1:
        raise OptionError("the mean curve needs the same settings for every picture")
    return [
        (statistics.fmean(p[0] for p in points), statistics.fmean(p[1] for p in points))
        for points in zip(*curves, strict=True)
    ]
