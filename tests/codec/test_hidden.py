"""Colours that alpha hides: replaced by what is around them, the same in every window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.codec.hidden import BLOCK, FINE, doubled, filled, weights_of
from pellucid.codec.picture import MID, Picture, look_at

RNG = np.random.default_rng(3)


def sprite(height: int, width: int, dtype: str = "uint8", channels: int = 3) -> np.ndarray:
    """(H, W, channels + 1): noise, of which an ellipse in a corner can be seen."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    samples = RNG.integers(low, high + 1, (height, width, channels + 1))
    y, x = np.mgrid[:height, :width]
    inside = ((y / height) ** 2 + (x / width) ** 2 < 0.4) & ((x // 7 + y // 90) % 3 > 0)
    samples[..., -1] = np.where(inside, np.maximum(samples[..., -1], 1), 0)
    return samples.astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_what_is_seen_stays_and_the_rest_is_near_it(dtype: str) -> None:
    samples = sprite(150, 170, dtype)
    samples[..., :3] = samples[..., :3] // 8 + 20  # a narrow range
    visible = samples[..., 3] > 0
    garbage = RNG.integers(0, np.iinfo(dtype).max, samples[~visible][:, :3].shape)
    samples[~visible, :3] = garbage.astype(dtype)
    picture = look_at(samples, alpha=True)
    colour = filled(samples[..., :3], weights_of(samples[..., 3]), picture.backdrop)
    assert colour.dtype == samples.dtype
    assert np.array_equal(colour[visible], samples[visible, :3])
    assert colour.min() >= samples[visible, :3].min()
    assert colour.max() <= samples[visible, :3].max()


def test_hidden_samples_go_on_from_those_around_them() -> None:
    samples = np.zeros((BLOCK, BLOCK, 2), np.uint8)
    samples[..., 0] = RNG.integers(0, 256, (BLOCK, BLOCK))
    samples[4, 4] = (100, 1)
    samples[4, 6] = (200, 3)
    colour = filled(samples[..., :1], weights_of(samples[..., 1]), (7,))[..., 0]
    assert (colour[4, 4], colour[4, 6]) == (100, 200)
    assert 100 < colour[4, 5] < 175 < colour[5, 7] <= 200
    assert (colour[20:, 20:] == 175).all()  # far from both: the weighted mean (100 + 3 * 200) / 4
    steps = [np.abs(np.diff(colour.astype(int), axis=axis)).max() for axis in (0, 1)]
    assert max(steps) < 100  # no step as high as the one between the two


def test_doubling_is_linear_between_the_centres() -> None:
    ramp = 16 * np.arange(9)[:, None] + np.zeros((1, 4), int)
    tall = doubled(ramp)
    assert np.array_equal(tall, np.tile(4 + 8 * np.arange(16)[:, None], (1, 6)))
    assert np.array_equal(doubled(ramp.T), tall.T)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["uint8", "uint16", "int16"]))
def test_squares_give_what_a_pyramid_of_the_whole_gives(seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    height, width, channels = (int(n) for n in rng.integers(1, (400, 400, 4)))
    limits = np.iinfo(dtype)
    colour = rng.integers(limits.min, limits.max + 1, (height, width, channels)).astype(dtype)
    coarse = rng.integers(0, rng.choice([2, 256, 65536]), (height // 40 + 1, width // 40 + 1))
    weights = np.kron(coarse, np.ones((40, 40), int))[:height, :width]
    weights[rng.random((height, width)) < rng.choice([0, 0.001, 0.9])] = 0
    if rng.random() < 0.3:
        weights[weights == 0] = 1
        weights[:, -1] = 0
    backdrop = rng.integers(limits.min, limits.max + 1, channels).tolist()
    kept = colour.copy()
    found = filled(colour, weights, backdrop)
    assert found.dtype == colour.dtype
    assert np.array_equal(found, pyramid(colour, weights, backdrop))
    assert np.array_equal(colour, kept)


def pyramid(colour: np.ndarray, weights: np.ndarray, backdrop: list[int]) -> np.ndarray:
    """What the docstring of hidden.py says, of the whole picture at once."""
    height, width = weights.shape
    wide = [(0, -side % BLOCK) for side in weights.shape]
    weight = np.pad(weights, wide)
    sums = np.pad(colour, (*wide, (0, 0))).astype(np.int64) * weight[..., None]
    found = np.full((*(n // BLOCK for n in weight.shape), len(backdrop)), backdrop) * FINE
    for side in (64, 32, 16, 8, 4, 2):
        if side < BLOCK:
            found = pulled(found)
        at = [np.arange(0, n, side) for n in weight.shape]
        heavy = np.add.reduceat(np.add.reduceat(weight, at[0], axis=0), at[1], axis=1)[..., None]
        total = np.add.reduceat(np.add.reduceat(sums, at[0], axis=0), at[1], axis=1)
        found = np.where(heavy > 0, total * FINE // np.maximum(heavy, 1), found)
    found = (pulled(found)[:height, :width] + FINE // 2) // FINE
    return np.where(weights[..., None] > 0, colour, found)


def pulled(coarse: np.ndarray) -> np.ndarray:
    """Twice as many rows and columns: 3/4 of the nearest and 1/4 of the next, if there is one."""
    height, width = coarse.shape[:2]
    y, x = np.arange(2 * height), np.arange(2 * width)
    rows = [y // 2, np.clip(y // 2 + np.where(y % 2, 1, -1), 0, height - 1)]
    columns = [x // 2, np.clip(x // 2 + np.where(x % 2, 1, -1), 0, width - 1)]
    parts = [
        share * coarse[row][:, column]
        for shares, row in zip(((9, 3), (3, 1)), rows, strict=True)
        for share, column in zip(shares, columns, strict=True)
    ]
    return (sum(parts) + 8) // 16


def test_where_nothing_can_be_seen_there_is_the_mean_or_grey() -> None:
    samples = sprite(300, 300)
    samples[:64, :64] = (10, 20, 30, 255)
    samples[64:, :, 3] = samples[:, 64:, 3] = 0
    picture = look_at(samples, alpha=True)
    assert picture.backdrop == (10, 20, 30)
    assert (picture.seen()[200:300, 200:300] == (10, 20, 30)).all()
    samples[..., 3] = 0
    assert look_at(samples, alpha=True).backdrop == (MID,) * 3
    assert (look_at(samples, alpha=True).seen()[0:300, 0:300] == MID).all()
    deep = look_at(samples.astype(np.uint16), alpha=True)
    assert deep.range is not None
    assert (deep.range.low, deep.range.high) == (0, 0)
    assert not deep.seen()[0:300, 0:300].any()


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["uint8", "uint16", "int16"]))
def test_the_mean_is_weighted_by_alpha_and_the_range_is_that_of_what_is_seen(
    seed: int, dtype: str
) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(n) for n in rng.integers(1, (1100, 40)))
    limits = np.iinfo(dtype)
    samples = rng.integers(limits.min, limits.max + 1, (height, width, 4)).astype(dtype)
    samples[rng.random((height, width)) < 0.5, 3] = 0
    colour, weights = samples[..., :3].astype(int), samples[..., 3].clip(0).astype(int)
    picture = look_at(samples, alpha=True)
    if weights.any():
        mean = (colour * weights[..., None]).sum(axis=(0, 1)) // weights.sum()
        assert picture.backdrop == tuple(mean)
        if picture.range is not None:
            seen = colour[weights > 0]
            assert (picture.range.low, picture.range.high) == (seen.min(), seen.max())


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["uint8", "uint16", "int16"]))
def test_a_window_shows_what_the_whole_shows(seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(n) for n in rng.integers(1, 500, 2))
    seen = look_at(sprite(height, width, dtype, int(rng.choice([1, 3]))), alpha=True).seen()
    whole = seen[0:height, 0:width]
    top, bottom = np.sort(rng.integers(0, height + 1, 2)).tolist()
    left, right = np.sort(rng.integers(0, width + 1, 2)).tolist()
    bottom, right = max(bottom, top + 1), max(right, left + 1)
    part = seen[top:bottom, left:right]
    assert part.dtype == seen.dtype
    assert np.array_equal(part, whole[top:bottom, left:right])


def test_surroundings_are_read_only_for_parts_that_hide_something() -> None:
    samples = np.random.default_rng(3).integers(1, 256, (400, 500, 4)).astype(np.uint8)
    samples[320:330, 10:20, 3] = 0
    source = Counted(samples)
    seen = Picture(source, True, backdrop=(1, 2, 3)).seen()
    for rows, columns in ((slice(70, 200), slice(100, 300)), (slice(200, 320), slice(0, 500))):
        source.read = 0
        assert np.array_equal(seen[rows, columns], samples[rows, columns, :3])
        assert source.read == (rows.stop - rows.start) * (columns.stop - columns.start)
    source.read = 0
    part = seen[300:350, 0:30]
    visible = samples[300:350, :30, 3] > 0
    assert np.array_equal(part[visible], samples[300:350, :30, :3][visible])
    assert source.read > 50 * 30 + 2 * 64 * 64  # the part, then blocks around it


class Counted:
    """Samples that count how many pixels were read of them."""

    def __init__(self, samples: np.ndarray) -> None:
        self.shape, self.dtype, self._samples, self.read = samples.shape, samples.dtype, samples, 0

    def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
        part = self._samples[key]
        self.read += part.shape[0] * part.shape[1]
        return part
