"""Filling of samples that are no numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.denoising.invalid import fill


def holed(height: int, width: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A smooth plane, it with holes, and where it is known."""
    rows, columns = np.mgrid[:height, :width]
    plane = (10 + 0.1 * rows + 0.2 * columns).astype(np.float32)
    known = np.random.default_rng(1).random((height, width)) >= share
    known[0, 0] = True
    return plane, np.where(known, plane, np.float32(np.nan)), known


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (5, 6), (33, 64), (64, 64)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_what_is_known_stays_and_the_rest_lies_between(size: tuple[int, int], share: float) -> None:
    plane, broken, known = holed(*size, share)
    filled = fill(broken, known)
    assert (filled.shape, filled.dtype) == (plane.shape, np.float32)
    assert np.array_equal(filled[known], plane[known])
    assert filled.min() >= plane[known].min() - 1e-4
    assert filled.max() <= plane[known].max() + 1e-4


def test_a_small_hole_is_hardly_seen() -> None:
    plane, _, _ = holed(64, 64, 0)
    known = np.ones(plane.shape, bool)
    known[20:23, 30:34] = False
    filled = fill(np.where(known, plane, np.float32(np.inf)), known)
    assert np.abs(filled - plane).max() < 1


def test_a_large_hole_is_smooth() -> None:
    plane = np.zeros((64, 64))
    plane[:, 40:] = 100
    known = np.ones(plane.shape, bool)
    known[:, 8:56] = False
    filled = fill(np.where(known, plane, np.nan), known)
    assert filled[:, 8].max() < 50 < filled[:, 55].min()
    assert np.ptp(filled, axis=0).max() < 1e-9


def test_all_or_nothing_known() -> None:
    plane, _, _ = holed(9, 8, 0)
    every = np.ones(plane.shape, bool)
    assert fill(plane, every) is plane
    nothing = fill(np.full((9, 8), np.nan), ~every)
    assert not nothing.any()


def test_the_input_is_not_written_to() -> None:
    _, broken, known = holed(20, 21, 0.3)
    before = broken.copy(), known.copy()
    fill(broken, known)
    assert np.array_equal(broken, before[0], equal_nan=True)
    assert np.array_equal(known, before[1])
