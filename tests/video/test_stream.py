"""`pellucid.stream`: what goes in, what comes out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid
from noisy_clips import moving, noisy, psnr, still
from pellucid.errors import InputError, OptionError

FRAMES = 6


def clean_frames(frames: Any, **options: Any) -> NDArray[Any]:
    return np.stack(list(pellucid.stream(frames, **options)))


def test_one_clean_frame_for_each() -> None:
    clip = still(FRAMES)
    found = clean_frames(noisy(clip, 12), sigma=12)
    assert (found.shape, found.dtype) == (clip.shape, np.uint8)
    assert psnr(found[-1], clip[-1]) > psnr(noisy(clip, 12)[-1], clip[-1]) + 6


def test_earlier_frames_help() -> None:
    for make, gain in ((still, 2), (moving, 0.5)):
        clip = make(8, (96, 128))
        shown = noisy(clip, 15)
        over_time = psnr(clean_frames(shown, sigma=15)[4:], clip[4:])
        alone = psnr(clean_frames(shown, sigma=15, temporal=False)[4:], clip[4:])
        assert over_time > alone + gain


def test_frame_by_frame_is_the_denoiser_alone() -> None:
    shown = noisy(still(2), 12)
    found = clean_frames(shown, sigma=12, temporal=False)
    alone = pellucid.denoise(shown[1], sigma=12, model="s")
    assert np.abs(found[1].astype(int) - alone).max() <= 1


def test_nothing_later_is_used() -> None:
    shown = noisy(moving(FRAMES), 12)
    whole = clean_frames(shown, sigma=12)
    assert np.array_equal(whole[:3], clean_frames(shown[:3], sigma=12))


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_the_result_does_not_depend_on_threads(ahead: int) -> None:
    shown = noisy(moving(4), 12)
    assert np.array_equal(clean_frames(shown, ahead=ahead), clean_frames(shown))


def test_a_live_source_waits_for_nothing() -> None:
    shown, given = noisy(still(3), 12), []

    def frames() -> Iterator[NDArray[Any]]:
        for number, frame in enumerate(shown):
            given.append(number)
            yield frame

    for number, _ in enumerate(pellucid.stream(frames(), sigma=12)):
        assert given[-1] == number


def test_ahead_ends_its_thread() -> None:
    before = set(threading.enumerate())
    found = pellucid.stream(iter(noisy(still(50), 12)), sigma=12, ahead=2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("ahead", [0, 1])
def test_errors_of_the_source_come_through(ahead: int) -> None:
    def frames() -> Iterator[NDArray[Any]]:
        yield still(1)[0]
        raise ZeroDivisionError("the source's own")

    found = pellucid.stream(frames(), sigma=12, ahead=ahead)
    next(found)
    with pytest.raises(ZeroDivisionError, match="own"):
        next(found)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_strength(strength: float) -> None:
    shown = noisy(still(2), 12)
    found = clean_frames(shown, sigma=12, strength=strength)
    change = np.abs(found.astype(float) - shown).mean()
    assert (change == 0) == (strength == 0)
    assert change < 12


def test_strength_takes_off_more_and_more() -> None:
    clip = still(4)
    shown = noisy(clip, 15)
    found = [psnr(clean_frames(shown, sigma=15, strength=s)[-1], clip[-1]) for s in (0.25, 0.5, 1)]
    assert found == sorted(found)


def test_a_little_noise_changes_little() -> None:
    shown = noisy(still(3), 12)
    assert np.abs(clean_frames(shown, sigma=0.2).astype(int) - shown).max() <= 1


def test_strength_0_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.video.level.measure", None)
    shown = noisy(still(2), 12)
    assert np.array_equal(clean_frames(shown, strength=0), shown)


def test_a_clean_clip_stays() -> None:
    clip = still(3, (240, 320))
    assert np.array_equal(clean_frames(clip), clip)


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float16", "float32", "float64"])
def test_sample_types(dtype: str) -> None:
    scale = {"uint16": 257, "int16": 128}.get(dtype, 1 / 255)
    clip = still(4)
    shown = (noisy(clip, 15) * np.float64(scale)).astype(dtype)
    found = clean_frames(shown, sigma=15 * scale)
    assert found.dtype == dtype
    eight = clean_frames(noisy(clip, 15), sigma=15)
    assert np.abs(found.astype(float) / scale - eight).mean() < 0.6


def test_low_values_of_many_bits() -> None:
    """A camera of 10 bits in words of 16, as clean as the same in 8."""
    clip = still(4)
    shown = noisy(clip, 15).astype(np.uint16) * 4
    found = clean_frames(shown, sigma=60)
    assert np.abs(found / 4 - clean_frames(noisy(clip, 15), sigma=15)).mean() < 0.6


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_channels(channels: int | None) -> None:
    clip = noisy(still(3), 15)
    shown = clip[..., 0] if channels is None else clip[..., [0, 1, 2, 0]][..., :channels]
    found = clean_frames(shown, sigma=15)
    assert found.shape == shown.shape
    if channels in (2, 4):
        assert np.array_equal(found[..., -1], shown[..., -1])  # alpha
    assert not np.array_equal(found[..., 0], shown[..., 0])


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 5), (33, 65), (70, 131)])
def test_any_size(size: tuple[int, int]) -> None:
    shown = noisy(still(3, size), 15)
    assert clean_frames(shown, sigma=15).shape == shown.shape
    assert clean_frames(shown).shape == shown.shape


def test_what_is_no_number_stays() -> None:
    shown = noisy(still(3), 15).astype(np.float32)
    shown[1, 10:20, 10:20] = np.nan
    shown[2, 5, 5, 1] = np.inf
    found = clean_frames(shown, sigma=15)
    assert np.array_equal(np.isfinite(found), np.isfinite(shown))
    assert np.isinf(found[2, 5, 5, 1])


def test_brightness_and_colour_stay() -> None:
    clip = moving(8)
    found = clean_frames(noisy(clip, 15), sigma=15)
    assert np.abs((found[2:].astype(float) - clip[2:]).mean(axis=(0, 1, 2))).max() < 0.25


def test_no_frames() -> None:
    assert list(pellucid.stream([])) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sigma": -1}, "sigma"),
        ({"sigma": np.ones((4, 4))}, "sigma"),
        ({"strength": 2}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"model": "none"}, "none"),
        ({"model": 3}, "model"),
        ({"memory": 0}, "memory"),
        ({"memory": 1.5}, "memory"),
        ({"ahead": -1}, "ahead"),
        ({"device": "abacus"}, "abacus"),
    ],
)
def test_wrong_options(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        pellucid.stream([], **options)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (np.zeros((4, 4, 7), np.uint8), "7"),
        (np.zeros((4,), np.uint8), "shape"),
        (np.zeros((0, 4), np.uint8), "shape"),
        (np.zeros((4, 4), np.complex64), "complex64"),
        (np.zeros((4, 4), np.uint32), "uint32"),
    ],
)
def test_what_is_no_frame(frame: NDArray[Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        next(iter(pellucid.stream([frame], sigma=5)))


def test_a_frame_of_another_size_is_named() -> None:
    shown = noisy(still(2), 15)
    with pytest.raises(InputError, match=r"frame 2 is 40 x 48.*64 x 48"):
        list(pellucid.stream([*shown, shown[0][:, :40]], sigma=5))


def test_a_frame_of_another_type_is_named() -> None:
    shown = noisy(still(2), 15)
    with pytest.raises(InputError, match=r"frame 1 is .*float32.*uint8"):
        list(pellucid.stream([shown[0], shown[1].astype(np.float32)], sigma=5))
