"""Histograms -> the integer tables of pellucid's own entropy coder, which toy codecs use too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import TableSet

TOTAL = 1 << 16  # a table's counts sum to it
MAX_REACH = 255


def tables_of(counts: NDArray[np.integer], reach: int) -> TableSet:
    """Tables for symbols of -reach..reach.

    Args:
        counts: (T, 2 * reach + 1) how often each symbol was seen in training; none is never seen
            again, so each counts one more.
        reach: at most 255.
    """
    seen = np.asarray(counts, np.float64) + 1.0
    width = seen.shape[1] + 1  # and an escape
    room = TOTAL - width
    whole = np.ones((len(seen), width), np.int64)
    whole[:, :-1] += np.floor(seen / seen.sum(axis=1, keepdims=True) * room).astype(np.int64)
    places = np.arange(len(whole))
    whole[places, whole.argmax(axis=1)] += TOTAL - whole.sum(axis=1)
    return TableSet(whole.astype(np.uint32), np.full(len(whole), reach, np.uint8))


def count_symbols(
    symbols: NDArray[np.integer], tables: NDArray[np.integer], number: int, reach: int
) -> NDArray[np.int64]:
    """(number, 2 * reach + 1) how often each symbol came with each table."""
    width = 2 * reach + 1
    clipped = np.clip(symbols, -reach, reach).astype(np.int64) + reach
    flat = np.bincount(tables.astype(np.int64) * width + clipped, minlength=number * width)
    return flat.reshape(number, width)
