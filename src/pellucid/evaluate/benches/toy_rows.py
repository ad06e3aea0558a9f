"""The rows of `bench toy`, and the few numbers worth showing that are made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.evaluate.peers.toy import LABELS, REFERENCE
from pellucid.evaluate.peers.toy_base import SINGLE
from pellucid.evaluate.rows import Rows

MIDDLE = 4.0  # bits: the setting of the reference whose rate others are shown near


@dataclass(frozen=True, slots=True)
class ToyResult:
    """One picture, or one sheet of `pictures`, coded and decoded, or cleaned.

    `setting` is the codec's, or sigma. `bytes` are those of the file, 0 where nothing is
    compressed; `pixels` those of all its pictures. `psnr` is over all samples of the file, `ssim`
    the mean over its pictures. `run_s` is wall seconds, once: compressing and decompressing, or
    cleaning.
    """

    system: str
    data: str
    task: str
    files: str
    setting: float
    picture: int
    pictures: int
    pixels: int
    bytes: int
    psnr: float
    ssim: float
    run_s: float


@dataclass(frozen=True, slots=True)
class ToyRun:
    """A system trained, or not, and run on one set at one task.

    `minutes` and `rounds` are what it was given, `train_s` what it took, `learnt` from what, in
    words. A row with another `version` or other numbers than those asked for is stale.
    """

    system: str
    data: str
    task: str
    train_pictures: int
    held_out: int
    minutes: float
    rounds: int
    threads: int
    train_s: float
    learnt: str
    model_bytes: int
    version: str


RUNS = Rows(ToyRun, "toy-runs.tsv")
ROWS = Rows(ToyResult, "toy-{system}.tsv", but=(RUNS.file,))


def key_of(row: ToyRun | ToyResult) -> tuple[str, str, str]:
    """What is measured together, since a model isn't kept: system, set and task."""
    return (row.system, row.data, row.task)


def load_rows(folder: Path) -> list[ToyResult]:
    """The rows of all finished runs; none if nothing was measured."""
    finished = {key_of(run) for run in RUNS.load(folder)}
    return [row for row in ROWS.load(folder) if key_of(row) in finished]


@dataclass(frozen=True, slots=True)
class Standing:
    """A system on a set at a task at one setting, over all held-out pictures.

    `rate` is bits per pixel, of all bytes over all pixels; `psnr` that of the mean squared error;
    `run_ms` milliseconds a picture.
    """

    system: str
    files: str
    setting: float
    rate: float
    psnr: float
    ssim: float
    run_ms: float


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
    rates = [one.rate for one in found if (one.system, one.setting) == (REFERENCE, MIDDLE)]
    return rates[0] if rates else None


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
