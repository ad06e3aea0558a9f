"""The short tables of the docs: noise of known level, and of unknown; and quality over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.denoise_rows import (
    SPEED_ROWS,
    SWEEP,
    Cell,
    DenoiseResult,
    Score,
    methods_in,
    scores,
    seconds_per_megapixel,
    shared,
    widest,
)
from pellucid.evaluate.benches.denoise_tables import BENCH, by_set, kmac_of, set_name
from pellucid.evaluate.drawing import Dot, Plot, draw_dots, new_figure
from pellucid.evaluate.peers.base import is_own
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.table import NO_VALUE, Table, count

# Tasks in which pellucid is told nothing, and how a row is called.
BLIND = {"real": "cameras, {}", "pairs": "microscopes, {}", "jpeg": "JPEG quality {:g}, {}"}
BESIDE = ("bm3d", "bm3d_vst")  # what the short table of those tasks shows beside it
SHORT = ("noisy", "pellucid-m", "pellucid-s", "ffdnet", "bm3d", "opencv_nlm")
PLOTTED = ("gaussian", 25.0)  # task and level


def overview(folder: Path) -> list[Part]:
    """Two short tables: noise of known level, and of unknown."""
    return [*told_part(folder), *blind_part(folder)]


def short_overview(folder: Path) -> list[Part]:
    """The README's table: PSNR on white noise of known strength, and what it costs."""
    return told_part(folder, SHORT)


def told_part(folder: Path, methods: Sequence[str] = ()) -> list[Part]:
    """PSNR of methods, all unless named, over the pictures that all have, and what it costs."""
    kept = [row for row in SWEEP.load(folder) if row.task == "gaussian"]
    data = main_set(kept)
    rows = [r for r in kept if r.data == data and (not methods or r.method in methods)]
    images = shared(own := scores(rows))
    if not images:
        return []
    speed, facts = SPEED_ROWS.load(folder), runs.methods_of(folder, BENCH)
    seconds, found = seconds_per_megapixel(speed), scores(rows, images)
    header = ["method", *(f"sigma {level:g}" for level in images), "s/megapixel", "kMAC/pixel"]
    before = {level: score.noisy for (_, level), score in found.items()}
    body = [["noisy", *(f"{before[level]:.2f}" for level in images), "", ""]]
    for name in methods_in(rows):
        cells = [_psnr(found.get((name, level))) for level in images]
        cost = f"{seconds[name]:.3g}" if name in seconds else NO_VALUE
        body.append([DENOISERS.label(name), *cells, cost, kmac_of(facts, name)])
    pictures = count(max(len(names) for names in images.values()), "picture")
    note = (
        f"{set_name(data)}, {pictures} with white noise: PSNR in dB over RGB. Every method knows "
        "sigma; pellucid has one model for all."
    )
    if speed:
        note += f" Time on {count(speed[0].threads, 'thread')}."
    return [Table(header, body), note + _over_all(own, images)]


def _over_all(own: Mapping[Cell, Score], images: Mapping[float, frozenset[str]]) -> str:
    """What pellucid has on all pictures, if some method ran on fewer; begins with a space."""
    most = widest(own)
    if all(len(most[level]) == len(images[level]) for level in images):
        return ""
    text = ""
    for name in DENOISERS.in_order(name for name, _ in own if is_own(name)):
        whole = [own[name, level] for level in images if (name, level) in own]
        numbers = ", ".join(f"{one.psnr:.2f}" for one in whole)
        pictures = min(len(one.images) for one in whole)
        text += f" Over all {pictures} pictures {DENOISERS.label(name)} has {numbers}."
    return text


def blind_part(folder: Path) -> list[Part]:
    """PSNR before and after where nobody knows the noise."""
    kept = [row for row in SWEEP.load(folder) if is_own(row.method) or row.method in BESIDE]
    lines: list[tuple[str, float, dict[str, float]]] = []
    for task in BLIND:
        for data, rows in by_set(row for row in kept if row.task == task).items():
            lines += _blind_lines(task, data, rows)
    names = DENOISERS.in_order(name for _, _, values in lines for name in values)
    if not any(map(is_own, names)):
        return []
    body = [
        [label, f"{before:.2f}", *(f"{v[name]:.2f}" if name in v else NO_VALUE for name in names)]
        for label, before, v in lines
    ]
    note = (
        "PSNR in dB. pellucid measures the noise by itself; BM3D is given the sigma of a short "
        "list that serves it best over the set, and with VST the line of the variance, fitted to "
        "the clean pictures."
    )
    return [Table(["noise of", "before", *map(DENOISERS.label, names)], body), note]


def _blind_lines(
    task: str, data: str, rows: Sequence[DenoiseResult]
) -> list[tuple[str, float, dict[str, float]]]:
    """Label, PSNR before and that of each method, for each level."""
    images, lines = shared(scores(rows)), []
    found = scores(rows, images)
    for level in images:
        here = {name: score for (name, at), score in found.items() if at == level}
        words = [level, set_name(data)] if task == "jpeg" else [set_name(data)]
        before = next(iter(here.values())).noisy
        values = {name: score.psnr for name, score in here.items()}
        lines.append((BLIND[task].format(*words), before, values))
    return lines


def main_set(rows: Sequence[DenoiseResult]) -> str:
    """The set of pictures that most methods ran on; of two the one with more rows; "" without."""
    sets = by_set(rows)
    return max(sets, key=lambda d: (len({r.method for r in sets[d]}), len(sets[d])), default="")


def plots(folder: Path) -> list[Plot]:
    """`denoise-cost`: mean PSNR over seconds a megapixel, a dot a method.

    For the folder of pictures that speed was measured on, or else the one with most rows, which
    the title then says; over the pictures that all methods have. Nothing is drawn without speed.

    Raises:
        MissingExtraError: matplotlib isn't installed.
    """
    speed = SPEED_ROWS.load(folder)
    seconds = seconds_per_megapixel(speed)
    told = [r for r in SWEEP.load(folder) if (r.task, r.level) == PLOTTED and r.method in seconds]
    counts = Counter(row.data for row in told)
    timed = speed[0].data if speed else ""
    data = timed if timed in counts else max(counts, key=lambda name: counts[name], default="")
    own = [row for row in told if row.data == data]
    images = shared(scores(own))
    quality = {name: score.psnr for (name, _), score in scores(own, images).items()}
    dots = [
        Dot(DENOISERS.label(name), seconds[name], quality[name], is_own(name))
        for name in seconds
        if name in quality
    ]
    if not dots:
        return []
    level = PLOTTED[1]
    title = f"{data}, {count(len(images[level]), 'picture')}, sigma {level:g}"
    title += f"; time on {timed}" if timed != data else ""
    figure, (axes,) = new_figure(8.0, 5.0)
    draw_dots(axes, dots, xlabel="seconds a megapixel", ylabel="PSNR (dB)", title=title)
    alt = f"PSNR of each denoiser over seconds a megapixel, {title}"
    return [Plot("denoise-cost", alt, figure)]


def _psnr(score: Score | None) -> str:
    return NO_VALUE if score is None else f"{score.psnr:.2f}"
