"""Rows -> `toy.md`: for each set and task one table, every system a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.report import write_page
from pellucid.evaluate.table import NO_VALUE, table
from pellucid.evaluate.toy import rows as store
from pellucid.evaluate.toy.rows import COMPRESS, DENOISE, TASKS, ToyResult, ToyRun
from pellucid.evaluate.toy.summary import (
    Standing,
    best_first,
    curves,
    nearest,
    psnr_at,
    reference_rate,
    sets_in,
    standings,
)
from pellucid.evaluate.toy.systems import LABELS, SHEET, SINGLE

REPORT = "toy.md"
SETS = {"cifar10": "CIFAR-10, 32x32 colour", "mnist": "MNIST, 28x28 grey"}
TITLES = {COMPRESS: "compress", DENOISE: "denoise, sigma 25"}
FALLBACK_RATE = 1.0  # bits a pixel, where the reference wasn't run

Runs = Mapping[tuple[str, str, str], ToyRun]


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make `toy.md` of all rows in `folder`, also those of earlier runs.

    Returns:
        The report as Markdown and the file written.

    Raises:
        InputError: no rows.
        OutputError: the file can't be written.
    """
    rows, runs = store.load_rows(folder), store.load_runs(folder)
    if not rows:
        raise InputError(f"no rows in {folder}; make them with: pellucid bench toy")
    text = "# Beside what articles build\n\n" + build(rows, runs, store.load_methods(folder))
    return text, [write_page(folder / REPORT, text + "\n")]


def build(rows: Sequence[ToyResult], runs: Sequence[ToyRun], facts: Mapping[str, Any]) -> str:
    """All tables, what they are over, what was learnt from, and the versions, as Markdown."""
    by_key = {one.key: one for one in runs}
    parts = [how(runs, facts)]
    for data in sets_in(rows):
        for task in TASKS:
            if found := standings(rows, data, task):
                parts.append(f"### {SETS.get(data, data)}: {TITLES[task]}")
                parts += compress_part(found, data, by_key) if task == COMPRESS else [
                    denoise_table(found, data, by_key)
                ]  # fmt: skip
    return "\n\n".join([*parts, "### Training data", learnt(runs), versions(runs)])


def how(runs: Sequence[ToyRun], facts: Mapping[str, Any]) -> str:
    """One paragraph: which pictures, how scored, how timed, on what."""
    by_set = {data: [one for one in runs if one.data == data] for data in _sets(runs)}
    sizes = ", ".join(_sizes(data, own) for data, own in by_set.items())
    minutes = _span([one.minutes for one in runs if one.minutes])
    threads = _span([float(one.threads) for one in runs])
    where = f" on {facts['processor']} ({facts['cores']} cores)" if "processor" in facts else ""
    command = f" Measured with `{facts['command']}`." if "command" in facts else ""
    given = (
        f" Systems that learn had {minutes} minutes each, for each task and set." if minutes else ""
    )
    return (
        f"Pictures: {sizes}.{given} PSNR is that of the mean squared error over all of them, SSIM "
        f"their mean. Run is one pass, not a median: compressing and decompressing, or cleaning, "
        f"milliseconds a picture, {threads} threads asked for{where}.{command}"
    )


def compress_part(found: Sequence[Standing], data: str, runs: Runs) -> list[str]:
    """The table of a set's codecs near one rate, and the one of their curves."""
    rate = reference_rate(found)
    shown = rate or FALLBACK_RATE
    by_system = curves(found)
    lines = []
    for (system, files), curve in by_system.items():
        one = nearest(curve, shown)
        lines.append(
            [_label(system), _files(files), f"{one.rate:.2f}", _psnr(one.psnr), f"{one.ssim:.3f}",
             _optional(psnr_at(curve, shown)), _train(runs, system, data, COMPRESS),
             _run(one.run_ms)]
        )  # fmt: skip
    header = ["system", "files", "rate (bits/pixel)", "PSNR (dB)", "SSIM",
              f"PSNR at {shown:.2f}", "train (s)", "run (ms)"]  # fmt: skip
    why = "that of the CNN with 4 bits a number" if rate else "the CNN wasn't run"
    note = (
        f"Each at its setting nearest {shown:.2f} bits per pixel ({why}); the column after SSIM is "
        "read off its curve there, — where the curve doesn't reach. All settings:"
    )
    points = [
        [_label(system), _files(files),
         ", ".join(f"{one.rate:.2f}: {_psnr(one.psnr)}" for one in curve)]
        for (system, files), curve in by_system.items()
    ]  # fmt: skip
    return [table(header, lines), note, table(["system", "files", "bits/pixel: dB"], points)]


def denoise_table(found: Sequence[Standing], data: str, runs: Runs) -> str:
    """The table of a set's denoisers, the best first."""
    lines = [
        [_label(one.system), _psnr(one.psnr), f"{one.ssim:.3f}",
         _train(runs, one.system, data, DENOISE), _run(one.run_ms)]
        for one in best_first(found)
    ]  # fmt: skip
    return table(["system", "PSNR (dB)", "SSIM", "train (s)", "run (ms)"], lines)


def learnt(runs: Sequence[ToyRun]) -> str:
    """What each system that learns made of its minutes."""
    lines = [
        [_label(one.system), SETS.get(one.data, one.data).partition(",")[0], one.task, one.learnt,
         f"{one.model_bytes / 1e6:.2f}"]
        for one in sorted(runs, key=lambda one: (list(LABELS).index(one.system), one.key))
        if one.model_bytes
    ]  # fmt: skip
    return table(["system", "set", "task", "trained on", "model (MB)"], lines)


def versions(runs: Sequence[ToyRun]) -> str:
    """Libraries and options of every system."""
    lines = []
    for name in LABELS:
        texts = dict.fromkeys(one.version for one in runs if one.system == name)
        if texts:
            lines.append(f"- {_label(name)}: {'; '.join(texts)}")
    return "\n".join(lines)


def _sets(runs: Sequence[ToyRun]) -> list[str]:
    return sorted({one.data for one in runs})


def _sizes(data: str, runs: Sequence[ToyRun]) -> str:
    learnt_from = max(one.train_pictures for one in runs)
    others = f" and {learnt_from} others to learn from" if learnt_from else ""
    return f"{SETS.get(data, data).partition(',')[0]} {runs[0].held_out} to report on{others}"


def _label(system: str) -> str:
    return LABELS[system]


def _files(files: str) -> str:
    return {SHEET: "sheet", SINGLE: "each its own"}[files]


def _train(runs: Runs, system: str, data: str, task: str) -> str:
    one = runs.get((system, data, task))
    return f"{one.train_s:.0f}" if one and one.model_bytes else ""


def _psnr(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "no error"


def _optional(value: float | None) -> str:
    return NO_VALUE if value is None else _psnr(value)


def _run(milliseconds: float) -> str:
    return f"{milliseconds:.{1 if milliseconds < 100 else 0}f}"


def _span(numbers: Sequence[float]) -> str:
    return " or ".join(f"{number:g}" for number in sorted(set(numbers)))
