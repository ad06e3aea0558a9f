"""How an encoder finds a pass's rules: least squares for the predictors, and the cheapest tables.

Nothing here decides what a decoder does with the rules, so floating point is free to differ from
machine to machine.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pellucid.exact.known import Known, Matrix, Vector
from pellucid.exact.rules import LARGEST, MOST_CLASSES, WEIGHT_BITS, bin_of, classes_of
from pellucid.exact.tables import ExactTables

ENOUGH = 3000  # samples for a class of their own
FEW = 2000  # samples, below which bins are taken together
COARSE = 2
CALM = 4.0  # added to activity before it is divided by: errors in flat places count most, not all
RIDGE = 2e-5  # of the mean diagonal: weights that hardly help stay small
CLOSE = 0.25  # added to errors before they are divided by
UNIT = 16  # `expected` is in 1/16 of a level
SCALE_BITS = 4  # texture . scale, shifted by this, is in 1/16 of a level
MOST_SHIFT = 16


def fit_predictor(
    known: Known, wanted: Vector, bins: NDArray[np.uint32]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The cuts of classes, and their weights, for samples `wanted` (n,).

    Least squares twice, the second time with less weight on what the first missed by much: bits
    grow with the size of an error, not with its square.
    """
    cuts = fit_cuts(known.activity, bins)
    classes = classes_of(known, cuts, bins)
    target = wanted - known.base
    trust = 1 / (known.activity + CALM)
    weights = np.zeros((len(cuts) + 1, len(known.terms)))
    for number in range(len(weights)):
        chosen = np.flatnonzero(classes == number)
        if chosen.size >= 2 * weights.shape[1]:
            terms, goal = known.terms[:, chosen], target[chosen]
            first = solve(terms, goal, trust[chosen] ** 2, RIDGE)
            off = np.abs(first @ terms - goal)
            often = trust[chosen] / (off + np.median(off) + CLOSE)
            weights[number] = solve(terms, goal, often, RIDGE)
        elif number:
            weights[number] = weights[number - 1]
    return cuts, reachable(whole(weights * (1 << WEIGHT_BITS)))


def reachable(weights: NDArray[np.int32]) -> NDArray[np.int32]:
    """Weights (classes, terms) whose steps from class to class a symbol can hold."""
    out = weights.copy()
    for before, row in pairwise(out):
        np.clip(row, before - LARGEST, before + LARGEST, out=row)
    return out


def fit_cuts(activity: Vector, bins: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Bins that part the samples into classes of about equal size."""
    count = min(MOST_CLASSES - 2, activity.size // ENOUGH)
    if count < 2:
        return np.empty(0, np.uint8)
    at = np.quantile(activity, np.arange(1, count) / count)
    return np.unique(bin_of(at, bins)).astype(np.uint8)


def fit_scale(known: Known, error: Vector) -> NDArray[np.int32]:
    """Factors of the texture whose sum is about the size of the `error` (n,)."""
    trust = 1 / (known.activity + CALM) ** 2
    factors = solve(known.texture, np.abs(error), trust, 1e-6)
    return whole(factors * UNIT * (1 << SCALE_BITS))


def solve(terms: Matrix, target: Vector, trust: Vector, ridge: float) -> Vector:
    """Weighted least squares, kept from running off by `ridge`."""
    weighted = terms * trust
    square = weighted @ terms.T
    size = float(np.trace(square)) / len(square)
    square[np.diag_indices_from(square)] += ridge * size + 1e-9
    return np.asarray(np.linalg.solve(square, weighted @ target), np.float64)


def whole(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Rounded, within what rules hold."""
    return np.clip(np.rint(values), -LARGEST, LARGEST).astype(np.int32)


def fit_tables(
    symbols: NDArray[np.int32], bins: NDArray[np.intp], count: int, tables: ExactTables
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The table and shift that code the symbols of each of `count` bins in the fewest bits."""
    size = np.abs(symbols)
    number = np.bincount(bins, minlength=count)
    mean = np.bincount(bins, size, minlength=count) / np.maximum(number, 1)
    largest = np.zeros(count, np.int32)
    np.maximum.at(largest, bins, size)
    shifts = np.ceil(np.log2(np.maximum(mean / tables.widest, 1))).astype(np.int32)
    least = np.ceil(np.log2((largest + 1) / LARGEST)).astype(np.int32)
    shifts = np.clip(np.maximum(shifts, least), 0, MOST_SHIFT)
    high, _ = split(symbols, shifts[bins])
    return tables.cheapest(high, bins, count), shifts.astype(np.uint8)


def split(
    symbols: NDArray[np.int32], shifts: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Symbols -> what a table codes, and the low bits, 0 .. 2^shift - 1."""
    half = (1 << shifts) >> 1
    high = (symbols + half) >> shifts
    return high, symbols + half - (high << shifts)
