"""What `bench lossless` shows: a table for each set and bound, who is smaller and faster in words,
what codecs refuse, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.lossless_rows import (
    ROWS,
    ExactResult,
    Standing,
    smaller_without_loss,
    standings,
)
from pellucid.evaluate.peers.exact import APART, EXACT, OURS
from pellucid.evaluate.table import NO_VALUE, Table, count, percent, rate
from pellucid.pixels.info import WITH_ALPHA

SAME = 0.0005  # sizes nearer than this are called equal
HOW = (
    "Bits a sample: whole files over all samples of the set. Size: bytes against pellucid's for "
    "the same pictures, + is larger. Speed in millions of samples (MS) a second. Every file was "
    "decoded; the largest error is what came back."
)
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


def report(folder: Path) -> list[Part]:
    """The whole report."""
    rows = ROWS.load(folder)
    if not rows:
        return []
    parts: list[Part] = [HOW]
    for data in sets_in(rows):
        parts += [f"## {data}", *set_part(rows, data, folder)]
    return [*parts, "## Speed", speed_note(rows, folder), "## Codecs", versions(rows, folder)]


def all_sets(folder: Path) -> list[Part]:
    """Every table for the docs, a set of pictures after the other."""
    rows = ROWS.load(folder)
    if not rows:
        return []
    parts: list[Part] = [HOW, speed_note(rows, folder)]
    for data in sets_in(rows):
        parts += [f"### {set_name(data)}", *set_part(rows, data, folder)]
    return parts


def overview(folder: Path) -> list[Part]:
    """The short table of the docs: a row a set and bound, a column a codec."""
    rows, found = ROWS.load(folder), {}
    for data in sets_in(rows):
        for bound in bounds_in(row for row in rows if row.data == data):
            here = {one.method: one for one in standings(rows, data, bound)}
            found.update({(data, bound): here} if OURS in here else {})
    if not found:
        return []
    peers = [name for name in SHORT if any(name in here for here in found.values())]
    body = []
    for (data, bound), here in found.items():
        cells = [size_text(here[name].size) if name in here else NO_VALUE for name in peers]
        name = bound_name(bound)
        label = f"{set_name(data)}: {name[0].lower()}{name[1:]}"
        body.append([label, f"{here[OURS].bits:.2f}", *cells])
    ours = [here[OURS] for here in found.values()]
    encode, decode = _span([one.encode_rate for one in ours]), _span([o.decode_rate for o in ours])
    note = (
        "Size of the other files against pellucid's, + is larger, over the pictures that the codec "
        f"takes. pellucid compresses {encode} and decompresses {decode} million "
        f"samples a second on {count(rows[0].threads, 'thread')}; the others' speed "
        "and more codecs are below."
    )
    header = ["pictures", "pellucid, bits a sample", *(SHORT[name] for name in peers)]
    return [Table(header, body), note]


def set_part(rows: Sequence[ExactResult], data: str, folder: Path) -> list[Part]:
    """All tables of one set, what they say in words, what is missing, and the command."""
    own = [row for row in rows if row.data == data]
    parts: list[Part] = [scope(own)]
    for bound in bounds_in(own):
        found = standings(own, data, bound)
        parts += [f"{bound_name(bound)}:", standings_table(found, bound)]
        parts += list(filter(None, [verdict(found), apart_note(found)]))
        if bound and (better := smaller_without_loss(own, data, bound)):
            names = [f"{EXACT.label(name)} ({size_text(size)})" for name, size in better.items()]
            parts.append(
                f"Lossless, and yet smaller than pellucid within this bound: {_list(names)}."
            )
    if any(row.channels in WITH_ALPHA and row.bound for row in own):
        parts.append(
            "Of 2 or 4 channels pellucid keeps the last, alpha, exactly; the others keep it within "
            "the bound."
        )
    why, command = refusals(folder, data)
    known = [name for name in EXACT.labels if name in why and name != APART]
    if lines := [f"- {EXACT.label(name)}: {'; '.join(why[name])}" for name in known]:
        parts.append("\n".join(["Without rows, for some pictures or all:", "", *lines]))
    return [*parts, f"Measured with `{command}`."] if command else parts


def refusals(folder: Path, data: str) -> tuple[dict[str, list[str]], str]:
    """Why codecs made no rows of some pictures of a set, and the command that last measured it."""
    why, command = dict[str, list[str]](), ""
    for run in runs.load_runs(folder, "lossless"):
        if data in (refused := run.facts.get("refused", {})):
            earlier = {name: text for name, text in why.items() if name not in run.methods}
            why, command = {**earlier, **refused[data]}, run.command
    return why, command


def standings_table(found: Sequence[Standing], bound: int) -> Table:
    """A row a codec."""
    header = ["method", "bits a sample", "size", "compress (MS/s)", "decompress (MS/s)"]
    header += ["largest error"] if bound else []
    most = max(one.pictures for one in found)
    body = []
    for one in found:
        few = f" ({count(one.pictures, 'picture')})" if one.pictures < most else ""
        line = [
            EXACT.label(one.method) + few,
            f"{one.bits:.3f}",
            "" if one.method == OURS else size_text(one.size),
            rate(one.encode_rate),
            rate(one.decode_rate),
        ]
        body.append([*line, str(one.worst)] if bound else line)
    return Table(header, body)


def verdict(found: Sequence[Standing]) -> str:
    """Who makes larger and smaller files than pellucid, and who is faster; empty without others."""
    others = {
        EXACT.label(one.method): one
        for one in found
        if one.method not in (OURS, APART) and one.size is not None
    }
    if not others or found[0].method != OURS:
        return ""
    over = {name: (one.size or 1.0) - 1 for name, one in others.items()}
    shown = {name: f"{name} ({size_text(one.size)})" for name, one in others.items()}
    larger = [shown[name] for name in others if over[name] > SAME]
    smaller = [shown[name] for name in others if over[name] < -SAME]
    text = f"Larger files than pellucid's: {_list(larger)}. Smaller: {_list(smaller)}."
    if equal := [name for name in others if abs(over[name]) <= SAME]:
        text += f" Equal: {_list(equal)}."
    for words, times in (("compress", "encode_time"), ("decompress", "decode_time")):
        slower = [name for name, one in others.items() if getattr(one, times) > 1]
        text += f" Slower than pellucid to {words}: {_list(slower)}"
        text += "; all others are faster." if len(slower) < len(others) else "."
    return text


def apart_note(found: Sequence[Standing]) -> str:
    """What bands gain from each other; empty where it wasn't measured."""
    sizes = [one.size for one in found if one.method == APART and one.size is not None]
    if not sizes:
        return ""
    changed = size_text(sizes[0])
    return f"With each band in a file of its own pellucid's bytes change by {changed}."


def speed_note(rows: Sequence[ExactResult], folder: Path) -> str:
    """One paragraph: how the speed was taken."""
    repeats = " or ".join(count(n, "run") for n in sorted({row.repeats for row in rows}))
    threads = " or ".join(count(n, "thread") for n in sorted({row.threads for row in rows}))
    where = runs.machine_text(runs.machine_of(folder, "lossless"))
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


def versions(rows: Sequence[ExactResult], folder: Path) -> str:
    """Libraries, options and threads of every codec."""
    methods, lines = runs.methods_of(folder, "lossless"), []
    for name in EXACT.labels:
        if found := dict.fromkeys(row.version for row in rows if row.method == name):
            note = f"; {methods[name]['threading']}" if name in methods else ""
            lines.append(f"- {EXACT.label(name)}: {', '.join(found)}{note}")
    return "\n".join(lines)


def sets_in(rows: Iterable[ExactResult]) -> list[str]:
    """Names of the sets, each once, sorted."""
    return sorted({row.data for row in rows})


def set_name(data: str) -> str:
    """How a set of pictures is known, from its name in the rows."""
    return SETS.get(data, data)


def bounds_in(rows: Iterable[ExactResult]) -> list[int]:
    """The bounds, each once, ascending."""
    return sorted({row.bound for row in rows})


def bound_name(bound: int) -> str:
    """How tables call a bound."""
    return f"Largest error {bound}" if bound else "Lossless"


def size_text(size: float | None) -> str:
    """A ratio of sizes as percent more or fewer."""
    return NO_VALUE if size is None else percent(100 * (size - 1))


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _span(rates: Sequence[float]) -> str:
    low, high = rate(min(rates)), rate(max(rates))
    return low if low == high else f"{low} to {high}"
