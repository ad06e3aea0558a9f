"""Samples that repeat one of the nearest, as in drawings, labels, masks and depth maps.

For each sample of a pass that is *counted*, one of six symbols says which value it has:

    0 .. 3   one of the distinct values of the four nearest, the most frequent of them first
    4        the mean that was predicted
    5        another, whose error follows after all symbols of the pass

A symbol is as probable as it was before, in this plane, after the same surroundings: how the
nearest are alike and a reference is alike here, and in a finer table also where the mean lies. The
finer table falls back on the coarser one as far as it has seen little, as in PPM (Cleary and Witten
1984). What is seen counts from the next run of samples on, so that a run is coded at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.entropy.tables import COUNT_TOTAL
from pellucid.errors import DamagedFileError
from pellucid.exact.known import NEAREST, Known, Vector
from pellucid.exact.lattice import PASSES, Pass
from pellucid.exact.rules import WEIGHT_BITS, rounded

Integers = NDArray[np.int64]
Symbols = NDArray[np.int32]

MEAN, ANOTHER = 4, 5
SYMBOLS = 6
PRIOR = np.array([20, 6, 2, 1, 1, 3], np.int64)  # of the symbols, before any was seen
SEEN = 16  # that a symbol weighs which was seen once in the coarser table
BACK = 8  # symbols of the finer table that the coarser one weighs as much as
MOST_SEEN = 2048  # in a row of counts, which is then halved
ROW_BITS = 16  # of the number of a row
FEWEST = 32  # samples of a run
FASTER = 6  # runs are of 1/2^6 of the samples before
GAP = 3  # the largest difference of the first two values that is told apart
PARTS = 4  # of a level, and the most of them that the mean is told to be off


@dataclass(frozen=True)
class Surroundings:
    """What decides the symbols of n samples, and what these stand for.

    Attributes:
        values: (5, n) of the symbols 0 to 4; those from `distinct` to 3 stand for nothing.
        distinct: (n,) how many values the nearest have.
        rows: (2, n) of the coarser and the finer table.
    """

    values: Vector
    distinct: NDArray[np.intp]
    rows: Integers

    def symbols(self, wanted: Vector) -> Symbols:
        """The symbol of each sample, the first that gives what is `wanted`."""
        there = self.values == wanted
        return np.where(there.any(axis=0), there.argmax(axis=0), ANOTHER).astype(np.int32)

    def samples(self, symbols: Symbols) -> Vector:
        """What the symbols stand for, of ANOTHER the mean; DamagedFileError if one has no value."""
        if ((symbols >= self.distinct) & (symbols < NEAREST)).any():
            raise DamagedFileError("a sample repeats a value that isn't among the nearest")
        chosen = np.minimum(symbols, MEAN)[None]
        return np.asarray(np.take_along_axis(self.values, chosen, axis=0)[0], np.float64)


def repeats(known: Known, wanted: Vector) -> float:
    """Part of the samples that have the value of one of the nearest."""
    return float((known.terms[:NEAREST] == wanted - known.base).any(axis=0).mean())


def surroundings(known: Known, step: Pass, fine: Vector) -> Surroundings:
    """Of samples whose means are `fine` / 2^8."""
    near = known.terms[:NEAREST]
    alike = near[:, None] == near  # (4, 4, n)
    pattern = np.zeros(known.base.size, np.int64)
    first = np.ones(near.shape, bool)
    for place in range(1, NEAREST):
        for before in range(place):
            pattern = 2 * pattern + alike[place, before]
            first[place] &= ~alike[place, before]
    often = np.where(first, alike.sum(axis=1), 0)
    order = np.argsort(-often, axis=0, kind="stable")
    values = np.take_along_axis(near, order, axis=0)
    distinct = first.sum(axis=0)
    gap = np.clip(values[1] - values[0], -GAP, GAP) + GAP
    coarse = (pattern * (2 * GAP + 1) + gap.astype(np.int64)) * len(PASSES) + PASSES.index(step)
    for other in range(len(step.own), len(known.terms), len(step.other)):
        here, *around = known.terms[other : other + 1 + NEAREST]
        for one in around:
            coarse = 2 * coarse + (one == here)
    values += known.base
    part = (1 << WEIGHT_BITS) // PARTS
    off = np.floor((fine - values[0] * (1 << WEIGHT_BITS) + part // 2) / part)
    finer = coarse * (2 * PARTS + 1) + (np.clip(off, -PARTS, PARTS) + PARTS).astype(np.int64)
    values = np.vstack([values, rounded(fine)])
    return Surroundings(values, distinct, np.stack([row(coarse), row(finer)]))


def row(surroundings: Integers) -> Integers:
    """The rows of counts for numbers of surroundings: the high bits of a product, as in Knuth."""
    return (surroundings * 2654435769 & 0xFFFFFFFF) >> 32 - ROW_BITS


class State(NamedTuple):
    """Some rows of counts, and how many samples were counted."""

    rows: Integers
    counts: list[Integers]
    seen: int


class Counts:
    """How often each symbol followed the surroundings that share a row, in one plane so far."""

    def __init__(self) -> None:
        self._tables = np.zeros((2, 1 << ROW_BITS, SYMBOLS), np.int64)
        self._seen = 0

    def state(self, rows: Integers) -> State:
        """What `restore` needs after nothing but these rows (2, n) has changed."""
        return State(
            rows, [table[row] for table, row in zip(self._tables, rows, strict=True)], self._seen
        )

    def restore(self, state: State) -> None:
        """Make the counts what they were."""
        for table, row, counts in zip(self._tables, state.rows, state.counts, strict=True):
            table[row] = counts
        self._seen = state.seen

    def runs(self, count: int) -> Iterator[slice]:
        """The samples of a pass, in runs; `note` must be told each before the next is asked for."""
        start = 0
        while start < count:
            stop = min(count, start + max(FEWEST, self._seen >> FASTER))
            yield slice(start, stop)
            start = stop

    def chances(self, rows: Integers) -> Integers:
        """(m, 6) counts, each row's sum 2^16, for rows (2, m) of the tables."""
        coarse = SEEN * self._tables[0, rows[0]] + PRIOR
        finer = self._tables[1, rows[1]] * coarse.sum(axis=1, keepdims=True) + BACK * coarse
        total = finer.sum(axis=1, keepdims=True)
        out: Integers = 1 + finer * (COUNT_TOTAL - SYMBOLS) // total
        out[np.arange(len(out)), out.argmax(axis=1)] += COUNT_TOTAL - out.sum(axis=1)
        return out

    def note(self, rows: Integers, symbols: Symbols) -> None:
        """Count what followed."""
        self._seen += symbols.size
        for table, used in zip(self._tables, rows, strict=True):
            np.add.at(table, (used, symbols), 1)
            full = used
            while (full := full[table[full].sum(axis=1) > MOST_SEEN]).size:
                table[full] >>= 1


def put_counted(
    encoder: SymbolEncoder, counts: Counts, around: Surroundings, symbols: Symbols
) -> None:
    """Write the symbols of a pass."""
    for run in counts.runs(symbols.size):
        rows = around.rows[:, run]
        encoder.put_apart(symbols[run], counts.chances(rows))
        counts.note(rows, symbols[run])


def take_counted(decoder: SymbolDecoder, counts: Counts, around: Surroundings) -> Symbols:
    """What `put_counted` wrote."""
    symbols = np.empty(around.distinct.size, np.int32)
    for run in counts.runs(symbols.size):
        rows = around.rows[:, run]
        symbols[run] = decoder.take_apart(counts.chances(rows))
        counts.note(rows, symbols[run])
    return symbols
