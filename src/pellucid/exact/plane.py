"""One plane of a tile, level by level and pass by pass: the same walk for encoder and decoder.

What differs is where rules and symbols come from: `Writer` finds them in the plane and puts them,
`Reader` takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact import fit, lattice
from pellucid.exact.known import Known, Reference, Vector, known_around
from pellucid.exact.lattice import PASSES, TOP, Pass, Plane
from pellucid.exact.rules import (
    Rules,
    classes_of,
    error_bins,
    means_of,
    put_rules,
    put_tables,
    take_rules,
    take_tables,
)
from pellucid.exact.tables import ExactTables

Symbols = NDArray[np.int32]
LARGEST_ERROR = (1 << 17) - 1  # the range and half a step are less; keeps all sums below 2^53


@dataclass(frozen=True)
class Range:
    """What a plane's samples are: low + unit * k up to high, each within `bound` of its source."""

    low: int
    high: int
    unit: int = 1
    bound: int = 0

    @property
    def steps(self) -> int:
        """The largest k."""
        return (self.high - self.low) // self.unit

    @property
    def bits(self) -> int:
        """That `steps` takes."""
        return self.steps.bit_length()

    @property
    def width(self) -> int:
        """Of a quantiser step, in units."""
        return 2 * (self.bound // self.unit) + 1


class Side(Protocol):
    """Encoder or decoder of one plane."""

    def coarsest(self, shape: tuple[int, int]) -> Plane:
        """The samples of the first lattice."""

    def symbols(self, known: Known, number: int, step: Pass, /) -> tuple[Vector, Symbols]:
        """(means, symbols) of a pass on level `number`."""


def walk(
    side: Side, shape: tuple[int, int], references: Sequence[Reference], span: Range
) -> Reference:
    """All passes of a plane of `shape`; samples and references count from `span.low` in units."""
    missed = np.zeros(shape)
    coarse = side.coarsest(lattice.level(missed, TOP).shape)
    for number in reversed(range(TOP)):
        off = lattice.level(missed, number)
        plane = lattice.spread(coarse, off.shape)
        scaled = [
            Reference(lattice.level(r.samples, number), lattice.level(r.missed, number))
            for r in references
        ]
        for step in PASSES:
            if 0 in lattice.count(plane.shape, step):
                continue
            known = known_around(Reference(plane, off), scaled, step)
            means, symbols = side.symbols(known, number, step)
            errors = symbols * float(span.width)
            into = lattice.place(plane, step)
            into[...] = np.clip(means + errors, 0, span.steps).reshape(into.shape)
            spot = lattice.place(off, step)
            spot[...] = np.abs(errors).reshape(into.shape)
        coarse = plane
    return Reference(coarse.astype(np.float32), missed.astype(np.float32))


class Writer:
    """Puts a plane (h, w), which counts from its range's low in units."""

    def __init__(
        self, encoder: SymbolEncoder, plane: Plane, span: Range, tables: ExactTables
    ) -> None:
        self._encoder, self._plane, self._span, self._tables = encoder, plane, span, tables

    def coarsest(self, shape: tuple[int, int]) -> Plane:
        """The first lattice, as it is."""
        samples = lattice.level(self._plane, TOP)
        assert samples.shape == shape
        self._encoder.put_uniform(samples.ravel().astype(np.int32), self._span.bits)
        return samples

    def symbols(self, known: Known, number: int, step: Pass, /) -> tuple[Vector, Symbols]:
        """Find the pass's rules and put them, then its symbols."""
        bins, encoder = self._tables.bins, self._encoder
        samples = lattice.place(lattice.level(self._plane, number), step)
        wanted = samples.ravel().astype(np.float64)
        predictor = fit.fit_predictor(known, wanted, bins)
        classes = classes_of(known, predictor.cuts, bins)
        means = np.clip(means_of(known, classes, predictor.weights), 0, self._span.steps)
        error = wanted - means
        symbols = np.rint(error / self._span.width).astype(np.int32)
        scale = fit.fit_scale(known, error / self._span.width)
        coarse = fit.COARSE if wanted.size < fit.FEW else 0
        spots = error_bins(known, scale, coarse, bins)
        count = len(bins) + 1
        tables, shifts = fit.fit_tables(symbols, spots, count, self._tables)
        rules = Rules(predictor.cuts, predictor.weights, scale, coarse, tables, shifts)
        put_rules(encoder, rules, fit.cheapest_weight_table(rules.weights, self._tables))
        put_tables(encoder, rules, np.unique(spots))
        by_sample = rules.shifts[spots].astype(np.int32)
        high, low = fit.split(symbols, by_sample)
        encoder.put(high, rules.tables[spots])
        for shift in np.unique(by_sample[by_sample > 0]).tolist():
            encoder.put_uniform(low[by_sample == shift], shift)
        return means, symbols


class Reader:
    """Takes what a `Writer` put."""

    def __init__(self, decoder: SymbolDecoder, span: Range, tables: ExactTables) -> None:
        self._decoder, self._span, self._tables = decoder, span, tables

    def coarsest(self, shape: tuple[int, int]) -> Plane:
        """The first lattice."""
        values = self._decoder.take_uniform(shape[0] * shape[1], self._span.bits)
        if values.max() > self._span.steps:
            raise DamagedFileError("a plane's first samples are out of its range")
        return values.reshape(shape).astype(np.float64)

    def symbols(self, known: Known, _number: int, _step: Pass, /) -> tuple[Vector, Symbols]:
        """Take the pass's rules, then its symbols."""
        tables, decoder = self._tables, self._decoder
        terms, unrest = len(known.terms), len(known.unrest)
        rules = take_rules(decoder, terms, unrest, len(tables.bins) + 1, len(tables))
        classes = classes_of(known, rules.cuts, tables.bins)
        means = np.clip(means_of(known, classes, rules.weights), 0, self._span.steps)
        spots = error_bins(known, rules.scale, rules.coarse, tables.bins)
        take_tables(decoder, rules, np.unique(spots), len(tables))
        shifts = rules.shifts[spots].astype(np.int32)
        symbols = decoder.take(rules.tables[spots]) << shifts
        for shift in np.unique(shifts[shifts > 0]).tolist():
            chosen = np.flatnonzero(shifts == shift)
            low = decoder.take_uniform(chosen.size, shift)
            symbols[chosen] += low - ((1 << shift) >> 1)
        if int(np.abs(symbols).max()) * self._span.width > LARGEST_ERROR:
            raise DamagedFileError("a sample is further off than any can be")
        return means, symbols
