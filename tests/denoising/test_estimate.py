from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage import data

from pellucid.denoising.estimate import NoiseEstimate, estimate_noise
from work import calls_of


def pictures() -> list[np.ndarray]:
    return [
        data.astronaut().astype(np.float32),
        data.camera().astype(np.float32)[:, :, None],
        data.chelsea().astype(np.float32),
        data.coffee().astype(np.float32),
    ]


def with_noise(picture: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return (picture + noise).astype(np.float32)


@pytest.mark.parametrize("sigma", [5, 10, 25, 75])
def test_sigma_is_found(sigma: float) -> None:
    errors = [
        abs(estimate_noise(with_noise(picture, sigma)).sigma / sigma - 1) for picture in pictures()
    ]
    # The pictures' own grain and traces of JPEG, about 1-2 of 255, count at low strengths.
    assert np.mean(errors) < (0.06 if sigma < 10 else 0.04), errors
    assert max(errors) < 0.12, errors


def test_white_noise_is_not_called_correlated() -> None:
    for picture in pictures():
        assert estimate_noise(with_noise(picture, 15)).correlation < 0.12


def test_channels_are_told_apart() -> None:
    picture = data.coffee().astype(np.float32)
    noise = np.random.default_rng(4).normal(0, 1, picture.shape) * [5, 10, 20]
    estimate = estimate_noise((picture + noise).astype(np.float32))
    assert estimate.channel_sigma == pytest.approx((5, 10, 20), rel=0.12)
    assert estimate.sigma == pytest.approx(np.sqrt(525 / 3), rel=0.08)


@pytest.mark.parametrize("sigma", [10, 20])
def test_all_of_correlated_noise_is_counted(sigma: float) -> None:
    picture = data.coffee().astype(np.float32)
    noise = np.random.default_rng(5).normal(0, 1, picture.shape)
    for axis in (0, 1):  # a 1 2 1 filter both ways: 2/3 of correlation between neighbours
        noise = np.roll(noise, 1, axis) + 2 * noise + np.roll(noise, -1, axis)
    noise *= sigma / noise.std()
    estimate = estimate_noise((picture + noise).astype(np.float32))
    assert estimate.sigma == pytest.approx(sigma, rel=0.15)
    assert estimate.correlation == pytest.approx(2 / 3, abs=0.12)


def test_clean_photographs_are_let_alone() -> None:
    for picture in pictures():
        half = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        half = (half[::2, ::2] + half[1::2, ::2] + half[::2, 1::2] + half[1::2, 1::2]) / 4
        assert estimate_noise(np.rint(half)).sigma < 1.5


def drawing(kind: str) -> np.ndarray:
    image = Image.new("RGB", (384, 320), "#f4f4f0" if kind != "text" else "white")
    pen = ImageDraw.Draw(image)
    if kind == "text":
        for line in range(22):
            pen.text(
                (10, 5 + 14 * line), "The quick brown fox jumps over the lazy dog. " * 2, "black"
            )
    elif kind == "chart":
        for bar in range(12):
            pen.rectangle((20 + 28 * bar, 300 - 20 * bar, 40 + 28 * bar, 300), fill="#3070b0")
        pen.line([(10 + 8 * i, 150 + int(80 * np.sin(i / 4))) for i in range(45)], "red", 3)
    elif kind == "gradient":
        ramp = np.linspace(30, 220, 384)[None] + np.linspace(0, 30, 320)[:, None]
        return np.rint(np.repeat(ramp[:, :, None], 3, axis=2)).astype(np.float32)
    else:
        pen.rectangle((0, 0, 384, 28), fill="#203040")
        for row in range(9):
            pen.rounded_rectangle((12, 40 + 30 * row, 370, 62 + 30 * row), 6, "white", "#888888")
            pen.text((20, 45 + 30 * row), f"Entry {row}: some words in a window", "#222222")
    return np.asarray(image, np.float32)


@pytest.mark.parametrize("kind", ["text", "chart", "screen", "gradient"])
def test_drawings_have_no_noise(kind: str) -> None:
    assert estimate_noise(drawing(kind)).sigma < 0.3
    half = Image.fromarray(drawing(kind).astype(np.uint8)).resize((192, 160))  # antialiased
    assert estimate_noise(np.asarray(half, np.float32)).sigma < 0.3


@pytest.mark.parametrize("factor", [1 / 255, 257.0, 1e12, -1.0])
def test_scaling_scales_the_estimate(factor: float) -> None:
    noisy = with_noise(data.chelsea().astype(np.float32)[:200, :200], 20)
    one, other = estimate_noise(noisy), estimate_noise(noisy * np.float32(factor))
    assert other.sigma == pytest.approx(abs(factor) * one.sigma, rel=1e-2)
    assert other.channel_sigma == pytest.approx([abs(factor) * s for s in one.channel_sigma], 1e-2)
    assert other.slope == pytest.approx(factor * one.slope, rel=0.05)
    assert other.offset == pytest.approx(factor**2 * one.offset, rel=0.05)
    assert other.correlation == pytest.approx(one.correlation, abs=0.01)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 9), (8, 8), (9, 40), (16, 16)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size(size: tuple[int, int], channels: int) -> None:
    noise = np.random.default_rng(6).normal(0, 9, (*size, channels)).astype(np.float32)
    estimate = estimate_noise(noise)
    assert np.isfinite(estimate.sigma)
    assert len(estimate.channel_sigma) == channels
    if min(size) < 8:
        assert estimate == NoiseEstimate(0.0, (0.0,) * channels, 0.0, 0.0, 0.0, None)


@pytest.mark.parametrize("level", [0.0, 1.0, 255.0, -3e30, 65535.0])
def test_constant_pictures_have_none(level: float) -> None:
    assert estimate_noise(np.full((64, 64, 3), level, np.float32)).sigma == 0


def test_plain_noise_on_a_constant() -> None:
    assert estimate_noise(with_noise(np.full((256, 256, 1), 50.0), 8)).sigma == pytest.approx(
        8, rel=0.05
    )


def test_same_answer_twice_and_input_untouched() -> None:
    noisy = with_noise(data.camera().astype(np.float32)[:, :, None], 12)
    before = noisy.copy()
    assert estimate_noise(noisy) == estimate_noise(noisy)
    assert np.array_equal(noisy, before)


def test_large_pictures_take_no_longer_a_sample() -> None:
    one, nine = (
        with_noise(np.tile(data.astronaut().astype(np.float32), (side, side, 1)), 10)
        for side in (1, 3)
    )
    assert estimate_noise(nine).sigma == pytest.approx(10, rel=0.1)
    assert calls_of(lambda: estimate_noise(nine)) < 1.1 * calls_of(lambda: estimate_noise(one))
