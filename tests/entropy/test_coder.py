"""The entropy coder: pinned words, the split of the range, escapes, skips, hostile payloads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.entropy import MAX_SYMBOL, SymbolDecoder, SymbolEncoder, TableSet
from pellucid.entropy.coder import groups
from pellucid.errors import DamagedFileError
from work import calls_of

REACH = [0, 1, 3, 255]


def ramp_counts(entries: int) -> np.ndarray:
    """Counts of sum 2^16 with a peak in the middle, some of them 0 in wide tables."""
    distance = np.abs(np.arange(entries) - (entries // 2 - 1))
    counts = 65536 >> np.minimum(distance + 2, 20)
    counts[entries // 2 - 1] += 65536 - counts.sum()
    return counts.astype(np.uint32)


def tables() -> TableSet:
    counts = np.zeros((len(REACH), 512), np.uint32)
    for row, reach in zip(counts, REACH, strict=True):
        row[: 2 * reach + 2] = ramp_counts(2 * reach + 2)
    return TableSet(counts, np.array(REACH, np.uint8))


TABLES = tables()


def encoded(symbols: list[int], index: list[int], skip: int = 0) -> bytes:
    encoder = SymbolEncoder(TABLES)
    encoder.put(np.array(symbols, np.int32), np.array(index, np.uint8), skip=skip)
    return encoder.finish()


def decoded(payload: bytes, index: list[int], skip: int = 0) -> list[int]:
    decoder = SymbolDecoder(payload, TABLES)
    symbols = decoder.take(np.array(index, np.uint8), skip=skip)
    decoder.finish()
    return symbols.tolist()


# Pinned: files that exist must decode for ever, whatever version of constriction does it.
GOLDEN_WORDS = [0x90010000, 0xFFFF8006, 0x1A43E546, 0x44D44D4B, 0x002DB6B7]
GOLDEN_PARTS = [0x73FEB048, 0x459131D7, 0x00000004]


def test_golden_words() -> None:
    symbols = [0, 1, -1, 3, -3, 2, 0, 200, -255, 7, 0, 0, 400, -32767]
    index = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 0, 1, 2, 3]
    payload = encoded(symbols, index)
    assert np.frombuffer(payload, "<u4").tolist() == GOLDEN_WORDS
    assert decoded(payload, index) == symbols


def test_golden_words_of_two_parts_with_skipped_tables() -> None:
    encoder = SymbolEncoder(TABLES)
    encoder.put(np.array([5, -2, 0], np.int32), np.array([2, 1, 0], np.uint8))
    encoder.put(np.array([0, 1, -1], np.int32), np.array([0, 1, 3], np.uint8), skip=1)
    payload = encoder.finish()
    assert np.frombuffer(payload, "<u4").tolist() == GOLDEN_PARTS
    decoder = SymbolDecoder(payload, TABLES)
    assert decoder.take(np.array([2, 1, 0], np.uint8)).tolist() == [5, -2, 0]
    assert decoder.take(np.array([0, 1, 3], np.uint8), skip=1).tolist() == [0, 1, -1]
    decoder.finish()


@pytest.mark.parametrize("table", range(len(REACH)))
def test_the_range_is_split_as_the_format_says(table: int) -> None:
    """A payload of two words has the low word's 24 bits as its first q (format.md section 6)."""
    reach = REACH[table]
    n = 2 * reach + 2
    counts = ramp_counts(n).tolist()
    lefts = [i + ((sum(counts[:i]) * (2**24 - n)) >> 16) for i in range(n)] + [2**24]
    # lefts[i] <= q < lefts[i + 1]: try both ends of every symbol's interval.
    for i in range(n):
        for q in {lefts[i], lefts[i + 1] - 1}:
            words = np.array([q, 1], "<u4").tobytes()
            coder = SymbolDecoder(words, TABLES)
            number = coder._coder.decode(TABLES.model(table), 1)[0]
            assert number == i, (i, q)


def test_groups_are_by_table_then_in_order() -> None:
    index = np.array([2, 0, 1, 2, 0, 5], np.uint8)
    places, used = groups(index, 1)
    found = [(table, places[part].tolist()) for table, part in used]
    assert found == [(1, [2]), (2, [0, 3]), (5, [5])]
    assert groups(np.array([], np.uint8), 0)[1] == []
    assert groups(index, 6)[1] == []


@st.composite
def parts(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    sizes = st.integers(-MAX_SYMBOL, MAX_SYMBOL) | st.integers(-4, 4)
    symbols = draw(st.lists(sizes, max_size=60))
    index = [draw(st.integers(0, len(REACH) - 1)) for _ in symbols]
    return symbols, index


@given(parts(), st.integers(0, len(REACH)))
def test_round_trip_with_escapes_and_skipped_tables(
    part: tuple[list[int], list[int]], skip: int
) -> None:
    symbols, index = part
    kept = [s if i >= skip else 0 for s, i in zip(symbols, index, strict=True)]
    payload = encoded(kept, index, skip)
    assert decoded(payload, index, skip) == kept
    assert len(payload) % 4 == 0
    assert payload == encoded(kept, index, skip)


def test_nothing_to_code_is_no_bytes() -> None:
    assert encoded([], []) == b""
    assert encoded([0, 0], [0, 1], skip=2) == b""
    assert decoded(b"", []) == []
    assert decoded(b"", [0, 1], skip=2) == [0, 0]


def test_a_symbol_beyond_16_bits_is_refused_on_both_sides() -> None:
    with pytest.raises(ValueError, match="16 bits"):
        encoded([MAX_SYMBOL + 1], [1])
    encoder = SymbolEncoder(TABLES)  # -32768, which an escape could hold but must not
    encoder._blocks.append((np.array([3], np.int32), TABLES.model(1)))
    encoder._blocks.append((np.array([0x80, 0], np.int32), TABLES.bytes_model))
    with pytest.raises(DamagedFileError, match="16 bits"):
        decoded(encoder.finish(), [1])


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"\1\2\3", "3 bytes is not whole words"),
        (b"\1\0\0\0\0\0\0\0", "empty word"),
        (bytes(4), "empty word"),
        (b"\1\0\0\0" * 9, "more than its symbols"),
    ],
)
def test_payloads_that_no_encoder_makes(payload: bytes, message: str) -> None:
    with pytest.raises(DamagedFileError, match=message):
        decoded(payload, [1])


@given(st.binary(max_size=400), st.lists(st.integers(0, len(REACH) - 1), max_size=200))
def test_hostile_payloads_give_symbols_or_damage(payload: bytes, index: list[int]) -> None:
    try:
        symbols = decoded(payload, index)
    except DamagedFileError:
        return
    assert len(symbols) == len(index)
    assert encoded(symbols, index) == payload, "a payload that decodes is the only one of its kind"


def test_a_short_payload_for_many_symbols_takes_little_time() -> None:
    index = np.full(500_000, 3, np.uint8)
    for payload in (b"", b"\xff" * 8, bytes(range(1, 201))):
        decoder = SymbolDecoder(payload, TABLES)
        assert calls_of(lambda: decoder.take(index)) < 1000  # noqa: B023 - called at once


@pytest.mark.parametrize("counts", [[65535, 0], [65536, 1], [0, 0]])
def test_counts_that_do_not_sum_to_2_16_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="counts sum to"):
        TableSet(np.array([counts], np.uint32), np.array([len(counts) // 2 - 1], np.uint8)).model(0)
