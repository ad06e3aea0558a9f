"""What `bench compress` says: BD-rate against every peer and its spread, speed, how it was made."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.compress_rows import (
    SPEED_ROWS,
    SWEEP,
    BdAverage,
    Result,
    Timing,
    codecs_in,
    compare,
    megapixels_a_second,
    timed,
)
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.peers.base import is_own, model_of
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.peers.pellucid_codec import parts_of
from pellucid.evaluate.table import NO_VALUE, Table, count, percent, plain, rate, signed

TUNING = "AVIF's default and JPEG XL tune for the eye, not for PSNR."
NO_BD_RATE = "No BD-rate: it takes rows of pellucid and of at least one other codec."
HOW = (
    "Percent more (+) or fewer (\u2212) bytes at the same quality: mean of the pictures' BD-rates, "
    "in brackets the BD-rate of the mean curve. Whole files; PCHIP over log rate; RGB PSNR; "
    "MS-SSIM in dB. *n* marks means over fewer pictures than there are, where some curves don't "
    f"overlap. {TUNING}"
)
SPREAD = (
    "The same picture by picture: the median of the BD-rates, between which quartiles half of them "
    "are, and the worst."
)
SHORT_OWN, SHORT_EYE = "pellucid-m", "pellucid-m-eye"  # shown by PSNR, and by SSIMULACRA2
SHORT_PEERS = ("jpeg420", "webp", "avif", "jxl")


def report(folder: Path) -> list[Part]:
    """The whole report."""
    if not (sweep := SWEEP.load(folder)):
        return []
    scope = f"{scope_of(sweep)}, {len(sweep)} files made and decoded."
    speed = speed_parts(folder)
    said = {name: _said(sweep, name) for name in known(sweep)}
    codecs = LOSSY.listed(said, runs.methods_of(folder, "compress"))
    heading = ["## Speed"] if speed else []
    bd_parts = [*bd_tables(sweep, both_means=True), HOW, *spread_parts(sweep)]
    return [scope, *bd_parts, *heading, *speed, "## Codecs", codecs]


def overview(folder: Path) -> list[Part]:
    """The short tables of the docs."""
    if not (sweep := SWEEP.load(folder)):
        return []
    note = (
        f"{scope_of(sweep)}, mean of their BD-rates: percent more (+) or fewer (\u2212) bytes at "
        f"the same quality, from whole files. {TUNING}"
    )
    plain_effort = [row for row in sweep if not (is_own(row.codec) and parts_of(row.codec)[1])]
    return [*bd_tables(sweep), note, *spread_parts(plain_effort), *speed_parts(folder)]


def short_overview(folder: Path) -> list[Part]:
    """The README's table: bytes of pellucid m, each tuning by its metric, beside a few codecs at
    equal quality, and speed."""
    if not (sweep := SWEEP.load(folder)):
        return []
    speed = SPEED_ROWS.load(folder)
    found, present = timed(speed), codecs_in(sweep)
    eye = SHORT_EYE if SHORT_EYE in present else SHORT_OWN

    def bytes_off(name: str, own: str, metric: str) -> str:
        return "" if is_own(name) else _bd_cell(compare(sweep, name, own, metric))

    columns: dict[str, Callable[[str], str]] = {
        "codec": LOSSY.label,
        f"bytes of {LOSSY.label(SHORT_OWN)} at equal PSNR": lambda name: bytes_off(
            name, SHORT_OWN, "psnr"
        ),
        f"of {LOSSY.label(eye)} at equal SSIMULACRA2": lambda name: bytes_off(
            name, eye, "ssimulacra2"
        ),
        "compress (MP/s)": lambda name: _rate(found.get(name, []), "encode_s"),
        "decompress (MP/s)": lambda name: _rate(found.get(name, []), "decode_s"),
    }
    note = (
        f"{scope_of(sweep)} of Kodak, whole files; \u2212 means that pellucid's are smaller "
        "(mean BD-rate). AVIF and JPEG XL are tuned for the eye, not for PSNR."
    )
    if speed:
        note += f" Megapixels a second on {speed[0].threads} threads."
    return [Table.of([n for n in (SHORT_OWN, *SHORT_PEERS) if n in present], columns), note]


def bd_tables(rows: Sequence[Result], *, both_means: bool = False) -> list[Part]:
    """BD-rate of pellucid's models against each peer: a table a metric, a column a model.

    With `both_means` each cell adds, in brackets, the BD-rate of the mean curve.
    """
    present = known(rows)
    own = [name for name in present if is_own(name)]
    peers = [name for name in present if not is_own(name)]
    if not own or not peers:
        return [NO_BD_RATE]
    tables: list[Part] = []
    for metric in measured(rows):
        found = [
            [_bd_cell(compare(rows, peer, o, metric.name), both_means) for o in own]
            for peer in peers
        ]
        header = [f"{metric.label} against", *map(model_of, own)]
        body = [[LOSSY.label(peer), *cells] for peer, cells in zip(peers, found, strict=True)]
        tables.append(Table(header, body))
    return tables


def spread_parts(rows: Sequence[Result]) -> list[Part]:
    """A table for each of pellucid's models: beside the means, how BD-rates vary over pictures."""
    present = known(rows)
    peers = [name for name in present if not is_own(name)]
    tables = [_spread_table(rows, name, peers) for name in present if is_own(name) and peers]
    return [SPREAD, *tables] if tables else []


def _spread_table(rows: Sequence[Result], own: str, peers: Sequence[str]) -> Table:
    header, columns = [f"{model_of(own)} against"], list[list[str]]()
    for metric in measured(rows):
        found = [compare(rows, peer, own, metric.name) for peer in peers]
        header += [f"{metric.label}: median (quartiles)", "worst"]
        columns += [[_spread(value) for value in found], [_worst(value) for value in found]]
    return Table(header, [*zip(map(LOSSY.label, peers), *columns, strict=True)])


def speed_parts(folder: Path) -> list[Part]:
    """Table and note; nothing without speed."""
    if not (rows := SPEED_ROWS.load(folder)):
        return []
    where = runs.where(folder, "compress", SPEED_ROWS.file)
    return [speed_table(rows), speed_note(rows, where)]


def speed_table(rows: Sequence[Timing]) -> Table:
    """Speed of each codec at its setting nearest to one common rate, quartiles in brackets, and
    the peak of memory where it was measured."""
    found = timed(rows)

    def memory(name: str) -> str:
        peaks = ((row.encode_mb, row.decode_mb) for row in found[name])
        return next((f"{a:.0f} / {b:.0f}" for a, b in peaks if a and b), NO_VALUE)

    columns: dict[str, Callable[[str], str]] = {
        "codec": LOSSY.label,
        "bpp": lambda name: f"{fmean(row.bpp for row in found[name]):.2f}",
        "PSNR (dB)": lambda name: f"{fmean(row.psnr for row in found[name]):.2f}",
        "compress (MP/s)": lambda name: _speed(found[name], "encode"),
        "compress (s/MP)": lambda name: _seconds(found[name]),
        "decompress (MP/s)": lambda name: _speed(found[name], "decode"),
    }
    if any(memory(name) != NO_VALUE for name in found):
        columns["memory (MB)"] = memory
    return Table.of([name for name in known(rows) if name in found], columns)


def speed_note(rows: Sequence[Timing], where: str) -> str:
    """One paragraph: how the speed was taken, and m's time as a part of AVIF's."""
    found = timed(rows)
    some = next(iter(found.values()))
    quartiles = "" if _rate(some, "encode_low") == NO_VALUE else ", quartiles in brackets"
    text = (
        f"Medians of {rows[0].repeats} interleaved runs in memory{quartiles}, "
        f"{len(some)} pictures, {rows[0].threads} threads asked for{where}."
    )
    if measured := next((row for row in rows if row.encode_mb), None):
        text += (
            " Memory: the peak of a process that only compresses, and of one that only "
            f"decompresses, one picture of {measured.width}x{measured.height}, Python and "
            "libraries included."
        )
    seconds = {name: sum(row.encode_s for row in own) for name, own in found.items()}
    ratios = [
        f"{seconds[SHORT_OWN] / seconds[peer]:.2f} of {LOSSY.label(peer)}"
        for peer in ("avif", "avif_psnr")
        if {SHORT_OWN, peer} <= seconds.keys()
    ]
    return text + (f" Compress time of pellucid m: {', '.join(ratios)}." if ratios else "")


def scope_of(rows: Sequence[Result]) -> str:
    """How many pictures the rows cover."""
    return count(len({row.image for row in rows}), "picture")


def known(rows: Sequence[Result]) -> list[str]:
    """The codecs of the rows that tables show, in their order."""
    return LOSSY.in_order(name for name in codecs_in(rows) if name in LOSSY.labels or is_own(name))


def measured(rows: Sequence[Result]) -> list[Metric]:
    """The metrics that some of the rows have."""
    return [m for m in METRICS.values() if any(getattr(row, m.name) is not None for row in rows)]


def _bd_cell(value: BdAverage | None, both: bool = False) -> str:
    if value is None:
        return NO_VALUE
    mean = f" ({percent(value.of_mean_curve)})" if both else ""
    few = f" *n* {value.pictures}" if value.left_out else ""
    return percent(value.per_picture) + mean + few


def _spread(value: BdAverage | None) -> str:
    if value is None:
        return NO_VALUE
    low, middle, high = value.quartiles
    return f"{percent(middle)} ({signed(low, 1)} to {signed(high, 1)})"


def _worst(value: BdAverage | None) -> str:
    if value is None:
        return NO_VALUE
    picture, most = value.worst
    return f"{percent(most)} ({plain(picture)})"


def _seconds(rows: Sequence[Timing]) -> str:
    """Of a megapixel, to compress."""
    found = megapixels_a_second(rows, "encode_s")
    return NO_VALUE if math.isnan(found) else f"{1 / found:.2g}"


def _rate(rows: Sequence[Timing], seconds: str) -> str:
    found = megapixels_a_second(rows, seconds)
    return NO_VALUE if math.isnan(found) else rate(found)


def _speed(rows: Sequence[Timing], task: str) -> str:
    """With the rates of the slower and the faster quartile, where they are known."""
    middle, slow, fast = (_rate(rows, f"{task}_{end}") for end in ("s", "high", "low"))
    return middle + ("" if NO_VALUE in (slow, fast) else f" ({slow}–{fast})")


def _said(rows: Sequence[Result], name: str) -> str:
    """The versions and settings of a codec."""
    own = [row for row in rows if row.codec == name]
    settings = ", ".join(f"{setting:g}" for setting in sorted({row.setting for row in own}))
    return f"{', '.join(dict.fromkeys(row.versions for row in own))}; at {settings}"
