"""Rows -> `lossless.md`: a table for each set of pictures and bound, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.exact_codecs import APART, LABELS, OURS
from pellucid.evaluate.lossless import rows as store
from pellucid.evaluate.lossless.rows import ExactResult
from pellucid.evaluate.lossless.summary import (
    Standing,
    bounds_in,
    sets_in,
    smaller_without_loss,
    standings,
)
from pellucid.evaluate.report import write_page
from pellucid.evaluate.table import MINUS, NO_VALUE, table
from pellucid.pixels.sink import WITH_ALPHA

REPORT = "lossless.md"
SAME = 0.0005  # sizes nearer than this are called equal
HOW = (
    "Bits a sample: whole files over all samples of the set. Size: bytes against pellucid's for "
    "the same pictures, + is larger. Speed in millions of samples (MS) a second. Every file was "
    "decoded; the largest error is what came back."
)


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make `lossless.md` of all rows in `folder`, also those of earlier runs.

    Returns:
        The report as Markdown and the file written.

    Raises:
        InputError: no rows.
        OutputError: the file can't be written.
    """
    rows = store.load_rows(folder)
    if not rows:
        raise InputError(f"no rows in {folder}; make them with: pellucid bench lossless")
    text = build_report(rows, store.load_methods(folder))
    path = write_page(folder / REPORT, text)
    return text, [path]


def build_report(rows: Sequence[ExactResult], facts: Mapping[str, Any]) -> str:
    """The whole report as Markdown, ending in a newline; `facts` as `rows.load_methods` gives."""
    parts = ["# Lossless and error-bounded", HOW]
    for data in sets_in(rows):
        parts += [f"## {data}", *set_part(rows, data, facts)]
    parts += ["## Speed", speed_note(rows, facts), "## Codecs", _versions(rows, facts)]
    return "\n\n".join(parts) + "\n"


def set_part(rows: Sequence[ExactResult], data: str, facts: Mapping[str, Any]) -> list[str]:
    """All tables of one set, what they say in words, what is missing, and the command."""
    own = [row for row in rows if row.data == data]
    parts = [scope(own)]
    for bound in bounds_in(own):
        found = standings(own, data, bound)
        parts += [f"{bound_name(bound)}:", standings_table(found, bound)]
        parts += list(filter(None, [verdict(found), apart_note(found)]))
        if bound and (better := smaller_without_loss(own, data, bound)):
            names = [f"{LABELS[name]} ({size_text(size)})" for name, size in better.items()]
            parts.append(
                f"Lossless, and yet smaller than pellucid within this bound: {_list(names)}."
            )
    if any(row.channels in WITH_ALPHA and row.bound for row in own):
        parts.append(
            "Of 2 or 4 channels pellucid keeps the last, alpha, exactly; the others keep it within "
            "the bound."
        )
    why = facts.get("refused", {}).get(data, {})
    known = [name for name in LABELS if name in why and name != APART]
    if lines := [f"- {LABELS[name]}: {'; '.join(why[name])}" for name in known]:
        parts.append("\n".join(["Without rows, for some pictures or all:", "", *lines]))
    if command := facts.get("commands", {}).get(data):
        parts.append(f"Measured with `{command}`.")
    return parts


def standings_table(found: Sequence[Standing], bound: int) -> str:
    """A row a codec."""
    header = ["method", "bits a sample", "size", "compress (MS/s)", "decompress (MS/s)"]
    header += ["largest error"] if bound else []
    most = max(one.pictures for one in found)
    body = []
    for one in found:
        few = f" ({count(one.pictures, 'picture')})" if one.pictures < most else ""
        line = [
            LABELS[one.method] + few,
            f"{one.bits:.3f}",
            _size(one),
            rate_text(one.encode_rate),
            rate_text(one.decode_rate),
        ]
        body.append([*line, str(one.worst)] if bound else line)
    return table(header, body)


def verdict(found: Sequence[Standing]) -> str:
    """Who makes larger and smaller files than pellucid, and who is faster; empty without others."""
    others = [one for one in found if one.method not in (OURS, APART) and one.size is not None]
    if not others or found[0].method != OURS:
        return ""
    larger = [f"{_label(one)} ({size_text(one.size)})" for one in others if _over(one) > SAME]
    smaller = [f"{_label(one)} ({size_text(one.size)})" for one in others if _over(one) < -SAME]
    equal = [_label(one) for one in others if abs(_over(one)) <= SAME]
    text = f"Larger files than pellucid's: {_list(larger)}. Smaller: {_list(smaller)}."
    if equal:
        text += f" Equal: {_list(equal)}."
    for words, times in (("compress", "encode_time"), ("decompress", "decode_time")):
        slower = [_label(one) for one in others if getattr(one, times) > 1]
        text += f" Slower than pellucid to {words}: {_list(slower)}"
        text += "; all others are faster." if len(slower) < len(others) else "."
    return text


def apart_note(found: Sequence[Standing]) -> str:
    """What bands gain from each other; empty where it wasn't measured."""
    apart = next((one for one in found if one.method == APART and one.size is not None), None)
    if apart is None:
        return ""
    return (
        f"With each band in a file of its own pellucid's bytes change by {size_text(apart.size)}."
    )


def speed_note(rows: Sequence[ExactResult], facts: Mapping[str, Any]) -> str:
    """One paragraph: how the speed was taken."""
    repeats = " or ".join(count(n, "run") for n in sorted({row.repeats for row in rows}))
    threads = " or ".join(count(n, "thread") for n in sorted({row.threads for row in rows}))
    where = f" on {facts['processor']} ({facts['cores']} cores)" if "processor" in facts else ""
    return (
        f"Medians of {repeats} of each picture in memory, codecs in turn, after one that "
        f"isn't counted; {threads} asked for{where}. A rate is all samples over the sum of "
        "the medians."
    )


def scope(rows: Sequence[ExactResult]) -> str:
    """How many pictures there are, and of what kind."""
    pictures = {row.picture for row in rows}
    kinds = sorted({(row.channels, row.dtype) for row in rows})
    words = ", ".join(f"{count(channels, 'channel')} {dtype}" for channels, dtype in kinds)
    sizes = sorted({f"{row.width}x{row.height}" for row in rows})
    some = f"{', '.join(sizes)}; " if len(sizes) <= 3 else ""
    return f"{count(len(pictures), 'picture')}: {some}{words}."


def bound_name(bound: int) -> str:
    """How tables call a bound."""
    return f"Largest error {bound}" if bound else "Lossless"


def rate_text(megasamples: float) -> str:
    """A rate with as many digits as are worth reading."""
    return f"{megasamples:.{2 if megasamples < 10 else 0}f}"


def count(number: int, noun: str) -> str:
    """1 picture, 2 pictures."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def size_text(size: float | None) -> str:
    """A ratio of sizes as percent more or fewer."""
    if size is None:
        return NO_VALUE
    text = f"{100 * (size - 1):+.1f}".replace("-", MINUS)
    return ("0.0" if text in ("+0.0", f"{MINUS}0.0") else text) + " %"


def _size(one: Standing) -> str:
    return "" if one.method == OURS else size_text(one.size)


def _over(one: Standing) -> float:
    return (one.size or 1.0) - 1.0


def _label(one: Standing) -> str:
    return LABELS[one.method]


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _versions(rows: Sequence[ExactResult], facts: Mapping[str, Any]) -> str:
    lines = []
    for name in LABELS:
        versions = dict.fromkeys(row.version for row in rows if row.method == name)
        if versions:
            how = facts.get("methods", {}).get(name)
            lines.append(f"- {LABELS[name]}: {', '.join(versions)}{f'; {how}' if how else ''}")
    return "\n".join(lines)
