"""The tables of `denoise.md`, which the docs show too: a task each, noise levels, and speed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches import denoise_tools as tools
from pellucid.evaluate.benches.denoise_rows import (
    ESTIMATES,
    SPEED_ROWS,
    SWEEP,
    Cell,
    DenoiseResult,
    DenoiseTiming,
    Score,
    methods_in,
    quartiles_per_megapixel,
    scores,
    seconds_per_megapixel,
    shared,
    widest,
)
from pellucid.evaluate.benches.denoise_tasks import TASKS, Task
from pellucid.evaluate.peers.base import is_own
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.table import MINUS, NO_VALUE, Table, count, percent

BENCH = "denoise"
HOW = (
    "PSNR in dB over all samples of a picture, clipped to 0..255 and not rounded, then the mean "
    "over pictures; after the stroke SSIM (Gaussian window, mean over channels). The noisy "
    "picture's PSNR is taken in the same way. BM3D's licence allows non-commercial use only. "
    "OpenCV's NLM takes 8-bit samples, so its input is clipped and rounded."
)
RATIO_TO = ("bm3d", "ffdnet")
SETS = {"cbsd68": "CBSD68", "kodak24": "Kodak", "cc15": "CC15", "fmd": "FMD"}


def report(folder: Path) -> list[Part]:
    """The whole report."""
    rows, parts = SWEEP.load(folder), list[Part]()
    for task in TASKS.values():
        for data, own in by_set(row for row in rows if row.task == task.name).items():
            parts += [f"## {task.title}: {data}", *task_part(task, own)]
    for title, made in (
        ("Measured noise level", estimates),
        ("Speed and cost", speed),
        ("Speed of building blocks", tools.blocks),
        ("Many bands", tools.bands),
        ("Repeated structure", tools.structure),
    ):
        if found := made(folder):
            parts += [f"## {title}", *found]
    if rows:
        parts += ["## Methods", _versions(rows, runs.methods_of(folder, BENCH))]
    return [HOW, *parts] if parts else []


def by_set(rows: Iterable[DenoiseResult]) -> dict[str, list[DenoiseResult]]:
    """Rows by folder of pictures, in order of name."""
    found: dict[str, list[DenoiseResult]] = {}
    for row in rows:
        found.setdefault(row.data, []).append(row)
    return dict(sorted(found.items()))


def task_tables(name: str, folder: Path) -> list[Part]:
    """Every table of one task, a set of pictures after the other."""
    parts: list[Part] = []
    for data, rows in by_set(row for row in SWEEP.load(folder) if row.task == name).items():
        note, *rest = task_part(TASKS[name], rows)
        parts += [f"{set_name(data)}: {note}", *rest]
    return parts


def task_part(task: Task, rows: Sequence[DenoiseResult]) -> list[Part]:
    """Note and tables of one task on one folder of pictures.

    A method that ran on fewer pictures has no cell in the first table; the second then gives
    every method's mean over the pictures that all have.
    """
    found = scores(rows)
    most = widest(found)
    whole = {cell: s for cell, s in found.items() if s.images == most[cell[1]]}
    parts: list[Part] = [f"{_scope(most)}. {task.note}", score_table(task, rows, whole)]
    if len(whole) < len(found):
        common = shared(found)
        if not common:
            return [*parts, "Some methods ran on other pictures, with none in common."]
        names = DENOISERS.in_order({name for name, _level in found.keys() - whole.keys()})
        parts.append(
            f"Over fewer pictures, those that every method has ({_scope(common)}), because of "
            f"{', '.join(map(DENOISERS.label, names))}:"
        )
        parts.append(score_table(task, rows, scores(rows, common)))
    return parts


def score_table(task: Task, rows: Sequence[DenoiseResult], found: Mapping[Cell, Score]) -> Table:
    """A row a method, a column a level; where methods search for their best sigma, it's said."""
    levels = sorted({level for _, level in found})
    header = ["method", *(task.level_label.format(level) for level in levels)]
    before = {level: s.noisy for (_, level), s in found.items()}
    first = "JPEG" if task.name == "jpeg" else "noisy"
    body = [[first, *(f"{before[level]:.2f}" for level in levels)]]
    for name in methods_in(rows):
        cells = [found.get((name, level)) for level in levels]
        if any(cells):
            line = [DENOISERS.label(name), *(_score(task, cell) for cell in cells)]
            body.append(line if task.known else [*line, _told(cells)])
    if not task.known:
        header, body[0] = [*header, "noise level given"], [*body[0], ""]
    return Table(header, body)


def estimates(folder: Path) -> list[Part]:
    """How near the measured noise level is, a row a sigma."""
    rows = ESTIMATES.load(folder)
    if not rows:
        return []
    body = []
    for level in sorted({row.level for row in rows}):
        own = [row for row in rows if row.level == level]
        errors = [100 * row.error for row in own]
        sizes = [abs(error) for error in errors]
        mean = f"{fmean(row.sigma for row in own):.2f}"
        body.append([f"{level:g}", mean, percent(fmean(errors))])
        body[-1] += [f"{value:.1f} %" for value in (fmean(sizes), max(sizes))]
    pictures = count(len({(row.data, row.image) for row in rows}), "picture")
    note = (
        f"{pictures} ({', '.join(sorted({row.data for row in rows}))}) with white Gaussian noise, "
        "neither clipped nor rounded. Errors are in percent of the true sigma, of each picture: "
        "their mean with sign (bias), their mean without, and the largest."
    )
    return [Table(["true sigma", "measured", "bias", "mean error", "worst picture"], body), note]


def speed(folder: Path) -> list[Part]:
    """Seconds and multiply-adds of all methods."""
    rows = SPEED_ROWS.load(folder)
    if not rows:
        return []
    machine = runs.machine_of(folder, BENCH, SPEED_ROWS.file)
    return [_speed_table(rows, runs.methods_of(folder, BENCH)), _speed_note(rows, machine)]


def _speed_table(rows: Sequence[DenoiseTiming], methods: Mapping[str, Any]) -> Table:
    """Seconds a megapixel with quartiles, multiply-adds, peak of memory where it was measured, and
    how many times as long as each of pellucid's."""
    seconds, quartiles = seconds_per_megapixel(rows), quartiles_per_megapixel(rows)
    peaks = {row.method: row.peak_mb for row in rows if row.peak_mb}
    own = [name for name in seconds if is_own(name)]
    memory = ["memory (MB)"] if peaks else []
    times = [f"time / {DENOISERS.label(name)}" for name in own]
    body = []
    for name, value in sorted(seconds.items(), key=lambda item: item[1]):
        ratios = [f"{value / seconds[one]:.3g}" for one in own]
        low, high = quartiles.get(name, (0.0, 0.0))
        between = f" ({low:.3g}–{high:.3g})" if name in quartiles else ""
        taken = [f"{peaks[name]:.0f}" if name in peaks else NO_VALUE] if peaks else []
        cost = [f"{value:.3g}{between}", kmac_of(methods, name), *taken]
        body.append([DENOISERS.label(name), *cost, *ratios])
    return Table(["method", "s/megapixel", "kMAC/pixel", *memory, *times], body)


def _speed_note(rows: Sequence[DenoiseTiming], machine: Mapping[str, Any]) -> str:
    """One paragraph: how the speed was taken, and pellucid's against BM3D and FFDNet."""
    seconds, one = seconds_per_megapixel(rows), rows[0]
    sizes = ", ".join(sorted({f"{row.width}x{row.height}" for row in rows}))
    quartiles = ", quartiles in brackets" if quartiles_per_megapixel(rows) else ""
    text = (
        f"Medians of {count(one.repeats, 'interleaved run')} in memory{quartiles}, "
        f"{count(len({row.image for row in rows}), 'picture')} ({sizes}, RGB, sigma "
        f"{one.level:g}), {count(one.threads, 'thread')} asked for{runs.machine_text(machine)}. "
        "Multiply-adds: convolutions only, from the network's graph."
    )
    if any(row.peak_mb for row in rows):
        text += (
            " Memory: the peak of a process that only denoises one of the pictures, Python and "
            "libraries included."
        )
    for own in filter(is_own, seconds):
        ratios = [
            f"{seconds[peer] / seconds[own]:.3g} times as fast as {DENOISERS.label(peer)}"
            for peer in RATIO_TO
            if peer in seconds
        ]
        if ratios:
            text += f" {DENOISERS.label(own)} is {' and '.join(ratios)}."
    return text


def kmac_of(methods: Mapping[str, Any], name: str) -> str:
    """Thousands of multiply-adds a pixel, as a cell."""
    value = methods.get(name, {}).get("kmac")
    return NO_VALUE if value is None else f"{value:.1f}"


def set_name(data: str) -> str:
    """How a set of pictures is known, from its folder's name."""
    return SETS.get(data, data)


def _score(task: Task, score: Score | None) -> str:
    if score is None:
        return NO_VALUE
    gain = "" if task.known else f" ({score.psnr - score.noisy:+.2f})".replace("-", MINUS)
    similarity = "" if score.ssim is None else f" / {score.ssim:.4f}"
    return f"{score.psnr:.2f}{gain}{similarity}"


def _told(cells: Iterable[Score | None]) -> str:
    """`auto`, `line`, or the sigma that served best at each level and what was tried."""
    present = [cell for cell in cells if cell is not None]
    tried = dict.fromkeys(told for cell in present for told in cell.tried)
    if len(tried) == 1:
        return next(iter(tried))
    text = f"best sigma {', '.join(c.told for c in present)} of {' '.join(tried)}"
    at_end = any(cell.told in (cell.tried[0], cell.tried[-1]) for cell in present)
    return text + (", at the list's end" if at_end else "")


def _scope(images: Mapping[float, frozenset[str]]) -> str:
    counts = sorted({len(names) for names in images.values()})
    return " or ".join(count(number, "picture") for number in counts)


def _versions(rows: Sequence[DenoiseResult], methods: Mapping[str, Any]) -> str:
    lines = []
    for name in methods_in(rows):
        version = "; ".join(dict.fromkeys(row.version for row in rows if row.method == name))
        note = f"; {methods[name]['threading']}" if name in methods else ""
        lines.append(f"- {DENOISERS.label(name)}: {version}{note}")
    return "\n".join(lines)
