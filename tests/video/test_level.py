"""The noise of a clip: measured, steady, and measured anew after a cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from noisy_clips import moving, noisy, still, view
from pellucid.video import StreamOptions
from pellucid.video.level import EVERY, KEPT, OFTEN, SETTLED, ClipNoise

SIZE = (96, 128)


def test_it_is_found() -> None:
    noise = ClipNoise(None)
    for frame in noisy(moving(5, SIZE), 12):
        noise.plan(frame, cut=lambda: False)
    assert noise.noise.sigma == pytest.approx(12, rel=0.15)
    assert noise.measured is noise.noise


def test_it_is_steady() -> None:
    """One frame that seems to be noisier changes nothing."""
    noise = ClipNoise(None)
    clip = noisy(still(OFTEN[4] + 1, SIZE), 12)
    sigmas = []
    for number, frame in enumerate(clip):
        shown = frame if number != OFTEN[3] else noisy(frame, 40)
        sigmas.append(noise.plan(shown, cut=lambda: False).sigma)
    assert max(sigmas[2:]) < 1.15 * min(sigmas[2:])


def test_it_is_seldom_measured() -> None:
    calls = []
    noise = ClipNoise(None)
    with pytest.MonkeyPatch.context() as patch:
        estimate = pellucid.noise_level(noisy(still(1), 12)[0])
        patch.setattr(
            "pellucid.video.level.measure", lambda frame: calls.append(len(calls)) or estimate
        )
        for _ in range(2 * EVERY + 1):
            noise.plan(still(1)[0], cut=lambda: False)
    assert len(calls) == len(OFTEN) + 2
    assert len(noise._found) == KEPT


def test_a_cut_measures_anew() -> None:
    noise = ClipNoise(None)
    for frame in noisy(still(SETTLED, SIZE), 20):
        noise.plan(frame, cut=lambda: False)
    quiet = noisy(np.repeat(view(SIZE, 100, 80)[None], 2, axis=0), 5)
    noise.plan(quiet[0], cut=lambda: True)
    assert noise.noise.sigma < 10


@pytest.mark.parametrize("options", [{"temporal": False}, {"memory": 1}, {}])
def test_cuts_are_found_however_frames_are_used(options: dict[str, Any]) -> None:
    bright = np.clip(view(SIZE, 100, 80).astype(int) + 60, 0, 255).astype(np.uint8)
    clip = [*noisy(still(SETTLED + 1, SIZE), 4), *noisy(np.repeat(bright[None], 2, axis=0), 20)]
    denoiser = StreamOptions(model="s", **options).denoiser()
    for number, frame in enumerate(clip):
        denoiser.prepare(frame)
        if number == SETTLED:
            assert denoiser.noise.noise.sigma < 10
    assert denoiser.noise.noise.sigma == pytest.approx(20, rel=0.25)


def test_a_clip_without_cuts_is_seldom_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    estimate = pellucid.noise_level(noisy(still(1), 12)[0])
    monkeypatch.setattr("pellucid.video.level.measure", lambda frame: calls.append(1) or estimate)
    denoiser = StreamOptions(model="s", memory=1).denoiser()
    for frame in noisy(moving(40), 12):
        denoiser.prepare(frame)
    assert len(calls) == len(OFTEN)


def test_what_is_given_counts() -> None:
    noise = ClipNoise(7.0)
    assert noise.plan(still(1)[0], cut=lambda: False).sigma == pytest.approx(7)
    assert noise.measured is None
