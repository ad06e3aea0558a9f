"""What symbols cost, in bits, under the tables of a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy.tables import TableSet

ESCAPED = 16  # bits that follow an escape


class SymbolCosts:
    """Bits of each symbol of each table.

    Attributes:
        most: the largest symbol that a table holds; all beyond cost the same.
        bits: (T, 2 * most + 3) float32, of the symbols -most - 1 .. most + 1.
    """

    def __init__(self, tables: TableSet) -> None:
        self.most = max(tables.reach)
        middle = self.most + 1
        self.bits = np.empty((len(tables), 2 * middle + 1), np.float32)
        for table, reach in enumerate(tables.reach):
            row = -np.log2(tables.probabilities(table))
            self.bits[table] = row[-1] + ESCAPED
            self.bits[table, middle - reach : middle + reach + 1] = row[:-1]

    def __call__(
        self, symbols: NDArray[np.int32], index: NDArray[np.uint8], skip: int = 0
    ) -> NDArray[np.float32]:
        """Bits of symbols with the table of each; those of tables below `skip` cost nothing."""
        middle = self.most + 1
        found: NDArray[np.float32] = self.bits[index, np.clip(symbols, -middle, middle) + middle]
        found[index < skip] = 0
        return found
