"""The tables and the plot of `bench denoise`: its report, and what the docs show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches import denoise_tools as tools
from pellucid.evaluate.benches.denoise_rows import (
    SPEED_ROWS,
    SWEEP,
    Cell,
    DenoiseResult,
    Score,
    per_megapixel,
    scores,
)
from pellucid.evaluate.benches.denoise_tasks import TASKS, Task
from pellucid.evaluate.drawing import Dot, Plot, draw_dots, new_figure
from pellucid.evaluate.peers.base import is_own
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.table import MINUS, NO_VALUE, Table, count, grouped

BENCH = "denoise"
HOW = (
    "PSNR in dB over all samples of a picture, clipped to 0..255 and not rounded, then the mean "
    "over pictures; after the stroke SSIM (Gaussian window, mean over channels). The noisy "
    "picture's PSNR is taken in the same way. BM3D's licence allows non-commercial use only. "
    "OpenCV's NLM takes 8-bit samples, so its input is clipped and rounded."
)
RATIO_TO = ("bm3d", "ffdnet")
SETS = {"cbsd68": "CBSD68", "kodak24": "Kodak", "cc15": "CC15", "fmd": "FMD"}
# Tasks in which pellucid is told nothing, and how a row is called, of the set and the level.
BLIND = {"real": "cameras, {0}", "pairs": "microscopes, {0}", "jpeg": "JPEG quality {1:g}, {0}"}
BESIDE = ("bm3d", "bm3d_vst")  # what the short table of those tasks shows beside it
SHORT = ("pellucid-m", "pellucid-s", "ffdnet", "bm3d", "opencv_nlm")
PLOTTED = ("gaussian", 25.0)  # task and level


def report(folder: Path) -> list[Part]:
    """The whole report."""
    rows, parts = SWEEP.load(folder), list[Part]()
    for task in TASKS.values():
        for data, own in sets_of(rows, task.name).items():
            parts += [f"## {task.title}: {data}", *task_part(task, own)]
    for title, made in OTHERS.values():
        if found := made(folder):
            parts += [f"## {title}", *found]
    if rows:
        methods = grouped(rows, lambda row: row.method).items()
        said = {name: "; ".join(dict.fromkeys(row.version for row in own)) for name, own in methods}
        parts += ["## Methods", DENOISERS.listed(said, runs.methods_of(folder, BENCH))]
    return [HOW, *parts] if parts else []


def sets_of(rows: Iterable[DenoiseResult], task: str) -> dict[str, list[DenoiseResult]]:
    """The rows of a task by folder of pictures."""
    return grouped((row for row in rows if row.task == task), lambda row: row.data)


def task_tables(name: str, folder: Path) -> list[Part]:
    """Every table of one task, a set of pictures after the other."""
    parts: list[Part] = []
    for data, rows in sets_of(SWEEP.load(folder), name).items():
        note, *rest = task_part(TASKS[name], rows)
        parts += [f"{set_name(data)}: {note}", *rest]
    return parts


def task_part(task: Task, rows: Sequence[DenoiseResult]) -> list[Part]:
    """Note and tables of one task on one folder of pictures.

    A method that ran on fewer pictures has no cell in the first table; the second then gives
    every method's mean over the pictures that all have.
    """
    more = {} if task.known else {"noise level given": lambda _name, cells: _told(cells)}
    table, found = partial(score_table, task, show=partial(_score, task), more=more), scores(rows)
    most = {
        level: max((found[cell] for cell in cells), key=lambda score: len(score.images))
        for level, cells in grouped(found, lambda cell: cell[1]).items()
    }
    whole = {cell: s for cell, s in found.items() if s.images == most[cell[1]].images}
    parts: list[Part] = [f"{_scope(most.values())}. {task.note}", table(whole)]
    if len(whole) < len(found):
        if not (common := scores(rows, shared=True)):
            return [*parts, "Some methods ran on other pictures, with none in common."]
        names = DENOISERS.in_order(name for name, _level in found.keys() - whole.keys())
        parts.append(
            f"Over fewer pictures, those that every method has ({_scope(common.values())}), "
            f"because of {', '.join(map(DENOISERS.label, names))}:"
        )
        parts.append(table(common))
    return parts


def score_table(
    task: Task,
    found: Mapping[Cell, Score],
    *,
    show: Callable[[Score], str],
    more: Mapping[str, Callable[[str, Sequence[Score]], str]],
) -> Table:
    """A row a method, a column a level, and what came before; then columns of a method's scores."""
    before = {level: f"{score.noisy:.2f}" for (_, level), score in found.items()}
    levels = sorted(before)
    first = "JPEG" if task.name == "jpeg" else "noisy"
    body = [[first, *(before[level] for level in levels), *[""] * len(more)]]
    for name in DENOISERS.in_order(name for name, _ in found):
        own = {level: found[name, level] for level in levels if (name, level) in found}
        cells = [show(own[level]) if level in own else NO_VALUE for level in levels]
        others = [column(name, [*own.values()]) for column in more.values()]
        body.append([DENOISERS.label(name), *cells, *others])
    return Table(["method", *map(task.level_label.format, levels), *more], body)


def told_part(folder: Path, methods: Sequence[str] = ()) -> list[Part]:
    """PSNR of methods, all unless named, over the pictures that all have, and what it costs.

    The set of pictures is the one that most methods ran on; of two the one with more rows.
    """
    if not (sets := sets_of(SWEEP.load(folder), "gaussian")):
        return []
    data = max(sets, key=lambda d: (len({row.method for row in sets[d]}), len(sets[d])))
    rows = [row for row in sets[data] if not methods or row.method in methods]
    own, found = scores(rows), scores(rows, shared=True)
    if not found:
        return []
    timed, facts = SPEED_ROWS.load(folder), runs.methods_of(folder, BENCH)
    seconds = per_megapixel(timed)
    costs: dict[str, Callable[[str, Sequence[Score]], str]] = {
        "s/megapixel": lambda name, _: f"{seconds[name]:.3g}" if name in seconds else NO_VALUE,
        "kMAC/pixel": lambda name, _: kmac_of(facts, name),
    }
    table = score_table(TASKS["gaussian"], found, show=lambda one: f"{one.psnr:.2f}", more=costs)
    pictures = count(max(len(score.images) for score in found.values()), "picture")
    note = (
        f"{set_name(data)}, {pictures} with white noise: PSNR in dB over RGB. Every method knows "
        "sigma; pellucid has one model for all."
    )
    if timed:
        note += f" Time on {count(timed[0].threads, 'thread')}."
    for name, cells in grouped(found, lambda cell: cell[0]).items():
        whole = [own[cell] for cell in cells]
        if is_own(name) and any(own[cell].images != found[cell].images for cell in cells):
            numbers = ", ".join(f"{one.psnr:.2f}" for one in whole)
            most = min(len(one.images) for one in whole)
            note += f" Over all {most} pictures {DENOISERS.label(name)} has {numbers}."
    return [table, note]


def blind_part(folder: Path) -> list[Part]:
    """PSNR before and after where nobody knows the noise."""
    rows = [row for row in SWEEP.load(folder) if is_own(row.method) or row.method in BESIDE]
    lines: dict[str, dict[str, Score]] = {}
    for task, label in BLIND.items():
        for data, own in sets_of(rows, task).items():
            for (name, level), score in scores(own, shared=True).items():
                lines.setdefault(label.format(set_name(data), level), {})[name] = score
    names = DENOISERS.in_order(name for found in lines.values() for name in found)
    if not any(map(is_own, names)):
        return []
    body = []
    for label, found in lines.items():
        cells = [f"{found[name].psnr:.2f}" if name in found else NO_VALUE for name in names]
        body.append([label, f"{next(iter(found.values())).noisy:.2f}", *cells])
    note = (
        "PSNR in dB. pellucid measures the noise by itself; BM3D is given the sigma of a short "
        "list that serves it best over the set, and with VST the line of the variance, fitted to "
        "the clean pictures."
    )
    return [Table(["noise of", "before", *map(DENOISERS.label, names)], body), note]


def speed(folder: Path) -> list[Part]:
    """Seconds a megapixel with quartiles, multiply-adds, peak of memory where it was measured, and
    how many times as long as each of pellucid's; then how it was taken, and pellucid's against BM3D
    and FFDNet."""
    if not (rows := SPEED_ROWS.load(folder)):
        return []
    methods = runs.methods_of(folder, BENCH)
    one, label, seconds = rows[0], DENOISERS.label, per_megapixel(rows)
    low, high = dict[str, float](), dict[str, float]()
    if not any(row.seconds_low is None or row.seconds_high is None for row in rows):
        low, high = per_megapixel(rows, "seconds_low"), per_megapixel(rows, "seconds_high")
    peaks = {row.method: f"{row.peak_mb:.0f}" for row in rows if row.peak_mb}
    own, body = [name for name in seconds if is_own(name)], []
    for name in sorted(seconds, key=lambda name: seconds[name]):
        between = f" ({low[name]:.3g}–{high[name]:.3g})" if low else ""
        cost = [f"{seconds[name]:.3g}{between}", kmac_of(methods, name)]
        cost += [peaks.get(name, NO_VALUE)] if peaks else []
        body.append([label(name), *cost, *(f"{seconds[name] / seconds[o]:.3g}" for o in own)])
    header = ["method", "s/megapixel", "kMAC/pixel", *(["memory (MB)"] if peaks else [])]
    note = (
        f"Medians of {count(one.repeats, 'interleaved run')} in memory"
        f"{', quartiles in brackets' if low else ''}, "
        f"{count(len({row.image for row in rows}), 'picture')} "
        f"({', '.join(sorted({f'{row.width}x{row.height}' for row in rows}))}, RGB, sigma "
        f"{one.level:g}), {count(one.threads, 'thread')} asked for"
        f"{runs.where(folder, BENCH, SPEED_ROWS.file)}. "
        "Multiply-adds: convolutions only, from the network's graph."
    )
    if peaks:
        note += (
            " Memory: the peak of a process that only denoises one of the pictures, Python and "
            "libraries included."
        )
    for name in own:
        if peers := [peer for peer in RATIO_TO if peer in seconds]:
            ratios = [
                f"{seconds[p] / seconds[name]:.3g} times as fast as {label(p)}" for p in peers
            ]
            note += f" {label(name)} is {' and '.join(ratios)}."
    return [Table([*header, *(f"time / {label(name)}" for name in own)], body), note]


def plots(folder: Path) -> list[Plot]:
    """`denoise-cost`: mean PSNR over seconds a megapixel, a dot a method.

    For the folder of pictures that speed was measured on, or else the one with most rows, which
    the title then says; over the pictures that all methods have. Nothing is drawn without speed.

    Raises:
        MissingExtraError: matplotlib isn't installed.
    """
    seconds = per_megapixel(timed := SPEED_ROWS.load(folder))
    told = (r for r in SWEEP.load(folder) if (r.task, r.level) == PLOTTED and r.method in seconds)
    if not (sets := grouped(told, lambda row: row.data)):
        return []
    data = timed[0].data if timed[0].data in sets else max(sets, key=lambda name: len(sets[name]))
    found = {name: score for (name, _), score in scores(sets[data], shared=True).items()}
    if not found:
        return []
    dots = [
        Dot(DENOISERS.label(name), seconds[name], found[name].psnr, is_own(name))
        for name in seconds
        if name in found
    ]
    title = f"{data}, {_scope(found.values())}, sigma {PLOTTED[1]:g}"
    title += f"; time on {timed[0].data}" if timed[0].data != data else ""
    figure, (axes,) = new_figure(8.0, 5.0)
    draw_dots(axes, dots, xlabel="seconds a megapixel", ylabel="PSNR (dB)", title=title)
    alt = f"PSNR of each denoiser over seconds a megapixel, {title}"
    return [Plot("denoise-cost", alt, figure)]


def kmac_of(methods: Mapping[str, Any], name: str) -> str:
    """Thousands of multiply-adds a pixel, as a cell."""
    value = methods.get(name, {}).get("kmac")
    return NO_VALUE if value is None else f"{value:.1f}"


def set_name(data: str) -> str:
    """How a set of pictures is known, from its folder's name."""
    return SETS.get(data, data)


def _score(task: Task, score: Score) -> str:
    gain = "" if task.known else f" ({score.psnr - score.noisy:+.2f})".replace("-", MINUS)
    similarity = "" if score.ssim is None else f" / {score.ssim:.4f}"
    return f"{score.psnr:.2f}{gain}{similarity}"


def _told(cells: Sequence[Score]) -> str:
    """`auto`, `line`, or the sigma that served best at each level and what was tried."""
    tried = dict.fromkeys(told for cell in cells for told in cell.tried)
    if len(tried) == 1:
        return next(iter(tried))
    text = f"best sigma {', '.join(cell.told for cell in cells)} of {' '.join(tried)}"
    at_end = any(cell.told in (cell.tried[0], cell.tried[-1]) for cell in cells)
    return text + (", at the list's end" if at_end else "")


def _scope(found: Iterable[Score]) -> str:
    counts = sorted({len(score.images) for score in found})
    return " or ".join(count(number, "picture") for number in counts)


# Name of the section in the docs -> title in the report, and what stands there.
OTHERS: dict[str, tuple[str, Callable[[Path], list[Part]]]] = {
    "estimate": ("Measured noise level", tools.estimates),
    "speed": ("Speed and cost", speed),
    "blocks": ("Speed of building blocks", lambda f: tools.blocks(tools.BLOCKS.load(f))),
    "bands": ("Many bands", tools.bands),
    "structure": ("Repeated structure", tools.structure),
}
