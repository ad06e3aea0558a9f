"""Rows -> Markdown: BD-rate against every peer, speed, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pellucid.evaluate.bd_rate import BdAverage
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers import LABELS, OWN
from pellucid.evaluate.record import Result, Timing
from pellucid.evaluate.summary import codecs_in, compare, speeds, time_ratio

NO_VALUE = "–"
MINUS = "\u2212"


def build_report(
    sweep: Sequence[Result],
    speed: Sequence[Timing],
    machine: Mapping[str, Any],
) -> str:
    """The whole report as Markdown, ending in a newline.

    Args:
        sweep: rows of all codecs.
        speed: rows of the speed table; may be empty.
        machine: as `store.load_machine` gives it; may be empty.
    """
    parts = ["# Compression", _scope(sweep), bd_table(sweep, both_means=True), _bd_note()]
    if speed:
        parts += ["## Speed", speed_table(speed), speed_note(speed, machine)]
    parts += ["## Codecs", _versions(sweep, machine.get("threading", {}))]
    return "\n\n".join(part for part in parts if part) + "\n"


def bd_table(rows: Sequence[Result], *, both_means: bool = False) -> str:
    """BD-rate of pellucid's models against each peer, a column a metric and model.

    With `both_means` each cell adds, in brackets, the BD-rate of the mean curve.
    """
    present = codecs_in(rows)
    own = [name for name in OWN if name in present]
    peers = [name for name in LABELS if name in present and name not in OWN]
    metrics = [m for m in METRICS.values() if any(getattr(r, m.name) is not None for r in rows)]
    if not own or not peers:
        return "No BD-rate: it takes rows of pellucid and of at least one other codec."
    header = ["BD-rate against", *(f"{_model(o)}: {m.label}" for o in own for m in metrics)]
    body = [
        [
            LABELS[peer],
            *(bd_cell(compare(rows, peer, o, m.name), both_means) for o in own for m in metrics),
        ]
        for peer in peers
    ]
    return table(header, body)


def speed_table(rows: Sequence[Timing]) -> str:
    """Speed of each codec at its setting nearest to one common rate, quartiles in brackets, and
    the peak of memory where it was measured."""
    found = speeds(rows)
    header = ["codec", "bpp", "PSNR (dB)", "compress (MP/s)", "decompress (MP/s)"]
    peaks = any(one.peaks for one in found.values())
    header += ["memory (MB)"] if peaks else []
    body = []
    for name in (name for name in LABELS if name in found):
        one = found[name]
        cells = [
            LABELS[name],
            f"{one.bpp:.2f}",
            f"{one.psnr:.2f}",
            rate_cell(one.encode_mps) + _between(one.encode_spread),
            rate_cell(one.decode_mps) + _between(one.decode_spread),
        ]
        memory = " / ".join(f"{peak:.0f}" for peak in one.peaks) if one.peaks else NO_VALUE
        body.append([*cells, memory] if peaks else cells)
    return table(header, body)


def speed_note(rows: Sequence[Timing], machine: Mapping[str, Any]) -> str:
    """One paragraph: how the speed was taken, and m's time as a part of AVIF's."""
    found = speeds(rows)
    some = next(iter(found.values()))
    where = f" on {machine['processor']} ({machine['cores']} cores)" if machine else ""
    quartiles = ", quartiles in brackets" if some.encode_spread else ""
    text = (
        f"Medians of {rows[0].repeats} interleaved runs in memory{quartiles}, "
        f"{some.pictures} pictures, {rows[0].threads} threads asked for{where}."
    )
    if measured := next((row for row in rows if row.encode_mb), None):
        text += (
            " Memory: the peak of a process that only compresses, and of one that only "
            f"decompresses, one picture of {measured.width}x{measured.height}, Python and "
            "libraries included."
        )
    ratios = [
        f"{ratio:.2f} of {LABELS[peer]}"
        for peer in ("avif", "avif_psnr")
        if (ratio := time_ratio(found, "pellucid-m", peer)) is not None
    ]
    return text + (f" Compress time of pellucid m: {', '.join(ratios)}." if ratios else "")


def table(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A Markdown table: first column to the left, the others to the right."""
    rule = ["---", *("--:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *body))


def scope_of(rows: Sequence[Result]) -> str:
    """How many pictures the rows cover."""
    count = len({row.image for row in rows})
    return f"{count} picture{'s' if count != 1 else ''}"


def _scope(rows: Sequence[Result]) -> str:
    return f"{scope_of(rows)}, {len(rows)} files made and decoded."


def _bd_note() -> str:
    return (
        "Percent more (+) or fewer (\u2212) bytes at the same quality: mean of the pictures' "
        "BD-rates, in brackets the BD-rate of the mean curve. Whole files; PCHIP over log rate; "
        "RGB PSNR; MS-SSIM in dB. *n* marks means over fewer pictures than there are, where some "
        "curves don't overlap. AVIF's default and JPEG XL tune for the eye, not for PSNR."
    )


def _model(codec: str) -> str:
    return codec.rpartition("-")[2]


def bd_cell(value: BdAverage | None, both: bool = False) -> str:
    """A BD-rate with its sign; with `both` that of the mean curve in brackets."""
    if value is None:
        return NO_VALUE
    text = _signed(value.per_picture)
    if both:
        text += f" ({_signed(value.of_mean_curve)})"
    return text + (f" *n* {value.pictures}" if value.left_out else "")


def _signed(percent: float) -> str:
    text = f"{percent:+.1f}".replace("-", MINUS)
    return ("0.0" if text in ("+0.0", f"{MINUS}0.0") else text) + " %"


def rate_cell(megapixels_per_second: float) -> str:
    """A speed with as many digits as are worth reading."""
    digits = 2 if megapixels_per_second < 10 else 0
    return f"{megapixels_per_second:.{digits}f}"


def _between(spread: tuple[float, float] | None) -> str:
    return "" if spread is None else f" ({rate_cell(spread[0])}–{rate_cell(spread[1])})"


def _versions(rows: Sequence[Result], threading: Mapping[str, str]) -> str:
    lines = []
    for name in (name for name in LABELS if name in codecs_in(rows)):
        version = ", ".join(dict.fromkeys(row.versions for row in rows if row.codec == name))
        settings = sorted({row.setting for row in rows if row.codec == name})
        note = f"; {threading[name]}" if name in threading else ""
        turned = ", ".join(f"{setting:g}" for setting in settings)
        lines.append(f"- {LABELS[name]}: {version}; at {turned}{note}")
    return "\n".join(lines)
