"""A pass's rules: one predictor for each class of samples, and a table for each size of error.

    class      by activity: its bin (of `bins`) against the rules' cuts
    mean       base + (terms . weights of the class) / 2^8, rounded, within the plane's range
    expected   texture . scale, in 1/16 of a level: how far off the mean will be
    table      that of the bin of `expected`; with a shift, for errors too large for any table

Everything is a whole number. The rules travel in the payload before the pass's symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact.known import Known, Vector
from pellucid.exact.tables import ExactTables

WEIGHT_BITS = 8  # of the fraction of a weight
SCALE_BITS = 4  # texture . scale, shifted by this, is in 1/16 of a level
LARGEST = 32767  # of a weight
MOST_CLASSES = 8
MOST_SHIFT = 16


@dataclass(frozen=True)
class Rules:
    """What an encoder chose for one pass.

    Attributes:
        cuts: (classes - 1,) u8, ascending: a sample whose bin of activity is at or above the k-th
            is in class k + 1 or beyond.
        weights: (classes, terms) int32.
        scale: (texture,) int32.
        coarse: bins of error are taken together by 2^coarse.
        tables, shifts: (bins,) u8, of each bin that occurs; 0 elsewhere.
    """

    cuts: NDArray[np.uint8]
    weights: NDArray[np.int32]
    scale: NDArray[np.int32]
    coarse: int
    tables: NDArray[np.uint8]
    shifts: NDArray[np.uint8]


def bin_of(values: Vector, bins: NDArray[np.uint32]) -> NDArray[np.intp]:
    """The number of limits in `bins` (ascending) that a value reaches."""
    return np.searchsorted(bins, values, side="right")


def classes_of(known: Known, cuts: NDArray[np.uint8], bins: NDArray[np.uint32]) -> NDArray[np.intp]:
    """(n,) class of each sample."""
    if not cuts.size:
        return np.zeros(known.activity.size, np.intp)
    return np.searchsorted(cuts, bin_of(known.activity, bins), side="right")


def means_of(
    known: Known,
    cuts: NDArray[np.uint8],
    weights: NDArray[np.int32],
    bins: NDArray[np.uint32],
    steps: int,
) -> Vector:
    """(n,) what each sample is predicted to be, 0 to `steps`."""
    classes = classes_of(known, cuts, bins)
    total = np.zeros(known.base.size)
    for number, row in enumerate(weights.astype(np.float64)):
        if len(weights) == 1:
            total = row @ known.terms
        else:
            chosen = np.flatnonzero(classes == number)
            total[chosen] = row @ known.terms[:, chosen]
    means = known.base + np.floor((total + (1 << WEIGHT_BITS - 1)) / (1 << WEIGHT_BITS))
    return np.clip(means, 0, steps)


def error_bins(
    known: Known, scale: NDArray[np.int32], coarse: int, bins: NDArray[np.uint32]
) -> NDArray[np.intp]:
    """(n,) bin of the error that each sample is expected to have."""
    expected = np.floor(scale.astype(np.float64) @ known.texture / (1 << SCALE_BITS))
    return bin_of(expected, bins) >> coarse


def put_rules(encoder: SymbolEncoder, rules: Rules, tables: ExactTables) -> None:
    """All but the tables, which follow once both sides know the bins."""
    steps = np.diff(rules.weights, axis=0, prepend=0).ravel().astype(np.int32)
    weight_table = tables.cheapest(steps, np.zeros(steps.size, np.intp), 1)
    head = [len(rules.weights), *rules.cuts, rules.coarse, *weight_table]
    encoder.put_uniform(np.array(head, np.int32), 8)
    encoder.put(steps, np.repeat(weight_table, steps.size))
    encoder.put_uniform(rules.scale + (LARGEST + 1), 16)


def take_rules(decoder: SymbolDecoder, terms: int, texture: int, bins: int, tables: int) -> Rules:
    """What `put_rules` wrote, its tables empty.

    Raises:
        DamagedFileError: the rules are none that an encoder writes.
    """
    classes = int(decoder.take_uniform(1, 8)[0])
    if not 1 <= classes <= MOST_CLASSES:
        raise DamagedFileError(f"a pass of {classes} classes; 1 to {MOST_CLASSES} are possible")
    cuts = decoder.take_uniform(classes - 1, 8).astype(np.uint8)
    coarse, weight_table = decoder.take_uniform(2, 8).tolist()
    if (np.diff(cuts.astype(np.int32)) < 0).any() or coarse > 8 or weight_table >= tables:
        raise DamagedFileError("a pass's classes, bins or tables are impossible")
    steps = decoder.take(np.full(classes * terms, weight_table, np.uint8))
    weights = np.cumsum(steps.reshape(classes, terms), axis=0, dtype=np.int64)
    if np.abs(weights).max(initial=0) > LARGEST:
        raise DamagedFileError("a pass's weights are impossible")
    scale = decoder.take_uniform(texture, 16) - (LARGEST + 1)
    none = np.zeros(bins, np.uint8)
    return Rules(cuts, weights.astype(np.int32), scale, coarse, none, none.copy())


def put_tables(encoder: SymbolEncoder, rules: Rules, used: NDArray[np.intp]) -> None:
    """Table and shift of each bin that occurs."""
    encoder.put_uniform(rules.tables[used].astype(np.int32), 8)
    encoder.put_uniform(rules.shifts[used].astype(np.int32), 8)


def take_tables(decoder: SymbolDecoder, rules: Rules, used: NDArray[np.intp], tables: int) -> None:
    """Fill the tables and shifts of `rules` in; raises DamagedFileError if they can't be."""
    for target, most in ((rules.tables, tables - 1), (rules.shifts, MOST_SHIFT)):
        values = decoder.take_uniform(used.size, 8)
        if values.max(initial=0) > most:
            raise DamagedFileError(f"a bin's table or shift is {values.max()}, above {most}")
        target[used] = values
