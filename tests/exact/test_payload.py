"""Tile payloads: the kinds, damage that a checksum misses, and hostile ones."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from pellucid.errors import DamagedFileError, PellucidError
from pellucid.exact import exact_model
from pellucid.exact import tile as tiles
from pellucid.exact.kind import TileKind
from pellucid.exact.tile import BOUND, DEFLATED, PREDICTED, STORED, decode_tile
from pictures import filled, photograph

TABLES, _ = exact_model()


def kind_for(samples: np.ndarray, *, alpha: bool = False) -> TileKind:
    height, width, planes = samples.shape
    return TileKind(height, width, planes, alpha, samples.dtype.newbyteorder("<"))


def encoded(samples: np.ndarray, bound: int = 0) -> bytes:
    start = BOUND.pack(bound) if bound else b""
    return start + tiles.encode_tile(samples, kind_for(samples), bound, TABLES)


def decoded(payload: bytes, like: np.ndarray, *, bounded: bool = False) -> np.ndarray:
    return decode_tile(payload, kind_for(like), bounded=bounded, tables=TABLES)


def test_noise_is_stored_drawings_are_deflated_photographs_predicted() -> None:
    drawing = np.zeros((64, 64, 3), np.uint8)
    drawing[::7, 3::5] = (np.arange(13) * 19)[None, :, None]
    for samples, kind in (
        (filled("noise", 64, 64, 3), STORED),
        (drawing, DEFLATED),
        (photograph(64, 64), PREDICTED),
    ):
        payload = encoded(samples)
        assert payload[0] == kind
        assert np.array_equal(decoded(payload, samples), samples)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes([3]),
        bytes([STORED]) + bytes(11),
        bytes([STORED]) + bytes(13),
        bytes([DEFLATED]) + b"no zlib",
        bytes([DEFLATED]) + zlib.compress(bytes(11)),
        bytes([DEFLATED]) + zlib.compress(bytes(10**6)),
        bytes([DEFLATED]) + zlib.compress(bytes(12)) + b"more",
        bytes([DEFLATED]) + zlib.compress(bytes(12))[:-1],
        bytes([PREDICTED]) + bytes(4),
        bytes([PREDICTED]) + b"abc",
        bytes([PREDICTED]) + b"\xff" * 400,
    ],
)
def test_impossible_payloads(payload: bytes) -> None:
    samples = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(DamagedFileError):
        decoded(payload, samples)


def test_a_bound_that_is_cut_off() -> None:
    with pytest.raises(DamagedFileError, match="can't be all"):
        decoded(BOUND.pack(1), np.zeros((2, 2, 3), np.uint8), bounded=True)


@pytest.mark.parametrize("seed", range(60))
def test_changed_words_give_samples_or_a_clear_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = photograph(40, 48)
    payload = bytearray(encoded(samples, bound=seed % 2))
    for _ in range(rng.integers(1, 4)):
        payload[int(rng.integers(1, len(payload)))] ^= 1 << int(rng.integers(8))
    try:
        back = decoded(bytes(payload), samples, bounded=seed % 2 == 1)
    except DamagedFileError:
        return
    assert back.shape == samples.shape


def test_an_encoder_that_errs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tiles.walk

    def wrong(*arguments: object) -> object:
        done = right(*arguments)  # type: ignore[arg-type]
        done.samples[3, 3] += 2
        return done

    monkeypatch.setattr(tiles, "walk", wrong)
    with pytest.raises(PellucidError, match="please report it"):
        encoded(photograph(24, 24), bound=1)


def test_the_tables_have_not_changed() -> None:
    assert exact_model()[1].hex() == "5821d866c052cb83384316eb4b45c583"
