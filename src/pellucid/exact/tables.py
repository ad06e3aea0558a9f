"""The integers that decide the bits of exact layers: probability tables, and the limits of bins.

They ship as `models/exact/entropy.npz`, made once by `tools/exact_tables.py`; a file names them by
their hash, as it names a model.
"""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import TableSet
from pellucid.entropy.tables import COUNT_TOTAL
from pellucid.errors import PellucidError, UnknownModelError
from pellucid.runtime.identity import model_id

FOLDER = Path(__file__).parent.parent / "models" / "exact"
FILE = "entropy.npz"
ESCAPE_BITS = 16


class ExactTables(TableSet):
    """Tables and bins of one `entropy.npz`.

    Attributes:
        bins: ascending limits, for activity and for expected errors in 1/16 of a level.
        widest: mean size of the errors that the widest table is for.
    """

    def __init__(self, folder: Path) -> None:
        try:
            with np.load(folder / FILE) as arrays:
                self.arrays = {name: arrays[name] for name in arrays.files}
            super().__init__(self.arrays["tables"], self.arrays["reach"])
            self.bins: NDArray[np.uint32] = self.arrays["bins"]
            self.widest = int(self.arrays["widest"])
        except (OSError, KeyError, ValueError) as error:
            raise PellucidError(f"the tables in {folder} can't be read: {error!r}") from error

    def cheapest(
        self, symbols: NDArray[np.int32], groups: NDArray[np.intp], count: int
    ) -> NDArray[np.uint8]:
        """The table that codes the symbols of each of `count` groups in the fewest bits."""
        reach = self.costs.shape[1] // 2
        clipped = np.clip(symbols, -reach, reach) + reach
        seen = np.bincount(groups * (2 * reach + 1) + clipped, minlength=count * (2 * reach + 1))
        bits = seen.reshape(count, -1) @ self.costs.T
        best: NDArray[np.intp] = np.argmin(bits, axis=1)
        return best.astype(np.uint8)

    @cached_property
    def costs(self) -> NDArray[np.float64]:
        """(tables, 2 * reach + 1): bits of each symbol from -reach to reach, escapes included."""
        most = max(self.reach) + 1
        costs = np.empty((len(self), 2 * most + 1))
        for table, reach in enumerate(self.reach):
            counts = self._counts[table, : 2 * reach + 2].astype(np.float64)
            bits = np.log2(COUNT_TOTAL) - np.log2(np.maximum(counts, 2.0**-8))
            costs[table] = bits[-1] + ESCAPE_BITS
            costs[table, most - reach : most + reach + 1] = bits[:-1]
        return costs


@cache
def exact_model() -> tuple[ExactTables, bytes]:
    """The tables that ship, and their id."""
    tables = ExactTables(FOLDER)
    return tables, model_id(tables.arrays)


def check_tables(wanted: bytes) -> None:
    """Raise UnknownModelError if the file was made with other tables."""
    identity = exact_model()[1]
    if wanted != identity:
        raise UnknownModelError(
            f"this file needs the tables {wanted.hex()}, and this pellucid has "
            f"{identity.hex()}; update it: pip install -U pellucid"
        )
