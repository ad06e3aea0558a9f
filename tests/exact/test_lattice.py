"""Passes give every sample once, and look only at what is known."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.exact import lattice
from pellucid.exact.known import Reference, known_around
from pellucid.exact.lattice import PASSES, REACH


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 1), (2, 2), (8, 9), (33, 64)])
def test_passes_give_every_sample_once(shape: tuple[int, int]) -> None:
    given = np.zeros(shape)
    lattice.level(given, 1)[...] += 1
    for step in PASSES:
        part = lattice.place(given, step)
        assert part.shape == lattice.count(shape, step)
        part += 1
    assert (given == 1).all()


@pytest.mark.parametrize("length", [1, 2, 3, 4, 9])
def test_mirrored_samples_keep_their_parity(length: int) -> None:
    line = np.arange(length, dtype=float)[:, None]
    around = lattice.padded(line)[:, REACH]
    assert np.array_equal(around[REACH : REACH + length], line[:, 0])
    if length > 1:
        assert np.array_equal(around % 2, np.arange(-REACH, length + REACH) % 2)


@pytest.mark.parametrize("shape", [(7, 8), (12, 5), (2, 3)])
def test_nothing_unknown_decides_anything(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    plane, off = rng.integers(0, 255, shape).astype(float), rng.integers(0, 9, shape).astype(float)
    reference = Reference(*rng.integers(0, 255, (2, *shape)).astype(float))
    seen = np.zeros(shape, bool)
    seen[::2, ::2] = True
    for step in PASSES:
        other_plane, other_off = np.where(seen, plane, -1), np.where(seen, off, -1)
        one = known_around(Reference(plane, off), [reference], step)
        two = known_around(Reference(other_plane, other_off), [reference], step)
        for name in ("base", "terms", "texture", "activity"):
            assert np.array_equal(getattr(one, name), getattr(two, name)), name
        lattice.place(seen, step)[...] = True
    assert seen.all()


def test_sizes_of_terms() -> None:
    plane = np.zeros((8, 8))
    for step, own, other in zip(PASSES, (16, 16, 20), (9, 5, 5), strict=True):
        for references in range(3):
            ref = Reference(plane, plane)
            known = known_around(ref, [ref] * references, step)
            assert len(known.terms) == own + other * references
            assert len(known.texture) == 5 + 3 * references
