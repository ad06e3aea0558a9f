"""Counted passes: labels, masks, depth in steps and drawings, each as the second decoder has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.bitstream import Header, PelFile, write_file
from pellucid.errors import DamagedFileError
from pellucid.exact import exact_model, plane
from pellucid.exact.counted import MOST_SEEN, SYMBOLS, Counts, Surroundings
from pellucid.exact.kind import TileKind
from pellucid.exact.rules import Rules
from pellucid.exact.tables import FOLDER
from pellucid.exact.tile import BOUND, PREDICTED, TileWriter, decode_tile
from pictures import photograph, unpacked
from spec_files import spec, spec_exact

CASES = Path(__file__).resolve().parents[2] / "conformance" / "v1" / "good"
Rows = list[tuple[Rules, int]]  # of each pass that was read: its rules, and how many terms it had


def regions(height: int, width: int, count: int = 30, seed: int = 0) -> np.ndarray:
    """(height, width) number of the nearest of some points."""
    y, x = np.mgrid[:height, :width]
    points = np.random.default_rng(seed).integers(0, (height, width), (count, 2))
    return np.argmin([(y - top) ** 2 + (x - left) ** 2 for top, left in points], axis=0)


def labels(height: int = 90, width: int = 110) -> np.ndarray:
    numbers = np.random.default_rng(1).integers(-3000, 3000, 30)
    return numbers[regions(height, width)].astype(np.int16)[..., None]


def mask(height: int = 90, width: int = 110) -> np.ndarray:
    return np.where(regions(height, width) % 3 == 0, 255, 0).astype(np.uint8)[..., None]


def depth() -> np.ndarray:
    """Steps that get larger with the distance, grain at their edges, and holes of 0."""
    y, x = np.mgrid[:100, :120]
    far = 130 - 0.7 * y + 9 * np.sin(x / 13) + np.random.default_rng(2).normal(0, 0.15, y.shape)
    steps = 900 + np.rint(far) ** 2 // 40
    return np.where((x - 50) ** 2 + (y - 40) ** 2 < 200, 0, steps).astype(np.uint16)[..., None]


def drawing(planes: int, height: int = 90, width: int = 100) -> np.ndarray:
    """Shades of one colour, with smoothed edges."""
    greys = np.random.default_rng(3).integers(0, 256, 30)[regions(4 * height, 4 * width)]
    smooth = greys.reshape(height, 4, width, 4).mean(axis=(1, 3))
    shades = [255 - 0.5 * smooth, smooth, 0.8 * smooth, 0.9 * smooth, 0.3 * smooth]
    return np.rint(np.stack(shades[:planes], axis=2)).astype(np.uint8)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """The passes that pellucid reads from now on."""
    rows: Rows = []
    right = plane.take_rules

    def take(decoder: Any, terms: int, tables: Any) -> Rules:
        rows.append((right(decoder, terms, tables), terms))
        return rows[-1][0]

    monkeypatch.setattr(plane, "take_rules", take)
    return rows


def predicted(picture: np.ndarray) -> tuple[Header, dict[str, bytes], list[bytes]]:
    """A file of one tile that is predicted, whether that is shorter or not."""
    header = PelFile.parse(pellucid.compress(picture, lossless=True)).header
    kind = TileKind(*picture.shape, bool(header.alpha), picture.dtype)
    words = TileWriter(picture, kind, 0, exact_model()[0], None).words()
    return header, {}, [bytes([PREDICTED]) + words]


def classes(rules: Rules) -> int:
    return 0 if rules.weights is None else len(rules.weights)


PICTURES: dict[str, tuple[Callable[[], np.ndarray], dict[str, Any]]] = {
    "labels": (labels, {}),
    "mask": (mask, {}),
    "depth": (depth, {}),
    "depth within 2": (depth, {"max_error": 2}),
    "rgb": (lambda: drawing(3), {}),
    "alpha": (lambda: drawing(4), {}),
    "alpha alone": (
        lambda: np.concatenate([photograph(90, 110), mask()], axis=2),
        {"max_error": 2},
    ),
    "five planes": (lambda: drawing(5), {}),
    "palette within 5": (lambda: (labels() // 300) ** 3, {"max_error": 5}),
    "unit of 10 within 4": (lambda: 10 * (labels() // 300), {"max_error": 4}),
    "tiles": (lambda: labels(150, 140), {"tile": 64}),
    "column": (lambda: labels(3000, 1), {}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_round_trips(name: str, read: Rows) -> None:
    make, options = PICTURES[name]
    picture = make()
    data = pellucid.compress(picture, **({"max_error": 0} | options))
    back = unpacked(data)
    assert any(rules.counted for rules, _ in read)
    assert back.dtype == picture.dtype
    assert np.abs(back.astype(int) - picture).max() <= options.get("max_error", 0)
    assert np.array_equal(spec_exact.decode_samples(data, FOLDER), back)


def test_planes_within_a_bound_are_not_counted(read: Rows) -> None:
    """Though most samples of this one repeat another. All values occur: it has no palette."""
    picture = (regions(160, 200, 60) * 97 % 240).astype(np.uint8)[..., None]
    picture[:2, :120] = np.arange(240, dtype=np.uint8).reshape(2, 120, 1)
    kind, tables = TileKind(*picture.shape, False, picture.dtype), exact_model()[0]
    words = TileWriter(picture, kind, 1, tables, None).words()
    tile = BOUND.pack(1) + bytes([PREDICTED]) + words
    back = decode_tile(tile, kind, bounded=True, tables=tables)
    assert np.abs(back.astype(int) - picture).max() == 1
    assert read
    assert not any(rules.counted for rules, _ in read)


def test_references_and_weights(read: Rows) -> None:
    assert np.array_equal(unpacked(pellucid.compress(drawing(5), lossless=True)), drawing(5))
    ways = {(classes(rules), terms > 20) for rules, terms in read if rules.counted}
    assert ways >= {(0, False), (0, True), (1, True)}


@pytest.mark.parametrize("distinct", range(1, 5))
def test_a_value_that_the_nearest_do_not_have(distinct: int) -> None:
    around = Surroundings(np.arange(5.0)[:, None], np.array([distinct]), np.zeros((2, 1), np.int64))
    for number in range(SYMBOLS):
        symbols = np.array([number], np.int32)
        if distinct <= number < 4:
            with pytest.raises(DamagedFileError, match="isn't among the nearest"):
                around.samples(symbols)
        else:
            assert around.samples(symbols) == min(number, 4)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (33, 2), (5, 64), (1, 500)]
)
def test_tiny_ones(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch, read: Rows) -> None:
    """All their passes are counted."""
    monkeypatch.setattr(plane, "OFTEN", 0)
    monkeypatch.setattr(plane, "min", lambda tried, **_: tried[-1], raising=False)
    for picture in (labels(*shape), drawing(4, *shape), photograph(*shape)):
        data = write_file(*predicted(picture))
        assert np.array_equal(unpacked(data), picture)
        assert np.array_equal(spec_exact.decode_samples(data, FOLDER), picture)
    assert all(rules.counted for rules, _ in read)
    assert shape == (1, 1) or read


@pytest.mark.parametrize(("make", "most"), [(labels, 0.7), (mask, 0.8), (depth, 0.9)])
def test_counting_helps(
    make: Callable[[], np.ndarray], most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = len(pellucid.compress(make(), lossless=True))
    monkeypatch.setattr(plane, "OFTEN", 2)
    assert counted < most * len(pellucid.compress(make(), lossless=True))


def test_a_noisy_photograph_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(4).normal(0, 3, (120, 130, 3))
    picture = np.clip(photograph(120, 130) + noise, 0, 255).astype(np.uint8)
    data = pellucid.compress(picture, lossless=True)
    monkeypatch.setattr(plane, "OFTEN", 2)
    assert pellucid.compress(picture, lossless=True) == data


def test_conformance_cases_count_in_all_ways(read: Rows) -> None:
    ways = set()
    for folder in sorted(CASES.glob("exact_counted*")):
        read.clear()
        unpacked((folder / "file.pel").read_bytes())
        here = {(classes(rules), terms > 20) for rules, terms in read if rules.counted}
        assert here, folder.name
        ways |= here
    assert ways >= {(0, False), (0, True), (1, True), (2, True)}


@pytest.mark.parametrize("seed", range(42))
def test_changed_words_come_out_the_same_or_are_refused_by_both(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = (labels(40, 33), mask(33, 40), drawing(2, 24, 30))[seed % 3]
    header, metadata, (right,) = predicted(picture)
    tile = bytearray(right)
    for _ in range(rng.integers(1, 4)):
        tile[int(rng.integers(1, len(tile)))] ^= 1 << int(rng.integers(8))
    data = write_file(header, metadata, [bytes(tile)])
    try:
        back = unpacked(data)
    except DamagedFileError:
        with pytest.raises(spec.PelError, match="damaged"):
            spec_exact.decode_samples(data, FOLDER)
    else:
        assert back.shape == picture.shape
        assert np.array_equal(spec_exact.decode_samples(data, FOLDER), back)


@pytest.mark.parametrize("same", [1, 4, 2**16])
def test_counts_are_those_of_the_second_decoder(same: int) -> None:
    """Rows and symbols at random, or nearly all alike, in runs from 1 to many thousands."""
    rng = np.random.default_rng(same)
    ours, theirs = Counts(), spec_exact.Counts()
    for size in (1, 31, 32, 33, 2000, 48, 7000, 1, 16384):
        rows = rng.integers(0, same, (2, size))
        symbols = rng.choice(SYMBOLS, size, p=(0.96, 0.01, 0.01, 0.01, 0.005, 0.005))
        symbols[rng.random(size) < 0.1] = size % SYMBOLS
        chances = ours.chances(rows)
        assert (chances >= 1).all()
        assert (chances.sum(axis=1) == 2**16).all()
        for row, chance in list(zip(rows.T.tolist(), chances.tolist(), strict=True))[:300]:
            assert spec.split_range(chance) == theirs.table(*row)
        ours.note(rows, symbols.astype(np.int32))
        theirs.add(list(zip(*rows.tolist(), strict=True)), symbols.tolist())
        for table, them in zip(ours._tables, (theirs.often, theirs.finer), strict=True):
            used = np.flatnonzero(table.any(axis=1)).tolist()
            counted = {n: row for n, row in them.items() if any(row)}
            assert {n: table[n].tolist() for n in used} == counted


def test_the_largest_counts() -> None:
    """A row that is full of one symbol, of each in turn; the chance of the others stays."""
    for symbol in range(SYMBOLS):
        counts, rows = Counts(), np.zeros((2, MOST_SEEN), np.int64)
        counts.note(rows, np.full(MOST_SEEN, symbol, np.int32))
        (chances,) = counts.chances(rows[:, :1])
        assert chances.sum() == 2**16
        assert chances.min() >= 1
        assert chances[symbol] > 65500
        counts.note(rows[:, :1], np.array([symbol], np.int32))
        assert (counts._tables[:, 0, symbol] == MOST_SEEN // 2).all()


def test_runs_are_all_samples_and_few() -> None:
    """Each takes some time, so that many would be slow in a tile of one value."""
    counts, at, runs = Counts(), 0, 0
    for run in counts.runs(2**20):
        assert run.start == at
        assert run.stop - run.start == min(max(32, at // 64), 2**20 - at)
        at, runs = run.stop, runs + 1
        size = run.stop - run.start
        counts.note(np.zeros((2, size), np.int64), np.zeros(size, np.int32))
    assert at == 2**20
    assert runs < 500
