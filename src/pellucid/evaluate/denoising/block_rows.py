"""How fast candidate blocks are (`tools/block_speed.py`): one typed row each, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import table

FILE = "denoise-blocks.tsv"


@dataclass(frozen=True, slots=True)
class BlockSpeed:
    """One network of random weights.

    Attributes:
        kmac: thousands of multiply-adds a pixel, of convolutions.
        one_thread, seconds: seconds a megapixel on one thread, and on `threads` of them.
        gflops: twice the multiply-adds in a second, in thousands of millions, on `threads`.
        repeats: interleaved runs that the medians are of.
        side: of the square picture, in samples.
    """

    name: str
    kmac: float
    one_thread: float
    threads: int
    seconds: float
    gflops: float
    repeats: int
    side: int
    version: str


TABLE = Rows(BlockSpeed)


def blocks_table(rows: Sequence[BlockSpeed]) -> str:
    """A row a network, in the order given, and how it was measured; `rows` holds at least one."""
    some = rows[0]
    header = ["network", "kMAC/pixel", "s/MP, 1 thread", f"s/MP, {some.threads} threads", "GFLOP/s"]
    body = [
        [
            row.name,
            f"{row.kmac:.1f}",
            f"{row.one_thread:.3f}",
            f"{row.seconds:.3f}",
            f"{row.gflops:.0f}",
        ]
        for row in rows
    ]
    note = (
        f"Random weights, one picture of {some.side} x {some.side}, medians of {some.repeats} "
        f"interleaved runs, {some.version}; GFLOP/s on {some.threads} threads."
    )
    return f"{table(header, body)}\n\n{note}"
