"""Rows -> `denoise.md`: a table for each task and set of pictures, speed, how it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.denoisers import label_of
from pellucid.evaluate.denoising import rows as store
from pellucid.evaluate.denoising import summary
from pellucid.evaluate.denoising.adapting import (
    Adaptation,
    adaptation_note,
    adaptation_table,
    load_adaptations,
)
from pellucid.evaluate.denoising.estimates import Estimate, load_estimates
from pellucid.evaluate.denoising.plot import cost_plots
from pellucid.evaluate.denoising.rows import DenoiseResult, DenoiseTiming
from pellucid.evaluate.denoising.summary import Cell, Score
from pellucid.evaluate.denoising.tasks import TASKS, Task
from pellucid.evaluate.drawing import save_plots
from pellucid.evaluate.report import write_page
from pellucid.evaluate.table import MINUS, NO_VALUE, table

REPORT = "denoise.md"
NOISY = "noisy"
HOW = (
    "PSNR in dB over all samples of a picture, clipped to 0..255 and not rounded, then the mean "
    "over pictures; after the stroke SSIM (Gaussian window, mean over channels). The noisy "
    "picture's PSNR is taken in the same way. BM3D's licence allows non-commercial use only. "
    "OpenCV's NLM takes 8-bit samples, so its input is clipped and rounded."
)
RATIO_TO = ("bm3d", "ffdnet")


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make `denoise.md` and the plot of all rows in `folder`, also those of earlier runs.

    Returns:
        The report as Markdown and the files written.

    Raises:
        InputError: no rows.
        OutputError: a file can't be written.
        MissingExtraError: matplotlib isn't installed.
    """
    rows, speed = store.load_rows(folder, TASKS), store.load_speed(folder)
    estimates, tuned = load_estimates(folder), load_adaptations(folder)
    if not rows and not estimates and not tuned:
        raise InputError(f"no rows in {folder}; make them with: pellucid bench denoise")
    text = build_report(rows, speed, estimates, store.load_methods(folder), tuned)
    path = write_page(folder / REPORT, text)
    return text, [path, *save_plots(cost_plots(rows, speed), folder)]


def build_report(
    rows: Sequence[DenoiseResult],
    speed: Sequence[DenoiseTiming],
    estimates: Sequence[Estimate],
    methods: Mapping[str, Any],
    tuned: Sequence[Adaptation] = (),
) -> str:
    """The whole report as Markdown, ending in a newline; `methods` as `rows.load_methods` gives."""
    parts = ["# Removal of noise", HOW]
    for task in TASKS.values():
        own = [row for row in rows if row.task == task.name]
        for data in sorted({row.data for row in own}):
            parts += task_part(task, data, [row for row in own if row.data == data])
    if estimates:
        parts += ["## Measured noise level", estimate_table(estimates), estimate_note(estimates)]
    if tuned:
        parts += ["## Tuning", adaptation_table(tuned), adaptation_note(tuned)]
    if speed:
        parts += ["## Speed and cost", speed_table(speed, methods), speed_note(speed, methods)]
    if rows:
        parts += ["## Methods", _versions(rows, methods)]
    return "\n\n".join(parts) + "\n"


def task_part(task: Task, data: str, rows: Sequence[DenoiseResult]) -> list[str]:
    """Heading, note and tables of one task on one folder of pictures.

    A method that ran on fewer pictures has no cell in the first table; the second then gives
    every method's mean over the pictures that all have.
    """
    found = summary.scores(rows)
    widest = summary.widest(found)
    whole = {cell: s for cell, s in found.items() if s.images == widest[cell[1]]}
    parts = [f"## {task.title}: {data}", f"{_scope(widest)} {task.note}"]
    parts.append(score_table(task, rows, whole))
    if len(whole) < len(found):
        common = summary.shared(found)
        if not common:
            return [*parts, "Some methods ran on other pictures, with none in common."]
        few = {name for name, level in found.keys() - whole.keys()}
        names = ", ".join(label_of(name) for name in summary.methods_in(rows) if name in few)
        parts.append(
            f"Over fewer pictures, those that every method has ({_scope(common)[:-1]}), because of "
            f"{names}:"
        )
        parts.append(score_table(task, rows, summary.scores(rows, common)))
    return parts


def score_table(task: Task, rows: Sequence[DenoiseResult], found: Mapping[Cell, Score]) -> str:
    """A row a method, a column a level; where methods search for their best sigma, it's said."""
    levels = [level for level in summary.levels_in(rows) if any(c[1] == level for c in found)]
    header = ["method", *(task.level_label.format(level) for level in levels)]
    before = {level: s.noisy for (_, level), s in found.items()}
    first = "JPEG" if task.name == "jpeg" else NOISY
    body = [[first, *(f"{before[level]:.2f}" for level in levels)]]
    for name in summary.methods_in(rows):
        cells = [found.get((name, level)) for level in levels]
        if any(cells):
            line = [label_of(name), *(_score(task, cell) for cell in cells)]
            body.append(line if task.known else [*line, _told(cells)])
    if not task.known:
        header, body[0] = [*header, "noise level given"], [*body[0], ""]
    return table(header, body)


def estimate_table(rows: Sequence[Estimate]) -> str:
    """A row a sigma."""
    header = ["true sigma", "measured", "bias", "mean error", "worst picture"]
    body = [
        [
            f"{one.level:g}",
            f"{one.mean:.2f}",
            _percent(one.bias, signed=True),
            _percent(one.absolute),
            _percent(one.worst),
        ]
        for one in summary.estimate_errors(rows)
    ]
    return table(header, body)


def speed_table(rows: Sequence[DenoiseTiming], methods: Mapping[str, Any]) -> str:
    """Seconds a megapixel with quartiles, multiply-adds, peak of memory where it was measured, and
    how many times as long as each of pellucid's."""
    seconds = summary.seconds_per_megapixel(rows)
    quartiles = summary.quartiles_per_megapixel(rows)
    peaks = {row.method: row.peak_mb for row in rows if row.peak_mb}
    facts = methods.get("methods", {})
    own = [name for name in seconds if summary.is_own(name)]
    memory = ["memory (MB)"] if peaks else []
    times = [f"time / {label_of(name)}" for name in own]
    header = ["method", "s/megapixel", "kMAC/pixel", *memory, *times]
    body = []
    for name, value in sorted(seconds.items(), key=lambda item: item[1]):
        kmac = facts.get(name, {}).get("kmac")
        ratios = [f"{value / seconds[one]:.3g}" for one in own]
        low, high = quartiles.get(name, (0.0, 0.0))
        between = f" ({low:.3g}–{high:.3g})" if name in quartiles else ""
        taken = [f"{peaks[name]:.0f}" if name in peaks else NO_VALUE] if peaks else []
        body.append([label_of(name), f"{value:.3g}{between}", _kmac(kmac), *taken, *ratios])
    return table(header, body)


def speed_note(rows: Sequence[DenoiseTiming], methods: Mapping[str, Any]) -> str:
    """One paragraph: how the speed was taken, and pellucid's against BM3D and FFDNet."""
    seconds = summary.seconds_per_megapixel(rows)
    where = f" on {methods['processor']} ({methods['cores']} cores)" if methods else ""
    count = len({row.image for row in rows})
    sizes = ", ".join(sorted({f"{row.width}x{row.height}" for row in rows}))
    quartiles = ", quartiles in brackets" if summary.quartiles_per_megapixel(rows) else ""
    text = (
        f"Medians of {_count(rows[0].repeats, 'interleaved run')} in memory{quartiles}, "
        f"{_count(count, 'picture')} ({sizes}, RGB, sigma {rows[0].level:g}), "
        f"{_count(rows[0].threads, 'thread')} asked for{where}. Multiply-adds: "
        "convolutions only, from the network's graph."
    )
    if any(row.peak_mb for row in rows):
        text += (
            " Memory: the peak of a process that only denoises one of the pictures, Python and "
            "libraries included."
        )
    for own in (name for name in seconds if summary.is_own(name)):
        ratios = [
            f"{seconds[peer] / seconds[own]:.3g} times as fast as {label_of(peer)}"
            for peer in RATIO_TO
            if peer in seconds
        ]
        if ratios:
            text += f" {label_of(own)} is {' and '.join(ratios)}."
    return text


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
    return " or ".join(_count(number, "picture") for number in counts) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _percent(value: float, *, signed: bool = False) -> str:
    return f"{value:{'+' if signed else ''}.1f} %".replace("-", MINUS)


def _kmac(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.1f}"


def estimate_note(rows: Sequence[Estimate]) -> str:
    """One paragraph: what the estimates were made on."""
    count = len({(row.data, row.image) for row in rows})
    sets = ", ".join(sorted({row.data for row in rows}))
    return (
        f"{_count(count, 'picture')} ({sets}) with white Gaussian noise, neither "
        "clipped nor rounded. Errors are in percent of the true sigma, of each picture: their mean "
        "with sign (bias), their mean without, and the largest."
    )


def _versions(rows: Sequence[DenoiseResult], methods: Mapping[str, Any]) -> str:
    facts = methods.get("methods", {})
    lines = []
    for name in summary.methods_in(rows):
        version = "; ".join(dict.fromkeys(row.version for row in rows if row.method == name))
        note = f"; {facts[name]['threading']}" if name in facts else ""
        lines.append(f"- {label_of(name)}: {version}{note}")
    return "\n".join(lines)
