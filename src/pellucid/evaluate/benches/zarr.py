"""`bench zarr`: pictures and arrays in Zarr x codecs x bounds, written and read chunk by chunk.

DIR/zarr-<codec>.tsv   a file for each codec, so that one can be run again alone

It is `bench lossless` with arrays in Zarr in place of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Bench, Measurement, Part
from pellucid.evaluate.benches import lossless
from pellucid.evaluate.benches.lossless_tables import (
    Comparison,
    ExactResult,
    bound_name,
    comparison_table,
    comparisons,
    scope,
)
from pellucid.evaluate.peers.base import Codec
from pellucid.evaluate.peers.stores import stores
from pellucid.evaluate.plan import Option
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import count, grouped

LARGEST_CHUNK = 1 << 14
BLOSC = ("blosc_shuffle", "blosc_bitshuffle", "blosc_noshuffle")
PEERS = (
    "Codecs, comma between: blosc_shuffle, blosc_bitshuffle, blosc_noshuffle, zstd, jxl, zfp, sz3; "
    "or all, or none."
)
SETS = {"sentinel2": "Sentinel-2", "ct": "CT", "depth": "Depth maps"}
HOW = (
    "Bits a sample: all chunks over all samples of the set. Size: bytes against pellucid's, + is "
    "larger. Speed in millions of samples (MS) a second, of whole arrays written to Zarr and read "
    "from it, in memory. All planes of a picture are in one chunk; JPEG XL has one of each."
)


@dataclass(frozen=True, kw_only=True)
class Plan(lossless.Plan):
    """Size and speed of arrays in Zarr, without loss and within a bound, by pellucid and others.

    Takes what bench lossless takes: pictures, and arrays as (height, width, planes). A codec that
    can't hold an array has no row for it.
    """

    chunk: Annotated[int, Option("Samples a side of a chunk.", least=1, most=LARGEST_CHUNK)] = 512
    codecs: Annotated[tuple[str, ...], Option(PEERS, flag="against")] = ("all",)


@dataclass(frozen=True, slots=True)
class StoredResult(ExactResult):
    """One picture written to Zarr and read; `files` are its chunks, of `chunk` samples a side."""

    chunk: int


ROWS = Rows(StoredResult, "zarr-{method}.tsv")


def measure(current: Measurement[Plan, Codec]) -> Iterator[StoredResult]:
    """One picture by each codec that takes it, bound after bound."""
    for row in lossless.code(current):  # type: ignore[arg-type]  # a plan of more
        yield StoredResult(**asdict(row), chunk=current.plan.chunk)


def tables(folder: Path) -> list[Part]:
    """A table for each set and bound, and what pellucid takes of Blosc's bytes."""
    rows = ROWS.load(folder)
    if not rows:
        return []
    labels = stores(1)
    repeats = " or ".join(count(n, "run") for n in sorted({row.repeats for row in rows}))
    parts: list[Part] = [
        HOW, f"Medians of {repeats}, codecs in turn{runs.where(folder, 'zarr')}."
    ]  # fmt: skip
    for data, own in grouped(rows, lambda row: row.data).items():
        sides = " or ".join(str(side) for side in sorted({row.chunk for row in own}))
        parts += [f"### {SETS.get(data, data)}", f"{scope(own)} Chunks of up to {sides} a side."]
        for bound in sorted({row.bound for row in own}):
            found = comparisons(own, bound, bound)
            table = comparison_table(found, bound, labels.label, ("write", "read"))
            parts += [f"{bound_name(bound)}:", table, beside_blosc(found)]
    return parts


def beside_blosc(found: Sequence[Comparison]) -> str:
    """pellucid's part of the bytes of Blosc, by the way that suits the set; else empty."""
    ratios = [one.ratio("bytes") for one in found if one.method in BLOSC]
    known = [ratio for ratio in ratios if ratio]
    if not known:
        return ""
    part = f"{1 / min(known):.2f}"
    return (
        f"pellucid takes {part} of the bytes of Blosc in its best way, with a shuffle or without."
    )


BENCH: Bench[Plan, Codec, StoredResult] = Bench(
    name="zarr",
    columns=(ROWS,),
    plan=Plan,
    title="Arrays in Zarr",
    requested=Plan.requested,
    tables=tables,
    sections={"zarr": tables},
    what=lambda plan: f"arrays in Zarr: {', '.join(plan.sets)}",
    cases=lossless.cases,
    methods=lambda plan: stores(plan.chunk).load(("pellucid", *plan.codecs), plan.threads),
    wanted=lossless.BENCH.wanted,
    measure=measure,
    key=lossless.BENCH.key,
    makes=lambda plan, codec, row: row.method == codec.name and row.data in plan.sets,
    usable=lambda plan, codec, row: (
        (row.version, row.threads, row.repeats, row.chunk)
        == (codec.version, plan.threads, plan.repeats, plan.chunk)
    ),
)
