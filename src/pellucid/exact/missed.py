"""By how much samples miss their means, each coded with the table for the size to be expected.

expected   texture . scale, in 1/16 of a level: how far off the mean will be
table      that of the bin of `expected`; with a shift, for errors too large for any table
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import SymbolDecoder, SymbolEncoder
from pellucid.errors import DamagedFileError
from pellucid.exact import fit
from pellucid.exact.known import Known, Vector
from pellucid.exact.rules import LARGEST, bin_of
from pellucid.exact.tables import ExactTables

Symbols = NDArray[np.int32]
MOST_SHIFT = fit.MOST_SHIFT


def spots_of(
    known: Known, scale: NDArray[np.int32], coarse: int, bins: NDArray[np.uint32]
) -> NDArray[np.intp]:
    """(n,) bin of the error that each sample is expected to have."""
    expected = np.floor(scale.astype(np.float64) @ known.texture / (1 << fit.SCALE_BITS))
    return bin_of(expected, bins) >> coarse


def put_missed(
    encoder: SymbolEncoder, known: Known, error: Vector, coarse: int, tables: ExactTables
) -> None:
    """Write errors (n,) in quantiser steps, one at least, rounded; scale and tables come first."""
    scale = fit.fit_scale(known, error)
    symbols = np.rint(error).astype(np.int32)
    spots = spots_of(known, scale, coarse, tables.bins)
    chosen, shifts = fit.fit_tables(symbols, spots, len(tables.bins) + 1, tables)
    used = np.unique(spots)
    encoder.put_uniform(scale + (LARGEST + 1), 16)
    encoder.put_uniform(chosen[used].astype(np.int32), 8)
    encoder.put_uniform(shifts[used].astype(np.int32), 8)
    by_sample = shifts[spots].astype(np.int32)
    high, low = fit.split(symbols, by_sample)
    encoder.put(high, chosen[spots])
    for shift in np.unique(by_sample[by_sample > 0]).tolist():
        encoder.put_uniform(low[by_sample == shift], shift)


def take_missed(decoder: SymbolDecoder, known: Known, coarse: int, tables: ExactTables) -> Symbols:
    """What `put_missed` wrote; raises DamagedFileError if it can't be that."""
    scale = decoder.take_uniform(len(known.texture), 16) - (LARGEST + 1)
    spots = spots_of(known, scale, coarse, tables.bins)
    used, places = np.unique(spots, return_inverse=True)
    chosen, shifts = (decoder.take_uniform(used.size, 8) for _ in range(2))
    if chosen.max() >= len(tables) or shifts.max() > MOST_SHIFT:
        raise DamagedFileError(
            f"a bin's table or shift is {chosen.max()} or {shifts.max()}, above "
            f"{len(tables) - 1} or {MOST_SHIFT}"
        )
    by_sample = shifts[places]
    symbols = decoder.take(chosen[places].astype(np.uint8)) << by_sample
    for shift in np.unique(by_sample[by_sample > 0]).tolist():
        at = np.flatnonzero(by_sample == shift)
        symbols[at] += decoder.take_uniform(at.size, shift) - ((1 << shift) >> 1)
    return symbols
