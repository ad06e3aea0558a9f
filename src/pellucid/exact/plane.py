"""One plane of a tile, level by level and pass by pass: the same walk for encoder and decoder.

What differs is where rules and symbols come from: `Writer` finds them in the plane and puts them,
`Reader` takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact import fit, lattice
from pellucid.exact.counted import (
    ANOTHER,
    Counts,
    State,
    put_counted,
    repeats,
    surroundings,
    take_counted,
)
from pellucid.exact.known import Known, Reference, Vector, known_around
from pellucid.exact.lattice import PASSES, TOP, Pass, Plane
from pellucid.exact.missed import put_missed, take_missed
from pellucid.exact.rules import Rules, put_rules, rounded, take_rules
from pellucid.exact.tables import ExactTables
from pellucid.exact.values import Values

Symbols = NDArray[np.int32]
OFTEN = 0.6  # part of a pass's samples that repeat one of the nearest, from which counting is tried
NEARLY_ALL = 0.9  # from which nothing but counting is tried, if few samples have another value
VAINLY = 1 / 16  # of a plane, after which counting isn't tried any more
FEW_OTHERS = 0.01
LARGEST_ERROR = (1 << 17) - 1  # the range and half a step are less; keeps all sums below 2^53


@dataclass(frozen=True)
class LevelPass:
    """One pass on one level. `chosen` are its samples that aren't holes; None means all."""

    level: int
    step: Pass
    chosen: NDArray[np.intp] | None

    def of(self, plane: Plane) -> Vector:
        """The level_pass's samples of a whole plane."""
        samples = lattice.place(lattice.level(plane, self.level), self.step).ravel()
        return np.asarray(samples if self.chosen is None else samples[self.chosen], np.float64)


class PlaneCoder(Protocol):
    """Encoder or decoder of one plane."""

    def coarsest(self, shape: tuple[int, int]) -> Plane:
        """The samples of the first lattice."""

    def symbols(self, known: Known, level_pass: LevelPass, /) -> tuple[Rules, Vector, Symbols]:
        """The rules of a level_pass; the means and symbols of its samples."""


def walk(
    coder: PlaneCoder,
    shape: tuple[int, int],
    references: Sequence[Reference],
    values: Values,
    tables: ExactTables,
    holes: Plane | None = None,
) -> Reference:
    """All passes of a plane of `shape`; where `holes` (h, w) is 1 it is given the means."""
    missed = np.zeros(shape)
    coarse = coder.coarsest(lattice.level(missed, TOP).shape)
    for number in reversed(range(TOP)):
        off = lattice.level(missed, number)
        plane = lattice.upsampled(coarse, off.shape)
        scaled = [
            Reference(lattice.level(r.samples, number), lattice.level(r.missed, number))
            for r in references
        ]
        for step in PASSES:
            if 0 in lattice.count(plane.shape, step):
                continue
            known = known_around(Reference(plane, off), scaled, step)
            level_pass = LevelPass(number, step, chosen_of(holes, number, step))
            means, symbols = taken(coder, known, level_pass, values, tables)
            errors = symbols * float(values.width)
            into = lattice.place(plane, step)
            into[...] = np.clip(means + errors, 0, values.steps).reshape(into.shape)
            spot = lattice.place(off, step)
            spot[...] = np.abs(errors).reshape(into.shape)
        coarse = plane
    return Reference(coarse.astype(np.float32), missed.astype(np.float32))


def chosen_of(holes: Plane | None, number: int, step: Pass) -> NDArray[np.intp] | None:
    """The samples of a pass that aren't holes, None if all are none."""
    if holes is None:
        return None
    known = lattice.place(lattice.level(holes, number), step).ravel() == 0
    return None if known.all() else np.flatnonzero(known)


def taken(
    coder: PlaneCoder, known: Known, level_pass: LevelPass, values: Values, tables: ExactTables
) -> tuple[Vector, Symbols]:
    """Means and symbols of all samples of a level_pass; holes have the symbol 0."""
    if level_pass.chosen is None:
        _, means, symbols = coder.symbols(known, level_pass)
        return means, symbols
    all_symbols = np.zeros(known.base.size, np.int32)
    if not level_pass.chosen.size:
        return known.base, all_symbols
    rules, _, all_symbols[level_pass.chosen] = coder.symbols(
        known.of(level_pass.chosen), level_pass
    )
    return rules.means(known, tables.bins, values.steps), all_symbols


class Writer:
    """Puts a plane (h, w) of numbers; what it has for holes is of no matter."""

    def __init__(
        self, encoder: SymbolEncoder, plane: Plane, values: Values, tables: ExactTables
    ) -> None:
        self._encoder, self._plane, self._values, self._tables = encoder, plane, values, tables
        self._counts = Counts()
        self._vainly = 0  # samples of passes in which counting was tried and didn't pay

    def coarsest(self, shape: tuple[int, int]) -> Plane:
        """The first lattice, as it is."""
        samples = lattice.level(self._plane, TOP)
        assert samples.shape == shape
        self._encoder.put_uniform(samples.ravel().astype(np.int32), self._values.bits)
        return samples

    def symbols(self, known: Known, level_pass: LevelPass, /) -> tuple[Rules, Vector, Symbols]:
        """Find the level_pass's rules and put them, then its symbols."""
        wanted = level_pass.of(self._plane)
        tried, alike = [], 0.0
        if self._vainly < VAINLY * self._plane.size and self._values.width == 1:
            alike = repeats(known, wanted)
        if alike >= OFTEN:
            rules = Rules(True, np.empty(0, np.uint8), None, 0)
            tried.append(self._try(rules, known, wanted, level_pass.step))
        alone = len(known.terms) == len(level_pass.step.own)  # no other plane tells of this one
        if not (alone and tried) or alike < NEARLY_ALL or tried[0].others > FEW_OTHERS:
            fitted = Rules(False, *fit.fit_predictor(known, wanted, self._tables.bins), 0)
            options = [fitted, replace(fitted, counted=True)][: 1 + len(tried)]
            tried += [self._try(rules, known, wanted, level_pass.step) for rules in options]
        best = tried[0]
        if len(tried) > 1:
            best = min(tried, key=lambda one: one.encoder.bits)
            self._vainly += 0 if best.rules.counted else wanted.size
        self._encoder.put_all(best.encoder)
        if best.counts is not None:
            self._counts.restore(best.counts)
        return best.rules, best.means, best.symbols

    def _try(self, rules: Rules, known: Known, wanted: Vector, step: Pass) -> Try:
        """Put a pass with these rules into an encoder of its own."""
        encoder, missed, counts = SymbolEncoder(self._tables), known, None
        fine = rules.fine_means(known, self._tables.bins, self._values.steps)
        means = rounded(fine)
        error = off = (wanted - means) / self._values.width
        if rules.counted:
            around = surroundings(known, step, fine)
            chosen = around.symbols(wanted)
            others = np.flatnonzero(chosen == ANOTHER)
            missed, off = known.of(others), error[others]
        rules = replace(rules, coarse=fit.COARSE if off.size < fit.FEW else 0)
        put_rules(encoder, rules, self._tables)
        if rules.counted:
            before = self._counts.state(around.rows)
            put_counted(encoder, self._counts, around, chosen)
            counts = self._counts.state(around.rows)
            self._counts.restore(before)
        if off.size:
            put_missed(encoder, missed, off, rules.coarse, self._tables)
        symbols = np.rint(error).astype(np.int32)
        return Try(encoder, rules, means, symbols, off.size / wanted.size, counts)


class Try(NamedTuple):
    """A pass as it is written with some rules.

    Attributes:
        others: part of the samples that are coded by their error.
        counts: those of the pass's rows after it, if it is counted.
    """

    encoder: SymbolEncoder
    rules: Rules
    means: Vector
    symbols: Symbols
    others: float
    counts: State | None


class Reader:
    """Takes what a `Writer` put."""

    def __init__(self, decoder: SymbolDecoder, values: Values, tables: ExactTables) -> None:
        self._decoder, self._values, self._tables = decoder, values, tables
        self._counts = Counts()

    def coarsest(self, shape: tuple[int, int]) -> Plane:
        """The first lattice."""
        values = self._decoder.take_uniform(shape[0] * shape[1], self._values.bits)
        if values.max() > self._values.steps:
            raise DamagedFileError("a plane's first samples are out of its range")
        return values.reshape(shape).astype(np.float64)

    def symbols(self, known: Known, level_pass: LevelPass, /) -> tuple[Rules, Vector, Symbols]:
        """Take the level_pass's rules, then its symbols."""
        tables, decoder = self._tables, self._decoder
        rules = take_rules(decoder, len(known.terms), tables)
        fine = rules.fine_means(known, tables.bins, self._values.steps)
        means = rounded(fine)
        if rules.counted:
            if self._values.width > 1:
                raise DamagedFileError("a pass is counted in a plane that isn't exact")
            around = surroundings(known, level_pass.step, fine)
            chosen = take_counted(decoder, self._counts, around)
            symbols = (around.samples(chosen) - means).astype(np.int32)
            others = np.flatnonzero(chosen == ANOTHER)
            if others.size:
                missed = known.of(others)
                symbols[others] = take_missed(decoder, missed, rules.coarse, tables)
        else:
            symbols = take_missed(decoder, known, rules.coarse, tables)
        if int(np.abs(symbols).max()) * self._values.width > LARGEST_ERROR:
            raise DamagedFileError("a sample is further off than any can be")
        return rules, means, symbols
