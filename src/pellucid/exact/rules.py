"""A pass's rules: one predictor for each class of samples, and whether repeats are counted.

    class      by activity: its bin (of `bins`) against the rules' cuts
    mean       base + (terms . weights of the class) / 2^8, rounded, within the plane's range

Everything is a whole number. The rules travel in the payload before the pass's symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact.known import NEAREST, Known, Vector
from pellucid.exact.tables import ExactTables

WEIGHT_BITS = 8  # of the fraction of a weight
LARGEST = 32767  # of a weight
MOST_CLASSES = 8
MOST_COARSE = 8
COUNTED = 128  # added to the number of classes


@dataclass(frozen=True)
class Rules:
    """What an encoder chose for one pass.

    Attributes:
        counted: samples that repeat one of the nearest are coded as such, others by their error.
        cuts: (classes - 1,) u8, ascending: a sample whose bin of activity is at or above the k-th
            is in class k + 1 or beyond.
        weights: (classes, terms) int32; None for one class whose mean is that of the nearest.
        coarse: bins of expected errors are taken together by 2^coarse.
    """

    counted: bool
    cuts: NDArray[np.uint8]
    weights: NDArray[np.int32] | None
    coarse: int

    def fine_means(self, known: Known, bins: NDArray[np.uint32], steps: int) -> Vector:
        """(n,) what each sample is predicted to be, 0 to `steps`, in 1/2^8."""
        if self.weights is None:
            total = known.terms[:NEAREST].sum(axis=0) * ((1 << WEIGHT_BITS) // NEAREST)
        elif len(self.weights) == 1:
            total = self.weights[0].astype(np.float64) @ known.terms
        else:
            classes = classes_of(known, self.cuts, bins)
            total = np.zeros(known.base.size)
            for number, row in enumerate(self.weights.astype(np.float64)):
                chosen = np.flatnonzero(classes == number)
                total[chosen] = row @ known.terms[:, chosen]
        fine: Vector = known.base * (1 << WEIGHT_BITS) + total
        return np.clip(fine, 0, steps * (1 << WEIGHT_BITS))

    def means(self, known: Known, bins: NDArray[np.uint32], steps: int) -> Vector:
        """(n,) the same, rounded."""
        return rounded(self.fine_means(known, bins, steps))


def rounded(fine: Vector) -> Vector:
    """Whole numbers of those in 1/2^8."""
    return np.floor((fine + (1 << WEIGHT_BITS - 1)) / (1 << WEIGHT_BITS))


def bin_of(values: Vector, bins: NDArray[np.uint32]) -> NDArray[np.intp]:
    """The number of limits in `bins` (ascending) that a value reaches."""
    return np.searchsorted(bins, values, side="right")


def classes_of(known: Known, cuts: NDArray[np.uint8], bins: NDArray[np.uint32]) -> NDArray[np.intp]:
    """(n,) class of each sample."""
    if not cuts.size:
        return np.zeros(known.activity.size, np.intp)
    return np.searchsorted(cuts, bin_of(known.activity, bins), side="right")


def put_rules(encoder: SymbolEncoder, rules: Rules, tables: ExactTables) -> None:
    """Write the rules."""
    classes = 0 if rules.weights is None else len(rules.weights)
    head = [classes + COUNTED * rules.counted, *rules.cuts, rules.coarse]
    encoder.put_uniform(np.array(head, np.int32), 8)
    if rules.weights is not None:
        steps = np.diff(rules.weights, axis=0, prepend=0).ravel().astype(np.int32)
        table = tables.cheapest(steps, np.zeros(steps.size, np.intp), 1)
        encoder.put_uniform(table.astype(np.int32), 8)
        encoder.put(steps, np.repeat(table, steps.size))


def take_rules(decoder: SymbolDecoder, terms: int, tables: ExactTables) -> Rules:
    """What `put_rules` wrote; raises DamagedFileError if the rules are none that it writes."""
    counted, classes = divmod(int(decoder.take_uniform(1, 8)[0]), COUNTED)
    if classes > MOST_CLASSES or not classes + counted:
        raise DamagedFileError(f"a pass of {classes} classes; {MOST_CLASSES} are possible")
    cuts = decoder.take_uniform(max(0, classes - 1), 8).astype(np.uint8)
    coarse = int(decoder.take_uniform(1, 8)[0])
    if (np.diff(cuts.astype(np.int32)) < 0).any() or coarse > MOST_COARSE:
        raise DamagedFileError("a pass's classes or bins are impossible")
    weights = take_weights(decoder, classes, terms, tables) if classes else None
    return Rules(bool(counted), cuts, weights, coarse)


def take_weights(
    decoder: SymbolDecoder, classes: int, terms: int, tables: ExactTables
) -> NDArray[np.int32]:
    """(classes, terms), each class's told by what they differ from the one before."""
    table = int(decoder.take_uniform(1, 8)[0])
    if table >= len(tables):
        raise DamagedFileError(f"a pass's weights have the table {table} of {len(tables)}")
    steps = decoder.take(np.full(classes * terms, table, np.uint8))
    weights = np.cumsum(steps.reshape(classes, terms), axis=0, dtype=np.int64)
    if np.abs(weights).max() > LARGEST:
        raise DamagedFileError("a pass's weights are impossible")
    return weights.astype(np.int32)
