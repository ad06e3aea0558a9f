"""The rows of `bench compress`, and the few numbers worth showing that are made of them.

BD-rate says how many percent more bytes one codec needs than another for the same quality:
Bjøntegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33 (2001), as the
package `bjontegaard` computes it with piecewise cubic (PCHIP) interpolation of log rate over
quality. Negative: the tested codec is smaller. Two averages over pictures are in use: the mean of
the BD-rates of the pictures, and the BD-rate of the mean curve (which weighs detailed pictures
more, because they take more bits).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from pellucid.errors import OptionError
from pellucid.evaluate._extras import require
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import grouped

TARGET_BPP = 0.75
MIN_POINTS = 3

Point = tuple[float, float]  # (bits per pixel, quality)
Curve = Sequence[Point]
Timed = TypeVar("Timed", bound="Result")
Curves = Mapping[str, Curve]  # picture -> its curve, the same settings for every picture


@dataclass(frozen=True, slots=True)
class Result:
    """One picture coded once.

    `bpp` is 8 * bytes / (width * height), from the whole file. `psnr` is RGB, in dB. `encode_s`
    and `decode_s` are wall seconds: of a single run in a sweep (`repeats` 1, don't quote them), the
    median of `repeats` runs in a speed table. `threads` is what was asked for; `versions` names
    the libraries, or pellucid and its model. `butteraugli` came later than the committed rows. An
    empty cell is a metric that wasn't asked for.
    """

    codec: str
    setting: float
    image: str
    width: int
    height: int
    bytes: int
    bpp: float
    psnr: float
    ms_ssim: float | None
    ssimulacra2: float | None
    encode_s: float
    decode_s: float
    threads: int
    repeats: int
    versions: str
    butteraugli: float | None = None

    @property
    def megapixels(self) -> float:
        """Size of the picture in millions of pixels."""
        return self.width * self.height / 1e6


@dataclass(frozen=True, slots=True)
class Timing(Result):
    """A row of the speed table: medians, and how far they may be off.

    `..._low` and `..._high` are the quartiles of the `repeats` runs, in seconds. `encode_mb` and
    `decode_mb` are the peak of resident memory, in millions of bytes, of a fresh process that does
    only that, Python and libraries included. None where it wasn't measured.
    """

    encode_low: float | None = None
    encode_high: float | None = None
    decode_low: float | None = None
    decode_high: float | None = None
    encode_mb: float | None = None
    decode_mb: float | None = None


SWEEP = Rows(Result, "compress-{codec}.tsv")
SPEED_ROWS = Rows(Timing, "speed.tsv")


def setting_near(rows: Iterable[Result], bpp: float = TARGET_BPP) -> float:
    """The setting of one codec's rows whose mean rate comes nearest to `bpp`; OptionError without
    rows."""
    rates = grouped(rows, lambda row: row.setting)
    if not rates:
        raise OptionError("no rows to choose a setting from; run the sweep first")
    means = {setting: statistics.fmean(r.bpp for r in own) for setting, own in rates.items()}
    return min(means, key=lambda setting: abs(means[setting] - bpp))


def codecs_in(rows: Iterable[Result]) -> list[str]:
    """Names of the codecs, each once, in order of first appearance."""
    return list(dict.fromkeys(row.codec for row in rows))


def curves(rows: Iterable[Result], codec: str, metric: Metric) -> Curves:
    """A codec's rate-quality curve for each picture, at the settings that all pictures have.

    Rows without the metric are left out.
    """
    points: dict[str, dict[float, Point]] = {}
    for row in rows:
        value = getattr(row, metric.name)
        if row.codec == codec and value is not None:
            point = (row.bpp, metric.quality_for_bd(value))
            points.setdefault(row.image, {})[row.setting] = point
    common = set[float]().union(*points.values()).intersection(*points.values())
    return {
        image: sorted(point for setting, point in by_setting.items() if setting in common)
        for image, by_setting in points.items()
    }


def average_curve(rows: Iterable[Result], codec: str, metric: Metric) -> list[Point]:
    """Rate and quality of a codec, averaged over its pictures setting by setting."""
    return _mean(curves(rows, codec, metric).values())


def _mean(found: Iterable[Curve]) -> list[Point]:
    return [
        (statistics.fmean(p[0] for p in points), statistics.fmean(p[1] for p in points))
        for points in zip(*found, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class BdAverage:
    """BD-rate over several pictures, in percent.

    `by_picture` has the pictures whose curves overlap; `of_mean_curve` comes from their curves
    averaged setting by setting; `left_out` pictures had no overlap or too few points.
    """

    by_picture: Mapping[str, float]
    of_mean_curve: float
    left_out: int

    @property
    def pictures(self) -> int:
        """How many there are."""
        return len(self.by_picture)

    @property
    def per_picture(self) -> float:
        """Their mean."""
        return statistics.fmean(self.by_picture.values())

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The lower one, the median and the upper one."""
        low, middle, high = np.percentile([*self.by_picture.values()], (25, 50, 75)).tolist()
        return low, middle, high

    @property
    def worst(self) -> tuple[str, float]:
        """The picture that takes most, and its BD-rate."""
        return max(self.by_picture.items(), key=lambda item: item[1])


def compare(rows: Sequence[Result], anchor: str, test: str, metric: str) -> BdAverage | None:
    """BD-rate of `test` against `anchor`; None without a picture in common whose curves overlap.

    MissingExtraError if the package `bjontegaard` isn't installed.
    """
    scale = METRICS[metric]
    return average_bd_rate(curves(rows, anchor, scale), curves(rows, test, scale))


def average_bd_rate(anchors: Curves, tests: Curves) -> BdAverage | None:
    """BD-rate over the pictures that both sides have; those that one lacks are left out as well."""
    common = sorted(anchors.keys() & tests.keys())
    found = {name: bd_rate(anchors[name], tests[name]) for name in common}
    values = {name: value for name, value in found.items() if value is not None}
    of_mean = bd_rate(*(_mean(side[name] for name in values) for side in (anchors, tests)))
    if of_mean is None:
        return None
    return BdAverage(values, of_mean, len(anchors.keys() | tests.keys()) - len(values))


def bd_rate(anchor: Curve, test: Curve) -> float | None:
    """BD-rate of `test` against `anchor` in percent, over the quality range common to both; None
    with fewer than three usable points, or without a common range."""
    library = require("bjontegaard")
    known, new = rising(anchor), rising(test)
    if min(len(known), len(new)) < MIN_POINTS:
        return None
    if min(known[-1][1], new[-1][1]) <= max(known[0][1], new[0][1]):
        return None
    both = (*zip(*known, strict=True), *zip(*new, strict=True))
    overlap = {"require_matching_points": False, "min_overlap": 0}
    return float(library.bd_rate(*both, method="pchip", **overlap))


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


def timed(rows: Sequence[Timed]) -> dict[str, list[Timed]]:
    """The rows of each codec, of the pictures that all codecs were timed on."""
    images = [{row.image for row in rows if row.codec == name} for name in codecs_in(rows)]
    kept = [row for row in rows if all(row.image in own for own in images)]
    return {name: [row for row in kept if row.codec == name] for name in codecs_in(kept)}


def megapixels_a_second(rows: Sequence[Result], seconds: str) -> float:
    """Speed if every picture took the seconds of this column; NaN if some or all are missing."""
    taken = [getattr(row, seconds) for row in rows]
    known = taken and None not in taken
    return sum(row.megapixels for row in rows) / sum(taken) if known else math.nan
