"""Rows -> the few numbers a report shows. Pure functions; `report` and `plot` draw them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pellucid.errors import OptionError
from pellucid.evaluate.bd_rate import BdAverage, Point, average_bd_rate, mean_curve
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.record import Result, Timing

Curves = dict[str, list[Point]]  # picture -> its curve, the same settings for every picture


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed of one codec over the pictures of the speed table, from medians.

    Rates are megapixels a second; `bpp` and `psnr` are means. The spreads are the rates of the
    slower and the faster quartile of the runs, the peaks in millions of bytes; None where a row
    lacks them.
    """

    codec: str
    setting: float
    bpp: float
    psnr: float
    encode_mps: float
    decode_mps: float
    encode_s: float
    pictures: int
    encode_spread: tuple[float, float] | None = None
    decode_spread: tuple[float, float] | None = None
    peaks: tuple[float, float] | None = None  # compress, decompress


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
    try:
        return average_bd_rate(curves(rows, anchor, scale), curves(rows, test, scale))
    except OptionError:
        return None


def average_curve(rows: Iterable[Result], codec: str, metric: Metric) -> list[Point]:
    """Rate and quality of a codec, averaged over its pictures setting by setting."""
    found = curves(rows, codec, metric)
    return mean_curve(list(found.values())) if found else []


def speeds(rows: Sequence[Timing]) -> dict[str, Speed]:
    """The speed table's rows, one a codec, over the pictures that all codecs were timed on."""
    images = {name: {r.image for r in rows if r.codec == name} for name in codecs_in(rows)}
    if not images:
        return {}
    common = set.intersection(*images.values())
    table: dict[str, Speed] = {}
    for name in images:
        own = [row for row in rows if row.codec == name and row.image in common]
        if own:
            table[name] = _speed(name, own)
    return table


def _speed(name: str, rows: Sequence[Timing]) -> Speed:
    megapixels = sum(row.megapixels for row in rows)
    encode_s, decode_s = sum(row.encode_s for row in rows), sum(row.decode_s for row in rows)
    return Speed(
        codec=name,
        setting=rows[0].setting,
        bpp=sum(row.bpp for row in rows) / len(rows),
        psnr=sum(row.psnr for row in rows) / len(rows),
        encode_mps=megapixels / encode_s,
        decode_mps=megapixels / decode_s,
        encode_s=encode_s,
        pictures=len(rows),
        encode_spread=_spread(rows, "encode", megapixels),
        decode_spread=_spread(rows, "decode", megapixels),
        peaks=next(((r.encode_mb, r.decode_mb) for r in rows if r.encode_mb and r.decode_mb), None),
    )


def _spread(rows: Sequence[Timing], way: str, megapixels: float) -> tuple[float, float] | None:
    """Megapixels a second if every picture took its slower quartile, and its faster one."""
    slow = [getattr(row, f"{way}_high") for row in rows]
    fast = [getattr(row, f"{way}_low") for row in rows]
    if None in slow or None in fast:
        return None
    return megapixels / sum(slow), megapixels / sum(fast)


def time_ratio(table: dict[str, Speed], codec: str, peer: str) -> float | None:
    """Compress time of `codec` as a part of that of `peer`, same pictures, same run."""
    if codec not in table or peer not in table:
        return None
    return table[codec].encode_s / table[peer].encode_s
