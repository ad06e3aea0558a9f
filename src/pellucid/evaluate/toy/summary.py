"""Rows -> the few numbers worth showing. Pure functions; `report` draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.evaluate.toy.rows import COMPRESS, ToyResult
from pellucid.evaluate.toy.systems import LABELS, REFERENCE, SHEET, SINGLE

MIDDLE = 4.0  # bits: the setting of the reference whose rate others are shown near


@dataclass(frozen=True, slots=True)
class Standing:
    """A system on a set at a task at one setting, over all held-out pictures.

    `rate` is bits a pixel, of all bytes over all pixels; `psnr` that of the mean squared error;
    `run_ms` milliseconds a picture.
    """

    system: str
    files: str
    setting: float
    rate: float
    psnr: float
    ssim: float
    run_ms: float


def sets_in(rows: Iterable[ToyResult]) -> list[str]:
    """Names of the sets, each once, sorted."""
    return sorted({row.data for row in rows})


def standings(rows: Sequence[ToyResult], data: str, task: str) -> list[Standing]:
    """Every system, kind of file and setting, in the order of `LABELS` and by rate."""
    groups: dict[tuple[str, str, float], list[ToyResult]] = {}
    for row in rows:
        if (row.data, row.task) == (data, task):
            groups.setdefault((row.system, row.files, row.setting), []).append(row)
    order = list(LABELS)
    return sorted(
        (_standing(key, own) for key, own in groups.items()),
        key=lambda one: (one.files == SINGLE, order.index(one.system), one.rate),
    )


def reference_rate(found: Sequence[Standing]) -> float | None:
    """The rate of the article's network, at which the others are shown; None without it."""
    for one in found:
        if (one.system, one.setting) == (REFERENCE, MIDDLE):
            return one.rate
    return None


def curves(found: Sequence[Standing]) -> dict[tuple[str, str], list[Standing]]:
    """The standings of each system and kind of file, by rate."""
    groups: dict[tuple[str, str], list[Standing]] = {}
    for one in found:
        groups.setdefault((one.system, one.files), []).append(one)
    return groups


def nearest(curve: Sequence[Standing], rate: float) -> Standing:
    """The point of a curve whose rate is nearest, as a ratio."""
    return min(curve, key=lambda one: abs(math.log(one.rate / rate)))


def psnr_at(curve: Sequence[Standing], rate: float) -> float | None:
    """PSNR at a rate, on straight lines over the logarithm of rate; None outside the curve."""
    points = sorted((math.log(one.rate), one.psnr) for one in curve if math.isfinite(one.psnr))
    if not points or not points[0][0] <= math.log(rate) <= points[-1][0]:
        return None
    rates, values = zip(*points, strict=True)
    return float(np.interp(math.log(rate), rates, values))


def best_first(found: Iterable[Standing]) -> list[Standing]:
    """By PSNR, the highest first."""
    return sorted(found, key=lambda one: -one.psnr)


def has_sheets(rows: Iterable[ToyResult]) -> bool:
    """Whether any row is of a sheet."""
    return any(row.files == SHEET and row.task == COMPRESS for row in rows)


def _standing(key: tuple[str, str, float], rows: Sequence[ToyResult]) -> Standing:
    pictures, pixels = sum(r.pictures for r in rows), sum(r.pixels for r in rows)
    error = sum(row.pictures * 10 ** (-row.psnr / 10) for row in rows) / pictures
    return Standing(
        *key,
        rate=8 * sum(row.bytes for row in rows) / pixels,
        psnr=-10 * math.log10(error) if error else math.inf,
        ssim=sum(row.pictures * row.ssim for row in rows) / pictures,
        run_ms=1000 * sum(row.run_s for row in rows) / pictures,
    )
