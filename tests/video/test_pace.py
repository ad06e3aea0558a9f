"""Which way is taken to keep up, by made times."""

from __future__ import annotations

import numpy as np
import pytest

from clips import samples
from pellucid.video import StreamOptions
from pellucid.video.pace import BEHIND, LATE, SOON, Pace, Player, Way, ways

INTERVAL = 0.04


def run(pace: Pace, part: float, count: int) -> list[tuple[int, int]]:
    """Frames that take this part of the time there is: when the way changed, and to which."""
    return [
        (number, pace.at) for number in range(1, count + 1) if pace.took(part * INTERVAL, INTERVAL)
    ]


def test_ways_go_down() -> None:
    assert list(map(str, ways("m"))) == [
        "denoiser m",
        "denoiser s",
        "denoiser xs",
        "denoiser xs at half the resolution",
    ]
    assert list(map(str, ways("folder/of/mine"))) == [
        "denoiser folder/of/mine",
        "denoiser xs",
        "denoiser xs at half the resolution",
    ]


def test_too_slow_goes_down_step_by_step() -> None:
    pace = Pace(4)
    assert run(pace, 1.5, 30) == [(SOON, 1), (2 * SOON, 2), (3 * SOON, 3)]
    assert run(pace, 5.0, 30) == []  # there is none below


def test_fast_enough_stays() -> None:
    pace = Pace(4)
    assert run(pace, 0.9, 20 * LATE) == []
    assert pace.at == 0


def test_a_lag_that_would_stay_goes_down() -> None:
    pace, late = Pace(3), 1.01 * BEHIND * INTERVAL
    taken = [pace.took(0.8 * INTERVAL, INTERVAL, late) for _ in range(2 * SOON)]
    assert taken.count(True) == 2
    assert pace.at == 2
    pace = Pace(3)
    assert not any(pace.took(0.6 * INTERVAL, INTERVAL, late) for _ in range(9 * LATE)), "it ends"
    assert not any(pace.took(0.8 * INTERVAL, INTERVAL, 0.9 * late) for _ in range(9 * LATE))


def test_nothing_goes_up_while_it_lags() -> None:
    pace = Pace(2)
    run(pace, 1.5, SOON)
    late = 1.01 * BEHIND * INTERVAL
    assert not any(pace.took(0.1 * INTERVAL, INTERVAL, late) for _ in range(20 * LATE))
    assert run(pace, 0.1, 20 * LATE)[0][1] == 0


def test_one_slow_frame_is_no_reason() -> None:
    pace = Pace(4)
    run(pace, 0.5, 20)
    assert not pace.took(2 * INTERVAL, INTERVAL)
    assert run(pace, 0.5, 20) == []


def test_room_goes_up_again_late() -> None:
    pace = Pace(4)
    run(pace, 1.5, 2 * SOON)
    assert pace.at == 2
    changes = run(pace, 0.2, 30 * LATE)
    assert [at for _, at in changes] == [1, 0]
    assert all(number >= LATE for number, _ in changes)
    assert changes[0][0] >= 5 * LATE  # as the way above was too slow not long ago


def test_frames_are_left_out_only_on_the_last_way() -> None:
    pace = Pace(2)
    late = 1.01 * BEHIND * INTERVAL
    assert not pace.is_late(late, INTERVAL)
    run(pace, 2.0, SOON)
    assert pace.at == 1
    assert pace.is_late(late, INTERVAL)
    assert not pace.is_late(0.9 * BEHIND * INTERVAL, INTERVAL)


@pytest.mark.parametrize("shape", [(48, 64, 3), (49, 65, 3), (48, 64, 1), (2, 3, 3)])
def test_half_the_resolution(shape: tuple[int, int, int]) -> None:
    """Shape and type stay, and noise goes."""
    player = Player(StreamOptions(sigma=8.0), [Way("s"), Way("s", half=True)], 255)
    frames = [samples(number, *shape[:2])[..., : shape[2]] for number in range(4)]
    for at in (0, 1, 1, 0):
        for frame in frames:
            clean = player.finish(player.prepare(frame, at))
            assert (clean.shape, clean.dtype) == (shape, np.uint8)
            apart = clean.astype(float) - frame
            assert np.abs(apart.mean()) < 3
            assert np.abs(apart).mean() > 0.1


def test_a_measured_noise_is_told_in_the_frames_unit() -> None:
    player = Player(StreamOptions(), [Way("s"), Way("s", half=True)], 255)
    begun = player.prepare(samples(0), 0)
    player.finish(begun)
    assert begun.noise is not None
    assert 3 < begun.noise.sigma < 12
    assert begun.denoiser.engine is not None
    assert player.prepare(samples(0), 1).noise is None


def test_what_loading_takes_is_no_reason() -> None:
    """The first frames by a way have its network loaded."""
    pace = Pace(3)
    assert not pace.took(40.0, 1.0)
    assert run(pace, 0.2, 50) == []


def test_nothing_is_above_white_at_half_the_resolution() -> None:
    stripes = np.where(np.arange(64)[None, :, None] // 4 % 2, 1023, 0).astype(np.uint16)
    frame = np.broadcast_to(stripes, (48, 64, 3)).copy()
    play = Player(StreamOptions(sigma=40.0, model="s"), [Way("s", half=True)], 1023)
    assert play.finish(play.prepare(frame, 0)).max() <= 1023


def test_nothing_to_do_is_no_half_resolution() -> None:
    frame = samples(0)
    play = Player(StreamOptions(sigma=0.0, model="s"), [Way("s", half=True)], 255)
    assert play.finish(play.prepare(frame, 0)) is frame
    assert play.prepare(frame, 0).denoiser.engine is None
