"""Probability tables: integer counts that ship with a model, one table for each scale.

A table of reach A covers the symbols -A..A and an escape, as counts that sum to 2^16. The coder
splits 2^24 among them as `docs/format.md` section 6 says; every step of that is exact in a double,
so `constriction` builds the same split on every machine from the counts divided by 2^16.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

COUNT_TOTAL = 2**16
CODER_TOTAL = 2**24
MAX_SYMBOL = 32767  # in magnitude; an escape carries 16 bits
BYTE_SYMBOLS = 256


class TableSet:
    """The tables of one model.

    Args:
        counts: (T, W) unsigned, each row's first 2 * reach + 2 entries sum to 2^16.
        reach: (T,) largest symbol that a table holds without escape.
    """

    def __init__(self, counts: NDArray[np.uint32], reach: NDArray[np.uint8]) -> None:
        self._counts = counts
        self.reach: NDArray[np.int32] = reach.astype(np.int32)
        self._models: dict[int, Any] = {}
        self.bytes_model = categorical(np.full(BYTE_SYMBOLS, COUNT_TOTAL // BYTE_SYMBOLS))

    def __len__(self) -> int:
        return len(self.reach)

    def model(self, table: int) -> Any:
        """The `constriction` model of a table, built when first asked for."""
        if table not in self._models:
            self._models[table] = categorical(self._counts[table, : 2 * self.reach[table] + 2])
        return self._models[table]

    def probabilities(self, table: int) -> NDArray[np.float64]:
        """Of the symbols -reach .. reach of a table, then of its escape, as the coder splits."""
        counts = self._counts[table, : 2 * self.reach[table] + 2].astype(np.int64)
        room = CODER_TOTAL - len(counts)
        before = np.concatenate([[0], np.cumsum(counts)])[:-1]
        left = np.arange(len(counts)) + ((before * room) >> 16)
        return np.diff(np.append(left, CODER_TOTAL)) / CODER_TOTAL


def categorical(counts: NDArray[Any]) -> Any:
    """Integer counts summing to 2^16 -> an exactly reproducible `constriction` model."""
    if int(counts.sum()) != COUNT_TOTAL:
        raise ValueError(f"counts sum to {int(counts.sum())}, not {COUNT_TOTAL}")
    probabilities = counts.astype(np.float64) / COUNT_TOTAL
    return constriction.stream.model.Categorical(probabilities, perfect=False)


@cache
def uniform(bits: int) -> Any:
    """The `constriction` model of 2^bits equally likely symbols; 1 to 8 bits."""
    return categorical(np.full(1 << bits, COUNT_TOTAL >> bits))
