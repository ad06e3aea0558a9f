"""Residuals to symbols."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.codec.latents import even_anchors, non_anchors, odd_anchors, quantise
from pellucid.entropy import MAX_SYMBOL


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 3, 50, 1e6]), st.integers(0, 5))
def test_symbols_are_the_nearest_integers(seed: int, spread: float, skip: int) -> None:
    rng = np.random.default_rng(seed)
    residual = (spread * rng.standard_normal((3, 40))).astype(np.float32)
    index = rng.integers(0, 5, residual.shape).astype(np.uint8)
    symbols = quantise(residual, index, skip)
    assert symbols.dtype == np.int32
    assert (symbols[index < skip] == 0).all()
    inside = (index >= skip) & (np.abs(residual) < MAX_SYMBOL)
    assert (np.abs(residual - symbols)[inside] <= 0.5).all()
    assert (quantise(-residual, index, skip) == -symbols).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("table", [0, 1])
def test_what_is_no_number_is_refused(value: float, table: int) -> None:
    residual = np.array([0.2, value], np.float32)
    with pytest.raises(ValueError, match="finite"):
        quantise(residual, np.array([1, table], np.uint8), 1)


def test_large_residuals_are_clipped_to_16_bits() -> None:
    residual = np.array([1e9, -1e9, 32767.6, -40000], np.float32)
    symbols = quantise(residual, np.zeros(4, np.uint8), 0)
    assert symbols.tolist() == [MAX_SYMBOL, -MAX_SYMBOL, MAX_SYMBOL, -MAX_SYMBOL]


@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))
def test_the_squares_of_three_passes_make_the_board(m: int, half_h: int, half_w: int) -> None:
    shape = (m, 2 * half_h, 2 * half_w)
    plane = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    rows, columns = np.indices(shape[1:]) % 2
    squares = {
        even_anchors: (rows == 0) & (columns == 0),
        odd_anchors: (rows == 1) & (columns == 1),
    }
    for part, mask in {**squares, non_anchors: rows != columns}.items():
        assert (part(plane).ravel() == plane[:, mask].ravel()).all(), "in C order of the whole"
