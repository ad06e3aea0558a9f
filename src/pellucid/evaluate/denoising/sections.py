"""Tables of the docs from kept rows; each is a function of the folder of results.

Where nothing was measured the section says so, and nothing fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pellucid.evaluate.denoisers import in_order, label_of
from pellucid.evaluate.denoising import block_rows, structure_rows, summary
from pellucid.evaluate.denoising import rows as store
from pellucid.evaluate.denoising.adapting import (
    adaptation_note,
    adaptation_table,
    load_adaptations,
)
from pellucid.evaluate.denoising.estimates import load_estimates
from pellucid.evaluate.denoising.report import (
    estimate_note,
    estimate_table,
    speed_note,
    speed_table,
    task_part,
)
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.summary import Score, is_own
from pellucid.evaluate.denoising.tasks import TASKS
from pellucid.evaluate.table import NO_VALUE, table

Section = Callable[[Path], str]

NOT_YET = "Not measured yet."
SETS = {"cbsd68": "CBSD68", "kodak24": "Kodak", "cc15": "CC15", "fmd": "FMD"}
BLIND = ("real", "pairs", "jpeg")  # tasks in which pellucid is told nothing
BESIDE = ("bm3d", "bm3d_vst")  # what the short table of those tasks shows beside it
SHORT = ("noisy", "pellucid-m", "pellucid-s", "ffdnet", "bm3d", "opencv_nlm")
KINDS = {"real": "cameras, {}", "pairs": "microscopes, {}", "jpeg": "JPEG quality {:g}, {}"}


def task_section(name: str, results: Path) -> str:
    """Every table of one task, a set of pictures after the other."""
    rows = store.load_rows(results, [name])
    parts: list[str] = []
    for data in sorted({row.data for row in rows}):
        note, *rest = task_part(TASKS[name], data, [row for row in rows if row.data == data])[1:]
        parts += [f"{set_name(data)}: {note}", *rest]
    return "\n\n".join(parts) or NOT_YET


def estimate_section(results: Path) -> str:
    """How near the measured noise level is."""
    rows = load_estimates(results)
    return f"{estimate_table(rows)}\n\n{estimate_note(rows)}" if rows else NOT_YET


def speed_section(results: Path) -> str:
    """Seconds and multiply-adds of all methods."""
    rows, methods = store.load_speed(results), store.load_methods(results)
    return f"{speed_table(rows, methods)}\n\n{speed_note(rows, methods)}" if rows else NOT_YET


def adapt_section(results: Path) -> str:
    """What tuning gains."""
    rows = load_adaptations(results)
    return f"{adaptation_table(rows)}\n\n{adaptation_note(rows)}" if rows else NOT_YET


def blocks_section(results: Path) -> str:
    """Seconds of candidate blocks."""
    path = results / block_rows.FILE
    rows = block_rows.TABLE.read(path) if path.exists() else []
    return block_rows.blocks_table(rows) if rows else NOT_YET


def structure_section(results: Path) -> str:
    """Where others are better, by kind of tile."""
    rows = structure_rows.load_rows(results)
    return structure_rows.structure_table(rows) if rows else NOT_YET


def overview_section(results: Path) -> str:
    """Two short tables: noise of known level, and of unknown."""
    parts = [*told_part(results), *blind_part(results)]
    return "\n\n".join(parts) or NOT_YET


def short_overview(results: Path) -> str:
    """The README's table: PSNR on white noise of known strength, and what it costs."""
    return "\n\n".join(told_part(results, SHORT)) or NOT_YET


def told_part(results: Path, methods: Sequence[str] = ()) -> list[str]:
    """PSNR of methods, all unless named, over the pictures that all have, and what it costs."""
    kept = store.load_rows(results, ["gaussian"])
    data = main_set(kept)
    rows = [r for r in kept if r.data == data and (not methods or r.method in methods)]
    images = summary.shared(own := summary.scores(rows))
    if not images:
        return []
    speed = store.load_speed(results)
    seconds = summary.seconds_per_megapixel(speed)
    facts = store.load_methods(results).get("methods", {})
    found = summary.scores(rows, images)
    header = ["method", *(f"sigma {level:g}" for level in images), "s/megapixel", "kMAC/pixel"]
    before = {level: score.noisy for (_, level), score in found.items()}
    body = [["noisy", *(f"{before[level]:.2f}" for level in images), "", ""]]
    for name in summary.methods_in(rows):
        cells = [_psnr(found.get((name, level))) for level in images]
        kmac = facts.get(name, {}).get("kmac")
        cost = [f"{seconds[name]:.3g}" if name in seconds else NO_VALUE]
        cost.append(NO_VALUE if kmac is None else f"{kmac:.1f}")
        body.append([label_of(name), *cells, *cost])
    count = max(len(names) for names in images.values())
    note = (
        f"{set_name(data)}, {_count(count, 'picture')} with white noise: PSNR in dB over "
        "RGB. Every method knows sigma; pellucid has one model for all."
    )
    if speed:
        note += f" Time on {_count(speed[0].threads, 'thread')}."
    return [table(header, body), note + _over_all(own, images)]


def _over_all(own: Mapping[summary.Cell, Score], images: Mapping[float, frozenset[str]]) -> str:
    """What pellucid has on all pictures, if some method ran on fewer; begins with a space."""
    widest = summary.widest(own)
    if all(len(widest[level]) == len(images[level]) for level in images):
        return ""
    text = ""
    for name in in_order(name for name, _ in own if is_own(name)):
        cells = [own.get((name, level)) for level in images]
        whole = [one for one in cells if one is not None]
        numbers = ", ".join(f"{one.psnr:.2f}" for one in whole)
        count = min(len(one.images) for one in whole)
        text += f" Over all {count} pictures {label_of(name)} has {numbers}."
    return text


def blind_part(results: Path) -> list[str]:
    """PSNR before and after where nobody knows the noise."""
    lines: list[tuple[str, float, dict[str, float]]] = []
    for task in BLIND:
        kept = [
            row
            for row in store.load_rows(results, [task])
            if is_own(row.method) or row.method in BESIDE
        ]
        for data in sorted({row.data for row in kept}):
            lines += _blind_lines(task, data, [row for row in kept if row.data == data])
    names = in_order(name for _, _, values in lines for name in values)
    if not any(is_own(name) for name in names):
        return []
    body = [
        [label, f"{before:.2f}", *(_number(values.get(name)) for name in names)]
        for label, before, values in lines
    ]
    note = (
        "PSNR in dB. pellucid measures the noise by itself; BM3D is given the sigma of a short "
        "list that serves it best over the set, and with VST the line of the variance, fitted to "
        "the clean pictures."
    )
    return [table(["noise of", "before", *map(label_of, names)], body), note]


def _blind_lines(
    task: str, data: str, rows: Sequence[DenoiseResult]
) -> list[tuple[str, float, dict[str, float]]]:
    """Label, PSNR before and that of each method, for each level."""
    images = summary.shared(summary.scores(rows))
    found = summary.scores(rows, images)
    lines = []
    for level in images:
        here = {name: score for (name, at), score in found.items() if at == level}
        words = [level, set_name(data)] if task == "jpeg" else [set_name(data)]
        before = next(iter(here.values())).noisy
        values = {name: score.psnr for name, score in here.items()}
        lines.append((KINDS[task].format(*words), before, values))
    return lines


def main_set(rows: Sequence[DenoiseResult]) -> str:
    """The set of pictures that most methods ran on; of two the one with more rows; "" without."""
    methods: dict[str, set[str]] = {}
    for row in rows:
        methods.setdefault(row.data, set()).add(row.method)
    count = {data: sum(row.data == data for row in rows) for data in methods}
    return max(methods, key=lambda data: (len(methods[data]), count[data]), default="")


def set_name(data: str) -> str:
    """How a set of pictures is known, from its folder's name."""
    return SETS.get(data, data)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _psnr(score: Score | None) -> str:
    return _number(None if score is None else score.psnr)


def _number(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.2f}"


# Name of the markers -> what stands between them.
SECTIONS: dict[str, Section] = {
    "overview-denoising": short_overview,
    "denoise": overview_section,
    "denoise-estimate": estimate_section,
    "denoise-adapt": adapt_section,
    "denoise-speed": speed_section,
    "denoise-blocks": blocks_section,
    "denoise-structure": structure_section,
    **{f"denoise-{name}": partial(task_section, name) for name in TASKS},
}
