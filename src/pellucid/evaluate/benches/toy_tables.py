"""What `bench toy` shows: for each set and task one table, every system a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from pellucid.evaluate import runs as commands
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.toy_rows import (
    RUNS,
    Standing,
    ToyRun,
    curves,
    key_of,
    load_rows,
    nearest,
    psnr_at,
    reference_rate,
    standings,
)
from pellucid.evaluate.peers.toy import LABELS
from pellucid.evaluate.peers.toy_base import COMPRESS, DENOISE, SHEET, SINGLE, TASKS
from pellucid.evaluate.table import NO_VALUE, Table

SETS = {"cifar10": "CIFAR-10, 32x32 colour", "mnist": "MNIST, 28x28 grey"}
TITLES = {COMPRESS: "compress", DENOISE: "denoise, sigma 25"}
FILES = {SHEET: "sheet", SINGLE: "each its own"}
FALLBACK_RATE = 1.0  # bits per pixel, where the reference wasn't run

Runs = Mapping[tuple[str, str, str], ToyRun]


def report(folder: Path, level: str = "##") -> list[Part]:
    """All tables, what they are over, the training data, and the versions."""
    rows, runs = load_rows(folder), RUNS.load(folder)
    if not rows:
        return []
    by_key = {key_of(one): one for one in runs}
    parts: list[Part] = [how(runs, folder)]
    for data in sorted({row.data for row in rows}):
        for task in TASKS:
            if found := standings(rows, data, task):
                parts.append(f"{level} {SETS.get(data, data)}: {TITLES[task]}")
                show = compress_part if task == COMPRESS else denoise_part
                parts += show(found, data, by_key)
    return [*parts, f"{level} Training data", learnt(runs), versions(runs)]


def section(folder: Path) -> list[Part]:
    """The same for the docs."""
    return report(folder, "###")


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
    where = commands.machine_text(commands.machine_of(folder, "toy"))
    made = [f"`{run.command}`" for run in commands.load_runs(folder, "toy") if run.command]
    command = f" Measured with {' and '.join(made)}." if made else ""
    return (
        f"Pictures: {', '.join(sizes)}.{given} PSNR is that of the mean squared error over all of "
        f"them, SSIM their mean. Run is one pass, not a median: compressing and decompressing, or "
        f"cleaning, milliseconds a picture, {threads} threads asked for{where}.{command}"
    )


def compress_part(found: Sequence[Standing], data: str, runs: Runs) -> list[Part]:
    """The table of a set's codecs near one rate, and the one of their curves."""
    rate = reference_rate(found)
    shown = rate or FALLBACK_RATE
    lines, points = [], []
    for (system, files), curve in curves(found).items():
        one, names = nearest(curve, shown), [LABELS[system], FILES[files]]
        there = psnr_at(curve, shown)
        lines.append(
            [*names, f"{one.rate:.2f}", _psnr(one.psnr), f"{one.ssim:.3f}",
             NO_VALUE if there is None else _psnr(there),
             *_times(runs.get((system, data, COMPRESS)), one)]
        )  # fmt: skip
        points.append([*names, ", ".join(f"{at.rate:.2f}: {_psnr(at.psnr)}" for at in curve)])
    header = ["system", "files", "rate (bits/pixel)", "PSNR (dB)", "SSIM",
              f"PSNR at {shown:.2f}", "train (s)", "run (ms)"]  # fmt: skip
    why = "that of the CNN with 4 bits a number" if rate else "the CNN wasn't run"
    note = (
        f"Each at its setting nearest {shown:.2f} bits per pixel ({why}); the column after SSIM is "
        "read off its curve there, — where the curve doesn't reach. All settings:"
    )
    return [Table(header, lines), note, Table(["system", "files", "bits/pixel: dB"], points)]


def denoise_part(found: Sequence[Standing], data: str, runs: Runs) -> list[Part]:
    """The table of a set's denoisers, the best first."""
    lines = [
        [LABELS[one.system], _psnr(one.psnr), f"{one.ssim:.3f}",
         *_times(runs.get((one.system, data, DENOISE)), one)]
        for one in sorted(found, key=lambda one: -one.psnr)
    ]  # fmt: skip
    return [Table(["system", "PSNR (dB)", "SSIM", "train (s)", "run (ms)"], lines)]


def learnt(runs: Sequence[ToyRun]) -> Table:
    """What each system that learns made of its minutes."""
    order = list(LABELS)
    lines = [
        [LABELS[one.system], _short(one.data), one.task, one.learnt, f"{one.model_bytes / 1e6:.2f}"]
        for one in sorted(runs, key=lambda one: (order.index(one.system), key_of(one)))
        if one.model_bytes
    ]
    return Table(["system", "set", "task", "trained on", "model (MB)"], lines)


def versions(runs: Sequence[ToyRun]) -> str:
    """Libraries and options of every system."""
    lines = []
    for name, label in LABELS.items():
        if texts := dict.fromkeys(one.version for one in runs if one.system == name):
            lines.append(f"- {label}: {'; '.join(texts)}")
    return "\n".join(lines)


def _short(data: str) -> str:
    return SETS.get(data, data).partition(",")[0]


def _times(run: ToyRun | None, one: Standing) -> list[str]:
    trained = f"{run.train_s:.0f}" if run and run.model_bytes else ""
    return [trained, f"{one.run_ms:.{1 if one.run_ms < 100 else 0}f}"]


def _psnr(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "no error"


def _span(numbers: Sequence[float]) -> str:
    return " or ".join(f"{number:g}" for number in sorted(set(numbers)))
