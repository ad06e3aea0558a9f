"""The mean of the frames so far: it gains where nothing changes, and forgets what has gone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid
from noisy_clips import moving, noisy, passing, psnr, still, view
from pellucid.video.temporal import TemporalFilter, doubled, halved

SIGMA = 15.0
SIZE = (96, 128)


def filtered(clip: NDArray[Any], **options: Any) -> list[TemporalFilter]:
    """The filter after each frame, as copies of what it holds."""
    frames = clip.astype(np.float32)
    one = TemporalFilter(frames[0], **options)
    states = []
    for number, frame in enumerate(frames):
        if number:
            one.add(frame, SIGMA**2)
        state = object.__new__(TemporalFilter)
        state.mean, state.rest = one.mean.copy(), one.rest.copy()
        states.append(state)
    return states


def test_noise_falls_as_the_mean_of_frames_does() -> None:
    clip = np.full((9, *SIZE, 3), 120.0)
    shown = clip + np.random.default_rng(0).normal(0, SIGMA, clip.shape)
    last = filtered(shown)[-1]
    left = np.var(last.mean - 120) / SIGMA**2
    assert left == pytest.approx(1 / 9, rel=0.35)
    assert left < last.rest.mean() < 2 * left  # chance is taken for change here and there


def test_memory_is_bounded() -> None:
    clip = np.full((12, *SIZE), 120.0)
    last = filtered(clip, memory=4)[-1]
    assert last.rest.min() == pytest.approx(1 / 4)


def test_motion_is_followed() -> None:
    clip = moving(8, SIZE)
    last = filtered(noisy(clip, SIGMA))[-1]
    assert psnr(last.mean, clip[-1]) > psnr(noisy(clip, SIGMA)[-1], clip[-1]) + 4


def test_nothing_is_left_behind_what_moves() -> None:
    """Where a bright square was it is as clean as elsewhere, at once and later."""
    clip = passing(10, SIZE)
    shown = noisy(clip, SIGMA)
    found = np.stack(list(pellucid.stream(shown, sigma=SIGMA)))
    side = SIZE[0] // 4
    for number in (5, 9):
        left = 4 * (number - 1)
        behind = (number, slice(side, 2 * side), slice(left, left + 4))
        error = found[behind].astype(float) - clip[behind]
        assert abs(error.mean()) < 4
        assert np.abs(error).max() < 60  # the square is 100 and more above


def test_a_cut_starts_anew() -> None:
    clip = np.concatenate([still(5, SIZE), np.repeat(view(SIZE, 150, 120)[None], 2, axis=0)])
    shown = noisy(clip, SIGMA)
    found = np.stack(list(pellucid.stream(shown, sigma=SIGMA)))
    alone = np.stack(list(pellucid.stream(shown[5:], sigma=SIGMA)))
    assert psnr(found[5], clip[5]) > psnr(alone[0], clip[5]) - 0.3


def test_light_that_changes_is_followed() -> None:
    base = still(12, SIZE).astype(float)
    clip = np.clip(base * np.linspace(0.6, 1, 12)[:, None, None, None], 0, 255).astype(np.uint8)
    found = np.stack(list(pellucid.stream(noisy(clip, SIGMA), sigma=SIGMA)))
    assert abs((found[-1].astype(float) - clip[-1]).mean()) < 2.5  # of 4 from frame to frame


def test_there_is_less_flicker() -> None:
    clip = still(16, SIZE)
    shown = noisy(clip, SIGMA)
    over_time, alone = (
        np.stack(list(pellucid.stream(shown, sigma=SIGMA, temporal=how)))[8:].std(axis=0).mean()
        for how in (True, False)
    )
    assert over_time < 0.5 * alone


def test_noise_that_grows_with_brightness() -> None:
    """Its level map follows the picture: dark places, less noisy, keep more."""
    clip = moving(8, SIZE)
    deviation = np.sqrt(4 + 1.5 * clip.astype(float))
    shown = clip + np.random.default_rng(0).normal(size=clip.shape) * deviation
    shown = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    noise = pellucid.NoiseEstimate(14.0, (14.0,) * 3, 1.5, 4.0, 0.0, None)
    found = np.stack(list(pellucid.stream(shown, sigma=noise)))
    alone = np.stack(list(pellucid.stream(shown, sigma=noise, temporal=False)))
    assert psnr(found[4:], clip[4:]) > psnr(alone[4:], clip[4:]) > psnr(shown[4:], clip[4:]) + 4


def test_sizes_halved_and_doubled() -> None:
    values = np.random.default_rng(0).random((8, 6)).astype(np.float32)
    means = values.reshape(4, 2, 3, 2).mean(axis=(1, 3))
    assert np.allclose(halved(values), means, atol=1e-6)
    assert doubled(means).shape == (8, 6)
