"""The rows of `bench compress`, and the few numbers worth showing that are made of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from pellucid.errors import OptionError
from pellucid.evaluate.bd_rate import BdAverage, Point, average_bd_rate, mean_curve
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.rows import Rows

TARGET_BPP = 0.75
Curves = dict[str, list[Point]]  # picture -> its curve, the same settings for every picture


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

    @classmethod
    def of(cls, row: Result, **changes: Any) -> Self:
        """A row of the sweep with what was timed."""
        cells = {column.name: getattr(row, column.name) for column in fields(row)}
        return cls(**{**cells, **changes})


SWEEP = Rows(Result, "compress-{codec}.tsv")
SPEED_ROWS = Rows(Timing, "speed.tsv")


def setting_near(rows: Iterable[Result], bpp: float = TARGET_BPP) -> float:
    """The setting of one codec's rows whose mean rate comes nearest to `bpp`.

    Raises:
        OptionError: no rows.
    """
    rates: dict[float, list[float]] = {}
    for row in rows:
        rates.setdefault(row.setting, []).append(row.bpp)
    if not rates:
        raise OptionError("no rows to choose a setting from; run the sweep first")
    return min(rates, key=lambda setting: abs(statistics.fmean(rates[setting]) - bpp))


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
    if not points:
        return {}
    common = set.intersection(*(set(by_setting) for by_setting in points.values()))
    return {
        image: sorted(point for setting, point in by_setting.items() if setting in common)
        for image, by_setting in points.items()
    }


def compare(rows: Sequence[Result], anchor: str, test: str, metric: str) -> BdAverage | None:
    """BD-rate of `test` against `anchor`; None where it can't be had.

    Raises:
        MissingExtraError: the package `bjontegaard` isn't installed.
    """
    scale = METRICS[metric]
    return average_bd_rate(curves(rows, anchor, scale), curves(rows, test, scale))


def average_curve(rows: Iterable[Result], codec: str, metric: Metric) -> list[Point]:
    """Rate and quality of a codec, averaged over its pictures setting by setting."""
    found = curves(rows, codec, metric)
    return mean_curve(list(found.values())) if found else []


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed of one codec over the pictures of the speed table, from medians.

    Rates are megapixels a second; `bpp` and `psnr` are means. The quartiles are the rates of the
    slower and the faster quartile of the runs, the peaks in millions of bytes; None where a row
    lacks them.
    """

    bpp: float
    psnr: float
    encode_mps: float
    decode_mps: float
    encode_s: float
    pictures: int
    encode_quartiles: tuple[float, float] | None = None
    decode_quartiles: tuple[float, float] | None = None
    peaks: tuple[float, float] | None = None  # compress, decompress


def speeds(rows: Sequence[Timing]) -> dict[str, Speed]:
    """The speed of each codec, over the pictures that all codecs were timed on."""
    images = {name: {r.image for r in rows if r.codec == name} for name in codecs_in(rows)}
    common = set.intersection(*images.values()) if images else set()
    return {
        name: _speed([row for row in rows if row.codec == name and row.image in common])
        for name in images
        if common
    }


def _speed(rows: Sequence[Timing]) -> Speed:
    megapixels = sum(row.megapixels for row in rows)
    encode_s, decode_s = sum(row.encode_s for row in rows), sum(row.decode_s for row in rows)
    return Speed(
        bpp=statistics.fmean(row.bpp for row in rows),
        psnr=statistics.fmean(row.psnr for row in rows),
        encode_mps=megapixels / encode_s,
        decode_mps=megapixels / decode_s,
        encode_s=encode_s,
        pictures=len(rows),
        encode_quartiles=_quartiles(rows, "encode", megapixels),
        decode_quartiles=_quartiles(rows, "decode", megapixels),
        peaks=next(((r.encode_mb, r.decode_mb) for r in rows if r.encode_mb and r.decode_mb), None),
    )


def _quartiles(rows: Sequence[Timing], task: str, megapixels: float) -> tuple[float, float] | None:
    """Megapixels a second if every picture took its slower quartile, and its faster one."""
    slow = [getattr(row, f"{task}_high") for row in rows]
    fast = [getattr(row, f"{task}_low") for row in rows]
    if None in slow or None in fast:
        return None
    return megapixels / sum(slow), megapixels / sum(fast)


def time_ratio(table: dict[str, Speed], codec: str, peer: str) -> float | None:
    """Compress time of `codec` as a part of that of `peer`, same pictures, same run."""
    if codec not in table or peer not in table:
        return None
    return table[codec].encode_s / table[peer].encode_s
