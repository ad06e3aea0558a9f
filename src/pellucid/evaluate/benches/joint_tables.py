"""What `bench joint` says: bits of the joint codec beside other ways, a line a kind of noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.compress_plots import draw_curves
from pellucid.evaluate.benches.compress_rows import TARGET_BPP, codecs_in, compare, timed
from pellucid.evaluate.benches.compress_tables import measured
from pellucid.evaluate.benches.denoise_tables import set_name
from pellucid.evaluate.benches.joint_rows import (
    COMMON_BPP,
    SPEED_FILE,
    SPEED_ROWS,
    SWEEP,
    JointResult,
    JointTiming,
    saved,
)
from pellucid.evaluate.benches.joint_tasks import KINDS
from pellucid.evaluate.drawing import Plot
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers.base import BEHIND, JOINT, is_own
from pellucid.evaluate.peers.joint import WAYS
from pellucid.evaluate.table import NO_VALUE, Table, count, grouped, percent

Rows = Sequence[JointResult]
Measure = Callable[[Rows, str, str], Mapping[str, float]]  # peer, joint -> picture -> percent

PLOTTED = ("sigma10", "real")  # tasks
PARTS = {"denoise": "denoise", "encode": "compress"}  # of columns -> in words
RATIO_TO = ("pellucid-m+pellucid-m", "bm3d+avif")
HOW = (
    "Percent more (+) or fewer (\u2212) bits of the joint codec than of each way, mean over "
    "pictures; *n* marks means over fewer pictures than there are. Noisy pictures are clipped and "
    "rounded to 8 bits and quality is measured against the clean ones. By PSNR and other metrics: "
    "BD-rate over the range that both curves have. At the best PSNR: bits at the highest PSNR that "
    "the other way reaches at any rate, where BD-rate may have no range; and at the PSNR that it "
    f"reaches with {COMMON_BPP:g} bits per pixel, or fewer if its best costs fewer. Pictures on "
    "which the joint codec doesn't reach that PSNR are left out. BM3D is told sigma, or where "
    "nobody knows it what pellucid measures, and left out of JPEG, where that is nothing; pellucid "
    "always measures."
)


def report(folder: Path) -> list[Part]:
    """The whole report."""
    if not (rows := SWEEP.load(folder)):
        return []
    versions = grouped(rows, lambda row: row.codec).items()
    said = {
        name: "; ".join(dict.fromkeys(part for row in own for part in row.versions.split("; ")))
        for name, own in versions
    }
    methods = WAYS.listed(said, runs.methods_of(folder, "joint"))
    return [*overview(folder), "## Methods", methods]


def overview(folder: Path) -> list[Part]:
    """The tables of bits, and of speed."""
    if not (rows := SWEEP.load(folder)):
        return []
    joint = [name for name in WAYS.in_order(codecs_in(rows)) if name.endswith(JOINT)]
    bits = [table for name in joint for table in tables_of(rows, name)]
    return [*([HOW] if bits else []), *bits, *speed(folder)]


def tables_of(rows: Rows, joint: str) -> list[Table]:
    """A table for each measure that any of the rows have: a line a kind of noise and set, a column
    a peer."""
    peers = [name for name in WAYS.in_order(codecs_in(rows)) if is_peer(name, joint)]
    sets = grouped(rows, lambda row: (order(row), row.task, row.data))
    found = []
    for title, measure in measures(rows).items():
        body = [
            [
                f"{KINDS[task].label}, {set_name(data)}",
                *scope(own),
                *(cell(measure(own, peer, joint), own) for peer in peers),
            ]
            for (_, task, data), own in sets.items()
        ]
        if any(value != NO_VALUE for line in body for value in line[3:]):
            first = f"{WAYS.label(joint)}: {title}"
            header = [first, "pictures", "noisy (dB)", *map(WAYS.label, peers)]
            found.append(Table(header, body))
    return found


def is_peer(name: str, joint: str) -> bool:
    """Whether a joint codec is compared with a way: not with other models."""
    codec = name.rpartition(BEHIND)[2]
    return not name.endswith(JOINT) and (not is_own(codec) or codec == joint.removesuffix(JOINT))


def measures(rows: Rows) -> dict[str, Measure]:
    """What tables show, by their titles."""

    def bd_rates(metric: str, own: Rows, peer: str, joint: str) -> Mapping[str, float]:
        found = compare(own, peer, joint, metric)
        return found.by_picture if found else {}

    by_metric = {f"by {m.label}": partial(bd_rates, m.name) for m in measured(rows)}
    return {
        **by_metric,
        "at the best PSNR": saved,
        f"at {COMMON_BPP:g} bpp": partial(saved, most=COMMON_BPP),
    }


def cell(values: Mapping[str, float], rows: Rows) -> str:
    """Their mean, and over how many pictures if not all."""
    if not values:
        return NO_VALUE
    few = len(values) < len({row.image for row in rows})
    return percent(fmean(values.values())) + (f" *n* {len(values)}" if few else "")


def scope(rows: Rows) -> list[str]:
    """How many pictures there are, and the mean PSNR of the noisy ones."""
    noisy = {row.image: row.noisy_psnr for row in rows}
    mean = fmean(noisy.values())
    return [f"{len(noisy)}", f"{mean:.2f}" if math.isfinite(mean) else NO_VALUE]


def order(row: JointResult) -> int:
    """Place of a kind of noise in tables."""
    return list(KINDS).index(row.task)


def speed(folder: Path) -> list[Part]:
    """Seconds a megapixel to denoise and to compress, and each way's time beside each joint one's;
    nothing without speed."""
    if not (rows := SPEED_ROWS.load(folder)):
        return []
    found = timed(rows)
    names = WAYS.in_order(found)
    whole = {name: sum(seconds(found[name], part)[0] for part in PARTS) for name in names}
    joint = [name for name in names if name.endswith(JOINT)]
    body = [
        [
            WAYS.label(name),
            *(spent(found[name], part) for part in PARTS),
            f"{whole[name]:.3g}",
            *(f"{whole[name] / whole[one]:.3g}" for one in joint),
        ]
        for name in names
    ]
    titles = [f"{title} (s/MP)" for title in (*PARTS.values(), "both")]
    header = ["method", *titles, *(f"time / {WAYS.label(one)}" for one in joint)]
    where = runs.where(folder, "joint", SPEED_FILE)
    return [Table(header, body), speed_note(rows, whole, where)]


def seconds(rows: Sequence[JointTiming], part: str) -> tuple[float, float, float]:
    """Of a megapixel: the median, the lower and the upper quartile."""
    pixels = sum(row.megapixels for row in rows)
    low, high = (sum(getattr(row, f"{part}_{end}") for row in rows) for end in ("low", "high"))
    return sum(getattr(row, f"{part}_s") for row in rows) / pixels, low / pixels, high / pixels


def spent(rows: Sequence[JointTiming], part: str) -> str:
    """The same as a cell; a way without that part has none."""
    middle, low, high = seconds(rows, part)
    return f"{middle:.3g} ({low:.3g}–{high:.3g})" if middle else NO_VALUE


def speed_note(rows: Sequence[JointTiming], whole: Mapping[str, float], where: str) -> str:
    """One paragraph: how it was taken, and what the first joint codec saves."""
    one, pictures = rows[0], count(len({row.image for row in rows}), "picture")
    text = (
        f"Medians of {count(one.repeats, 'interleaved run')} in memory, quartiles in brackets, "
        f"{pictures} of {set_name(one.data)}, {KINDS[one.task].label}, each codec at its setting "
        f"nearest to {TARGET_BPP:g} bits per pixel, {count(one.threads, 'thread')} asked for"
        f"{where}."
    )
    if joint := next((name for name in whole if name.endswith(JOINT)), None):
        ratios = [
            f"{whole[joint] / whole[name]:.3g} of the time of {WAYS.label(name)}"
            for name in RATIO_TO
            if name in whole
        ]
        text += f" {WAYS.label(joint)} takes {' and '.join(ratios)}." if ratios else ""
    return text


def plots(folder: Path) -> list[Plot]:
    """`joint-<task>`: PSNR against the clean pictures over rate, of two kinds of noise."""
    sets = grouped(SWEEP.load(folder), lambda row: (row.task, row.data))
    found = []
    for (task, data), rows in sets.items():
        if task in PLOTTED:
            pictures = count(len({row.image for row in rows}), "picture")
            title = f"{KINDS[task].label}: mean of {pictures}, {set_name(data)}"
            names, metric = WAYS.in_order(codecs_in(rows)), METRICS["psnr"]
            figure = draw_curves(rows, names, metric, title, WAYS.label)
            alt = f"PSNR over bits per pixel of each way to compress noisy pictures, {title}"
            found.append(Plot(f"joint-{task}-{data}", alt, figure))
    return found
