"""Made clips: the same again, moving as they say, never enlarged; noise; files of video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import clips
from pellucid.evaluate.benches.video_costs import shown, write_video

cv2 = pytest.importorskip("cv2")

SIZE, FRAMES = (48, 64), 6


def photograph(seed: int, size: tuple[int, int] = (120, 170)) -> NDArray[np.uint8]:
    """Smooth random shades."""
    noise = np.random.default_rng(seed).uniform(0, 255, (size[0] // 8, size[1] // 8, 3))
    large = cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(large, 0, 255).astype(np.uint8)


PHOTOGRAPHS = [photograph(seed) for seed in range(3)]


def clip_of(kind: str, seed: int = 0) -> NDArray[np.uint8]:
    return clips.make_clip(kind, PHOTOGRAPHS, frames=FRAMES, size=SIZE, seed=seed)


def changes(clip: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean change of each frame to the next."""
    return np.abs(np.diff(clip.astype(float), axis=0)).mean(axis=(1, 2, 3))


@pytest.mark.parametrize("kind", clips.KINDS)
def test_a_clip_is_the_same_again_and_another_by_another_seed(kind: str) -> None:
    first = clip_of(kind)
    assert first.shape == (FRAMES, *SIZE, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, clip_of(kind))
    moves = changes(first)
    if kind == "static":
        assert not moves.any()
    else:
        assert (moves > 0.05).all()
        # a zoom or a turn has two ways only
        assert any(not np.array_equal(first, clip_of(kind, seed)) for seed in range(1, 5))


def test_a_cut_is_another_scene() -> None:
    moves = changes(clip_of("cut"))
    assert moves.argmax() == FRAMES // 2 - 1
    assert moves.max() > 3 * np.median(moves)


def test_light_drifts_as_a_whole() -> None:
    clip = clip_of("light").astype(float)
    bright = clip[0] > 60
    ratios = clip[-1][bright] / clip[0][bright]
    assert 0.6 < ratios.mean() < 1.5
    assert ratios.std() < 0.1


def test_a_pan_is_a_shift_by_fractions_of_a_sample() -> None:
    """At half a sample the view is the mean of neighbours, and as large as the photograph."""
    ramp = np.repeat(np.arange(200, dtype=np.float32)[None, :, None], 60, axis=0)
    course = clips.Course(np.array([[0.0, 0.0], [0.5, 0.0], [1.25, 0.0]]), np.ones(3), np.zeros(3))
    # room for 60 - 2 * 3 rows, at a step of 1
    seen = clips.views(ramp, course, (54, 100))
    middle = seen[:, 20, 50, 0]
    assert middle[1] - middle[0] == pytest.approx(0.5, abs=0.02)
    assert middle[2] - middle[0] == pytest.approx(1.25, abs=0.02)
    assert seen[0, 20, 51, 0] - middle[0] == pytest.approx(1, abs=0.02)
    assert middle[0] == pytest.approx(100, abs=0.6)


def test_parts_hide_the_background() -> None:
    dark, light = np.zeros((120, 170, 3), np.uint8), np.full((120, 170, 3), 200, np.uint8)
    clip = clips.make_clip("layers", [dark, light, light], frames=FRAMES, size=SIZE)
    hidden = (clip > 190).mean(axis=(1, 2, 3))
    assert (hidden > 0.05).all()
    assert (hidden < 0.9).all()
    assert ((clip > 20) & (clip < 180)).any()  # soft edges


def test_large_photographs_are_reduced_without_aliasing() -> None:
    stripes = np.zeros((600, 800, 3), np.uint8)
    stripes[:, ::2] = 255
    clip = clips.make_clip("static", [stripes], frames=1, size=SIZE)
    assert clip.min() > 120
    assert clip.max() < 136


def test_photographs_that_stand_are_turned() -> None:
    upright = np.rot90(PHOTOGRAPHS[0])
    assert clips.make_clip("static", [upright], frames=1, size=SIZE).shape == (1, *SIZE, 3)


def test_what_is_refused() -> None:
    with pytest.raises(OptionError, match="no kind of clip called 'spin'; there are: static"):
        clips.make_clip("spin", PHOTOGRAPHS)
    with pytest.raises(InputError, match="at least one"):
        clips.make_clip("static", [])
    with pytest.raises(InputError, match="of 170 x 120 is too small for this clip, it takes 206 x"):
        clips.make_clip("static", PHOTOGRAPHS, size=(100, 200))


def test_noise_is_as_strong_as_it_says_and_new_in_each_frame() -> None:
    flat = np.full((4, 64, 64, 3), 100, np.uint8)
    noise = clips.noisy(flat, 10, 3).astype(float) - 100
    assert noise.std() == pytest.approx(10, rel=0.03)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.05
    assert np.array_equal(clips.noisy(flat, 10, 3), clips.noisy(flat, 10, 3))
    camera = clips.noisy(flat, 6, 3, slope=0.64).astype(float) - 100
    assert camera.std() == pytest.approx(10, rel=0.03)
    assert clips.noisy(np.zeros_like(flat), 10).mean() == pytest.approx(
        10 / np.sqrt(2 * np.pi), rel=0.1
    )


def test_files_of_video_are_read(tmp_path: Path) -> None:
    pytest.importorskip("av")
    made = clips.make_clip("pan", [photograph(0, (400, 640))], frames=4, size=(272, 480))
    write_video(tmp_path / "large.mp4", shown(made, 5), 25)
    write_video(tmp_path / "small.mp4", shown(made[:, :48, :64], 5), 25)
    large = clips.read_clip(tmp_path / "large.mp4", 3)
    assert large.shape == (3, 136, 240, 3)
    halved = cv2.resize(made[2], (240, 136), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(large[2] - halved).mean() < 4
    assert clips.read_clip(tmp_path / "small.mp4", 9).shape == (5, 48, 64, 3)
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"no\.mp4: not a video"):
        clips.read_clip(tmp_path / "no.mp4", 3)


def test_frames_go_forwards_and_backwards() -> None:
    clip = np.arange(3, dtype=np.uint8)[:, None]
    assert [int(frame[0]) for frame in shown(clip, 7)] == [0, 1, 2, 1, 0, 1, 2]
