"""Tables of README and docs from kept rows; each is a function of the folder of results.

Where nothing was measured the section says so, and nothing fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pellucid.evaluate.exact_codecs import OURS
from pellucid.evaluate.lossless import rows as store
from pellucid.evaluate.lossless.report import (
    HOW,
    bound_name,
    count,
    rate_text,
    set_part,
    size_text,
    speed_note,
)
from pellucid.evaluate.lossless.rows import ExactResult
from pellucid.evaluate.lossless.summary import bounds_in, sets_in, standings
from pellucid.evaluate.table import NO_VALUE, table

NOT_YET = "Not measured yet."
SETS = {
    "kodak24": "Kodak, photographs",
    "sentinel2": "Sentinel-2, 13 bands",
    "depth": "depth maps",
    "geotiff16": "GeoTIFF, 16 bits",
}
# What the short table has room for, under short names.
SHORT = {
    "png": "PNG",
    "webp": "WebP",
    "jxl": "JPEG XL",
    "jpeg2000": "JPEG 2000",
    "jpegls": "JPEG-LS",
    "lerc_zstd": "LERC with zstd",
    "zstd": "zstd",
}


def overview_section(results: Path) -> str:
    """The short table: a row a set and bound, a column a codec."""
    rows = store.load_rows(results)
    lines = [(data, bound) for data in sets_in(rows) for bound in bounds_in(_of(rows, data))]
    found = {line: {one.method: one for one in standings(rows, *line)} for line in lines}
    found = {line: here for line, here in found.items() if OURS in here}
    if not found:
        return NOT_YET
    peers = [name for name in SHORT if any(name in here for here in found.values())]
    header = ["pictures", "pellucid, bits a sample", *(SHORT[name] for name in peers)]
    body = []
    for (data, bound), here in found.items():
        cells = [size_text(here[name].size) if name in here else NO_VALUE for name in peers]
        label = f"{set_name(data)}: {bound_name(bound)[0].lower()}{bound_name(bound)[1:]}"
        body.append([label, f"{here[OURS].bits:.2f}", *cells])
    rates = [here[OURS] for here in found.values()]
    encode, decode = ([getattr(r, f"{w}_rate") for r in rates] for w in ("encode", "decode"))
    note = (
        "Size of the other files against pellucid's, + is larger, over the pictures that the codec "
        f"takes. pellucid compresses {_span(encode)} and decompresses {_span(decode)} million "
        f"samples a second on {count(rows[0].threads, 'thread')}; the others' speed "
        "and more codecs are below."
    )
    return f"{table(header, body)}\n\n{note}"


def sets_section(results: Path) -> str:
    """Every table, a set of pictures after the other."""
    rows, facts = store.load_rows(results), store.load_methods(results)
    if not rows:
        return NOT_YET
    parts = [HOW, speed_note(rows, facts)]
    for data in sets_in(rows):
        parts += [f"### {set_name(data)}", *set_part(rows, data, facts)]
    return "\n\n".join(parts)


def set_name(data: str) -> str:
    """How a set of pictures is known, from its name in the rows."""
    return SETS.get(data, data)


def _of(rows: Sequence[ExactResult], data: str) -> list[ExactResult]:
    return [row for row in rows if row.data == data]


def _span(rates: Sequence[float]) -> str:
    low, high = rate_text(min(rates)), rate_text(max(rates))
    return low if low == high else f"{low} to {high}"


# Name of the markers -> what stands between them.
SECTIONS: dict[str, Callable[[Path], str]] = {
    "lossless": overview_section,
    "lossless-sets": sets_section,
}
