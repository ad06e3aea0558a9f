"""A tile's symbols in one stack of words, grouped by table.

Symbols that share a table are coded in one call, so that the work is done by `constriction` and not
by Python. Asymmetric numeral systems form a stack (last in, first out): the encoder collects what
the decoder will ask for and pushes it in reverse. Layout: `docs/format.md` section 7.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from pellucid.entropy.tables import COUNT_TOTAL, MAX_SYMBOL, TableSet, uniform
from pellucid.errors import DamagedFileError

Symbols = NDArray[np.int32]
Index = NDArray[np.uint8]
Counts = NDArray[np.int64]
EACH = constriction.stream.model.Categorical(perfect=False)  # splits as `categorical` does


def groups(index: Index, skip: int) -> tuple[NDArray[np.intp], list[tuple[int, slice]]]:
    """The places of symbols with tables from `skip` up, by table, each table's in C order.

    And of each table that is used, which of these places.
    """
    coded = np.flatnonzero(index >= skip)
    tables = index[coded]
    counts = np.bincount(tables).tolist()
    ends = list(accumulate(counts, initial=0))
    used = [(table, slice(ends[table], ends[table + 1])) for table, n in enumerate(counts) if n]
    return coded[np.argsort(tables, kind="stable")], used


def parts_of(bits: int) -> list[range]:
    """The bits of a number in parts of a byte at most, the high ones first."""
    return [range(start, min(start + 8, bits)) for start in range(0, bits, 8)][::-1]


class SymbolEncoder:
    """Collects parts in decoding order; `finish` gives the payload."""

    def __init__(self, tables: TableSet) -> None:
        self._tables = tables
        self._blocks: list[tuple[Any, ...]] = []  # symbols, their model, and counts if it has none

    def put(self, symbols: Symbols, index: Index, *, skip: int = 0) -> None:
        """Add one part: flat `symbols` with the table of each; skipped ones must be 0."""
        places, used = groups(index, skip)
        values, reach = symbols[places], self._tables.reach[index[places]]
        outside = np.abs(values) > reach
        shifted = np.where(outside, 2 * reach + 1, values + reach).astype(np.int32, copy=False)
        self._blocks += [(shifted[part], self._tables.model(table)) for table, part in used]
        if (values := values[outside]).size:
            if int(np.abs(values).max()) > MAX_SYMBOL:
                raise ValueError("a symbol is outside 16 bits")
            halves = values.astype(">i2").view(np.uint8).astype(np.int32)
            self._blocks.append((halves, self._tables.bytes_model))

    def put_uniform(self, values: Symbols, bits: int) -> None:
        """Add flat `values` of 0 .. 2^bits - 1, all equally likely."""
        for part in parts_of(bits):
            self._blocks.append(((values >> part.start) % (1 << len(part)), uniform(len(part))))

    def put_apart(self, symbols: Symbols, counts: Counts) -> None:
        """Add flat `symbols` from 0 with a table each: counts (n, 2 or more), sums 2^16."""
        self._blocks.append((symbols, EACH, counts.astype(np.uint16)))

    def put_all(self, other: SymbolEncoder) -> None:
        """Add what was put into another encoder of the same tables."""
        self._blocks += other._blocks

    @property
    def bits(self) -> int:
        """Of what was put so far."""
        return int(self._coded().num_valid_bits())

    def finish(self) -> bytes:
        """The payload: u32 words, little-endian."""
        return bytes(self._coded().get_compressed().astype("<u4").tobytes())

    def _coded(self) -> Any:
        coder = constriction.stream.stack.AnsCoder()
        for symbols, model, *counts in reversed(self._blocks):
            coder.encode_reverse(symbols, model, *(each / COUNT_TOTAL for each in counts))
        return coder


class SymbolDecoder:
    """Gives back parts in the order in which the encoder put them.

    Raises:
        DamagedFileError: the payload isn't whole words, or (from `finish`) holds too much.
    """

    def __init__(self, payload: bytes | memoryview, tables: TableSet) -> None:
        if len(payload) % 4:
            raise DamagedFileError(f"a tile's payload of {len(payload)} bytes is not whole words")
        words = np.frombuffer(payload, "<u4").astype(np.uint32)
        if words.size and words[-1] == 0:
            raise DamagedFileError("a tile's payload ends in an empty word")
        self._tables = tables
        self._coder = constriction.stream.stack.AnsCoder(words)

    def take(self, index: Index, *, skip: int = 0) -> Symbols:
        """One part: the symbols for a flat `index`, int32 of the same length."""
        symbols = np.zeros(index.size, np.int32)
        places, used = groups(index, skip)
        values, reach = np.empty(places.size, np.int32), self._tables.reach[index[places]]
        for table, part in used:
            count = part.stop - part.start
            values[part] = self._coder.decode(self._tables.model(table), count)
        symbols[places] = values - reach
        if (places := places[values == 2 * reach + 1]).size:
            halves = self._coder.decode(self._tables.bytes_model, 2 * places.size)
            values = halves.astype(np.uint8).view(">i2").astype(np.int32)
            if int(np.abs(values).max()) > MAX_SYMBOL:
                raise DamagedFileError("a tile's payload holds a symbol outside 16 bits")
            symbols[places] = values
        return symbols

    def take_uniform(self, count: int, bits: int) -> Symbols:
        """`count` values of `bits` bits, as `put_uniform` added them."""
        values = np.zeros(count, np.int32)
        for part in parts_of(bits) if count else ():
            values += self._coder.decode(uniform(len(part)), count) << part.start
        return values

    def take_apart(self, counts: Counts) -> Symbols:
        """A symbol for each row of `counts`, as `put_apart` added them."""
        return np.asarray(self._coder.decode(EACH, counts / COUNT_TOTAL), np.int32)

    @property
    def bits_left(self) -> int:
        """What hasn't been decoded yet."""
        return int(self._coder.num_valid_bits())

    def finish(self) -> None:
        """Check that nothing is left."""
        if not self._coder.is_empty():
            raise DamagedFileError("a tile's payload holds more than its symbols")
