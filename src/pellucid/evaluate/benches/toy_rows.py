"""The rows of `bench toy`, and what it shows: for each set and task one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from pellucid.evaluate import runs as commands
from pellucid.evaluate.bench import Part
from pellucid.evaluate.peers.toy import LABELS
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import NO_VALUE, Table, grouped

SETS = {"cifar10": "CIFAR-10, 32x32 colour", "mnist": "MNIST, 28x28 grey"}
TITLES = {"compress": "compress", "denoise": "denoise, sigma 25"}
FILES = {"sheet": "sheet", "single": "each its own"}
ORDER = list(LABELS)
REFERENCE = ("cnn", 4.0)  # the article's network and the bits at whose rate codecs are shown
FALLBACK_RATE = 1.0  # bits per pixel, where it wasn't run


@dataclass(frozen=True, slots=True)
class ToyResult:
    """One picture, or one sheet of `pictures`, coded and decoded, or cleaned; or a mean of these.

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

    @property
    def rate(self) -> float:
        """Bits per pixel."""
        return 8 * self.bytes / self.pixels

    @property
    def run_ms(self) -> float:
        """Milliseconds a picture."""
        return 1000 * self.run_s / self.pictures


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


Runs = Mapping[tuple[str, str, str], ToyRun]


def load_rows(folder: Path) -> list[ToyResult]:
    """The rows of all finished runs; none if nothing was measured."""
    finished = {key_of(run) for run in RUNS.load(folder)}
    return [row for row in ROWS.load(folder) if key_of(row) in finished]


def comparisons(rows: Sequence[ToyResult], data: str, task: str) -> list[ToyResult]:
    """Every system, kind of file and setting over all pictures, in the order of `LABELS` and by
    rate; PSNR is that of the mean squared error."""
    own = [row for row in rows if (row.data, row.task) == (data, task)]
    groups = grouped(own, lambda row: (row.system, row.files, row.setting))
    return sorted(
        map(_together, groups.values()),
        key=lambda one: (one.files == "single", ORDER.index(one.system), one.rate),
    )


def _together(rows: Sequence[ToyResult]) -> ToyResult:
    pictures = sum(row.pictures for row in rows)
    error = sum(row.pictures * 10 ** (-row.psnr / 10) for row in rows) / pictures
    return replace(
        rows[0],
        pictures=pictures,
        pixels=sum(row.pixels for row in rows),
        bytes=sum(row.bytes for row in rows),
        psnr=-10 * math.log10(error) if error else math.inf,
        ssim=sum(row.pictures * row.ssim for row in rows) / pictures,
        run_s=sum(row.run_s for row in rows),
    )


def nearest(curve: Sequence[ToyResult], rate: float) -> ToyResult:
    """The point of a curve whose rate is nearest, as a ratio."""
    return min(curve, key=lambda one: abs(math.log(one.rate / rate)))


def psnr_at(curve: Sequence[ToyResult], rate: float) -> float | None:
    """PSNR at a rate, on straight lines over the logarithm of rate; None outside the curve."""
    points = sorted((math.log(one.rate), one.psnr) for one in curve if math.isfinite(one.psnr))
    if not points or not points[0][0] <= math.log(rate) <= points[-1][0]:
        return None
    rates, values = zip(*points, strict=True)
    return float(np.interp(math.log(rate), rates, values))


def report(folder: Path, level: str = "##") -> list[Part]:
    """All tables, what they are over, the training data, and the versions."""
    rows, runs = load_rows(folder), RUNS.load(folder)
    if not rows:
        return []
    by_key = {key_of(one): one for one in runs}
    parts: list[Part] = [how(runs, folder)]
    for data in sorted({row.data for row in rows}):
        for task in TITLES:
            if found := comparisons(rows, data, task):
                parts.append(f"{level} {SETS.get(data, data)}: {TITLES[task]}")
                show = compress_part if task == "compress" else denoise_part
                parts += show(found, data, by_key)
    versions = [
        f"- {label}: {'; '.join(texts)}"
        for name, label in LABELS.items()
        if (texts := dict.fromkeys(one.version for one in runs if one.system == name))
    ]
    return [*parts, f"{level} Training data", learnt(runs), "\n".join(versions)]


def how(runs: Sequence[ToyRun], folder: Path) -> str:
    """One paragraph: which pictures, how scored, how timed, on what."""
    sizes = []
    for data in sorted({one.data for one in runs}):
        own = [one for one in runs if one.data == data]
        most = max(one.train_pictures for one in own)
        others = f" and {most} others to learn from" if most else ""
        sizes.append(f"{_short(data)} {own[0].held_out} to report on{others}")
    minutes = _span([one.minutes for one in runs if one.minutes])
    given = (
        f" Systems that learn had {minutes} minutes each, for each task and set." if minutes else ""
    )
    threads = _span([one.threads for one in runs])
    where = commands.where(folder, "toy")
    made = [f"`{run.command}`" for run in commands.load_runs(folder, "toy") if run.command]
    command = f" Measured with {' and '.join(made)}." if made else ""
    return (
        f"Pictures: {', '.join(sizes)}.{given} PSNR is that of the mean squared error over all of "
        f"them, SSIM their mean. Run is one pass, not a median: compressing and decompressing, or "
        f"cleaning, milliseconds a picture, {threads} threads asked for{where}.{command}"
    )


def compress_part(found: Sequence[ToyResult], data: str, runs: Runs) -> list[Part]:
    """The table of a set's codecs near one rate, and the one of their curves."""
    rates = [one.rate for one in found if (one.system, one.setting) == REFERENCE]
    shown = rates[0] if rates else FALLBACK_RATE
    lines, points = [], []
    for (system, files), group in groupby(found, lambda one: (one.system, one.files)):
        curve, names = list(group), [LABELS[system], FILES[files]]
        one = nearest(curve, shown)
        run = runs.get((system, data, "compress"))
        quality = [_psnr(one.psnr), f"{one.ssim:.3f}", _psnr(psnr_at(curve, shown))]
        lines.append([*names, f"{one.rate:.2f}", *quality, *_times(run, one)])
        points.append([*names, ", ".join(f"{at.rate:.2f}: {_psnr(at.psnr)}" for at in curve)])
    header = ["system", "files", "rate (bits/pixel)", "PSNR (dB)", "SSIM",
              f"PSNR at {shown:.2f}", "train (s)", "run (ms)"]  # fmt: skip
    why = "that of the CNN with 4 bits a number" if rates else "the CNN wasn't run"
    note = (
        f"Each at its setting nearest {shown:.2f} bits per pixel ({why}); the column after SSIM is "
        "read off its curve there, — where the curve doesn't reach. All settings:"
    )
    return [Table(header, lines), note, Table(["system", "files", "bits/pixel: dB"], points)]


def denoise_part(found: Sequence[ToyResult], data: str, runs: Runs) -> list[Part]:
    """The table of a set's denoisers, the best first."""
    lines = []
    for one in sorted(found, key=lambda one: -one.psnr):
        times = _times(runs.get((one.system, data, "denoise")), one)
        lines.append([LABELS[one.system], _psnr(one.psnr), f"{one.ssim:.3f}", *times])
    return [Table(["system", "PSNR (dB)", "SSIM", "train (s)", "run (ms)"], lines)]


def learnt(runs: Sequence[ToyRun]) -> Table:
    """What each system that learns made of its minutes."""
    lines = [
        [LABELS[one.system], _short(one.data), one.task, one.learnt, f"{one.model_bytes / 1e6:.2f}"]
        for one in sorted(runs, key=lambda one: (ORDER.index(one.system), key_of(one)))
        if one.model_bytes
    ]
    return Table(["system", "set", "task", "trained on", "model (MB)"], lines)


def _short(data: str) -> str:
    return SETS.get(data, data).partition(",")[0]


def _times(run: ToyRun | None, one: ToyResult) -> list[str]:
    trained = f"{run.train_s:.0f}" if run and run.model_bytes else ""
    return [trained, f"{one.run_ms:.{1 if one.run_ms < 100 else 0}f}"]


def _psnr(value: float | None) -> str:
    if value is None:
        return NO_VALUE
    return f"{value:.2f}" if math.isfinite(value) else "no error"


def _span(numbers: Sequence[float]) -> str:
    return " or ".join(f"{number:g}" for number in sorted(set(numbers)))
