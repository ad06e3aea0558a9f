"""Rows of `bench lossless`, and what it shows of them: a table for each set and bound, who is
smaller and faster in words, what codecs refuse, and how it was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.peers.exact import APART, EXACT, OURS, OWN
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import NO_VALUE, Table, count, grouped, percent, rate
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


@dataclass(frozen=True, slots=True)
class ExactResult:
    """One picture coded and decoded.

    `data` names the set of pictures. `bound` is the largest error that was allowed, 0 for lossless,
    and `worst` the largest that decoding gave. `bytes` are those of all files, `bits` 8 * bytes /
    (width * height * channels). `encode_s` and `decode_s` are wall seconds, medians of `repeats`
    runs that took turns with the other codecs; `threads` is what was asked for.
    """

    method: str
    data: str
    picture: str
    width: int
    height: int
    channels: int
    dtype: str
    bound: int
    files: int
    bytes: int
    bits: float
    worst: int
    encode_s: float
    decode_s: float
    threads: int
    repeats: int
    version: str

    @property
    def samples(self) -> int:
        """How many numbers the picture is made of."""
        return self.width * self.height * self.channels


ROWS = Rows(ExactResult, "lossless-{method}.tsv")


@dataclass(frozen=True)
class Comparison:
    """One codec on one set at one bound: its rows of the pictures that pellucid has too, and
    pellucid's of the same; all its rows where pellucid has none."""

    method: str
    rows: Sequence[ExactResult]
    ours: Sequence[ExactResult]

    @property
    def bits(self) -> float:
        """Bits a sample."""
        return 8 * sum(row.bytes for row in self.rows) / sum(row.samples for row in self.rows)

    def rate(self, seconds: str) -> float:
        """Megasamples a second, by a column of seconds."""
        taken = float(sum(getattr(row, seconds) for row in self.rows))
        return sum(row.samples for row in self.rows) / 1e6 / max(taken, 1e-9)

    def ratio(self, column: str) -> float | None:
        """Sum of a column divided by pellucid's; None where pellucid has no rows."""
        own, ours = (sum(getattr(r, column) for r in rows) for rows in (self.rows, self.ours))
        return own / ours if self.ours else None

    @property
    def size(self) -> str:
        """Bytes against pellucid's as percent more or fewer."""
        ratio = self.ratio("bytes")
        return NO_VALUE if ratio is None else percent(100 * (ratio - 1))


def comparisons(rows: Sequence[ExactResult], bound: int, our_bound: int) -> list[Comparison]:
    """Every codec on a set at a bound, pellucid's first, the others by size; against pellucid's
    rows of the same bound or of another."""
    ours = {row.picture: row for row in rows if (row.method, row.bound) == (OURS, our_bound)}
    found = []
    for method, own in grouped((r for r in rows if r.bound == bound), lambda r: r.method).items():
        both = [row for row in own if row.picture in ours]
        found.append(Comparison(method, both or own, [ours[row.picture] for row in both]))
    return sorted(found, key=lambda one: (one.method != OURS, one.ratio("bytes") or one.bits))


def report(folder: Path) -> list[Part]:
    """The whole report."""
    if not (rows := ROWS.load(folder)):
        return []
    found = grouped(rows, lambda row: row.method).items()
    versions = {name: ", ".join(dict.fromkeys(row.version for row in own)) for name, own in found}
    codecs = EXACT.listed(versions, runs.methods_of(folder, "lossless"))
    sets = _sets(rows, folder, "##", {})
    return [HOW, *sets, "## Speed", speed_note(rows, folder), "## Codecs", codecs]


def all_sets(folder: Path) -> list[Part]:
    """Every table for the docs, a set of pictures after the other."""
    if not (rows := ROWS.load(folder)):
        return []
    return [HOW, speed_note(rows, folder), *_sets(rows, folder, "###", SETS)]


def _sets(
    rows: Sequence[ExactResult], folder: Path, level: str, names: Mapping[str, str]
) -> list[Part]:
    sets = grouped(rows, lambda row: row.data).items()
    parts = ([f"{level} {names.get(d, d)}", *set_part(own, d, folder)] for d, own in sets)
    return [*chain.from_iterable(parts)]


def overview(folder: Path) -> list[Part]:
    """The short table of the docs: a row a set and bound, a column a codec."""
    rows, found = ROWS.load(folder), dict[str, dict[str, Comparison]]()
    for (data, bound), own in grouped(rows, lambda row: (row.data, row.bound)).items():
        here = {one.method: one for one in comparisons(own, bound, bound)}
        if OURS in here:
            found[f"{SETS.get(data, data)}: {bound_name(bound).lower()}"] = here
    if not found:
        return []
    peers = [name for name in SHORT if any(name in here for here in found.values())]
    body = [
        [
            pictures,
            f"{here[OURS].bits:.2f}",
            *(here[name].size if name in here else NO_VALUE for name in peers),
        ]
        for pictures, here in found.items()
    ]

    def span(seconds: str) -> str:
        rates = [here[OURS].rate(seconds) for here in found.values()]
        return " to ".join(dict.fromkeys((rate(min(rates)), rate(max(rates)))))

    note = (
        "Size of the other files against pellucid's, + is larger, over the pictures that the codec "
        f"takes. pellucid compresses {span('encode_s')} and decompresses {span('decode_s')} "
        f"million samples a second on {count(rows[0].threads, 'thread')}; the others' speed "
        "and more codecs are below."
    )
    header = ["pictures", "pellucid, bits a sample", *(SHORT[name] for name in peers)]
    return [Table(header, body), note]


def set_part(own: Sequence[ExactResult], data: str, folder: Path) -> list[Part]:
    """All tables of one set, what they say in words, what is missing, and the command."""
    parts: list[Part] = [scope(own)]
    for bound in sorted({row.bound for row in own}):
        found = comparisons(own, bound, bound)
        parts += [f"{bound_name(bound)}:", comparison_table(found, bound), verdict(found)]
        parts += [
            f"With each band in a file of its own pellucid's bytes change by {one.size}."
            for one in found
            if one.method == APART and one.ours
        ]
        smaller = [
            f"{EXACT.label(one.method)} ({one.size})"
            for one in comparisons(own, 0, bound)
            if one.method not in OWN and (one.ratio("bytes") or 1) < 1
        ]
        if bound and smaller:
            parts.append(
                f"Lossless, and yet smaller than pellucid within this bound: {_list(smaller)}."
            )
    if any(row.channels in WITH_ALPHA and row.bound for row in own):
        parts.append(
            "Of 2 or 4 channels pellucid keeps the last, alpha, exactly; the others keep it within "
            "the bound."
        )
    why, command = refusals(folder, data)
    if told := {name: "; ".join(why[name]) for name in why if name != APART}:
        parts += ["Without rows, for some pictures or all:", EXACT.listed(told, {})]
    return [*parts, f"Measured with `{command}`."] if command else parts


def refusals(folder: Path, data: str) -> tuple[dict[str, list[str]], str]:
    """Why codecs made no rows of some pictures of a set, and the command that last measured it."""
    why, command = dict[str, list[str]](), ""
    for run in runs.load_runs(folder, "lossless"):
        if data in (refused := run.facts.get("refused", {})):
            earlier = {name: text for name, text in why.items() if name not in run.methods}
            why, command = {**earlier, **refused[data]}, run.command
    return why, command


def comparison_table(
    found: Sequence[Comparison],
    bound: int,
    label: Callable[[str], str] = EXACT.label,
    work: tuple[str, str] = ("compress", "decompress"),
) -> Table:
    """A row a codec, whose name `label` makes; `work` is called what both ways do."""
    most = max(len(one.rows) for one in found)

    def name(one: Comparison) -> str:
        few = f" ({count(len(one.rows), 'picture')})" if len(one.rows) < most else ""
        return label(one.method) + few

    columns: dict[str, Callable[[Comparison], str]] = {
        "method": name,
        "bits a sample": lambda one: f"{one.bits:.3f}",
        "size": lambda one: "" if one.method == OURS else one.size,
        f"{work[0]} (MS/s)": lambda one: rate(one.rate("encode_s")),
        f"{work[1]} (MS/s)": lambda one: rate(one.rate("decode_s")),
    }
    if bound:
        columns["largest error"] = lambda one: str(max(row.worst for row in one.rows))
    return Table.of(found, columns)


def verdict(found: Sequence[Comparison]) -> str:
    """Who makes larger and smaller files than pellucid, and who is faster; empty without others."""
    others = {
        EXACT.label(one.method): one
        for one in found
        if one.method not in (OURS, APART) and one.ours
    }
    if not others:
        return ""
    over = {name: (one.ratio("bytes") or 1.0) - 1 for name, one in others.items()}
    larger = [f"{name} ({one.size})" for name, one in others.items() if over[name] > SAME]
    smaller = [f"{name} ({one.size})" for name, one in others.items() if over[name] < -SAME]
    text = f"Larger files than pellucid's: {_list(larger)}. Smaller: {_list(smaller)}."
    if equal := [name for name in others if abs(over[name]) <= SAME]:
        text += f" Equal: {_list(equal)}."
    for words, seconds in (("compress", "encode_s"), ("decompress", "decode_s")):
        slower = [name for name, one in others.items() if (one.ratio(seconds) or 0) > 1]
        text += f" Slower than pellucid to {words}: {_list(slower)}"
        text += "; all others are faster." if len(slower) < len(others) else "."
    return text


def speed_note(rows: Sequence[ExactResult], folder: Path) -> str:
    """One paragraph: how the speed was taken."""
    repeats = " or ".join(count(n, "run") for n in sorted({row.repeats for row in rows}))
    threads = " or ".join(count(n, "thread") for n in sorted({row.threads for row in rows}))
    return (
        f"Medians of {repeats} of each picture in memory, codecs in turn, after one that "
        f"isn't counted; {threads} asked for{runs.where(folder, 'lossless')}. A rate is all "
        "samples over the sum of the medians."
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


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
