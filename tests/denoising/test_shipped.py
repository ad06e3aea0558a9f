"""What needs a denoiser that denoises: the one that ships."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from skimage import data

import pellucid
from noisy_pictures import PROCESSED, SHOT, noisy_photograph
from pictures import photograph


@pytest.mark.parametrize("sigma", [5, 15, 25, 50])
def test_the_mean_stays(shipped: str, sigma: float) -> None:
    for picture in (photograph(), data.coffee()[:256, :256]):
        noise = np.random.default_rng(3).normal(0, sigma, picture.shape)
        noisy = (picture + noise).astype(np.float32)
        clean = pellucid.denoise(noisy, sigma=sigma, model=shipped)
        before, after = (x.mean(axis=(0, 1), dtype=float) for x in (noisy, clean))
        assert np.abs(after - before).max() < 0.001 * 255


@pytest.mark.parametrize("level", [2, 20, 128, 230, 253])
def test_the_mean_of_a_flat_picture_stays(shipped: str, level: float) -> None:
    noise = np.random.default_rng(4).normal(0, 25, (128, 128, 3))
    noisy = (level + noise - noise.mean(axis=(0, 1))).astype(np.float32)
    clean = pellucid.denoise(noisy, sigma=25, model=shipped)
    assert np.abs(clean.mean(axis=(0, 1), dtype=float) - level).max() < 0.001 * 255


def test_more_strength_changes_more(shipped: str) -> None:
    noisy = noisy_photograph(160, 160)
    grain = uniform_filter(noisy - photograph(160, 160) / np.float32(255), (2, 2, 0))
    coarse = (photograph(160, 160) / 255 + grain * (0.1 / grain.std())).astype(np.float32)
    for noise, picture in ((0.1, noisy), (SHOT, noisy), (PROCESSED, coarse)):
        distances = [
            np.square(
                pellucid.denoise(picture, sigma=noise, strength=s, model=shipped) - picture
            ).mean()
            for s in np.linspace(0, 1, 9)
        ]
        there = 7 if noise is PROCESSED else 9  # which is told stronger than it was measured
        assert (np.diff(distances[:there]) > 0).all(), (noise, distances)
        assert min(distances[there - 1 :]) > 0.99 * distances[there - 1], (noise, distances)


def test_more_sigma_changes_more_until_all_noise_is_off(shipped: str) -> None:
    noisy = noisy_photograph(160, 160)
    distances = [
        np.square(pellucid.denoise(noisy, sigma=sigma, model=shipped) - noisy).mean()
        for sigma in np.geomspace(0.005, 0.3, 9)
    ]
    there = 7  # of these sigmas are below that of the noise
    assert (np.diff(distances[:there]) > 0).all(), distances
    assert min(distances[there:]) > 0.95 * distances[there - 1], distances


@pytest.mark.parametrize("fixture", ["tiny_denoiser", "shipped"])
def test_a_little_strength_changes_a_little(request: pytest.FixtureRequest, fixture: str) -> None:
    model = request.getfixturevalue(fixture)
    noisy = noisy_photograph()
    for strength in (1e-6, 1e-3, 0.1):
        for noise in (0.1, PROCESSED):
            clean = pellucid.denoise(noisy, sigma=noise, strength=strength, model=model)
            assert np.abs(clean - noisy).max() <= 6 * strength * 0.1 + 1e-6
        clean = pellucid.denoise(noisy, sigma=SHOT, strength=strength, model=model)
        deviation = np.sqrt(SHOT.slope * np.maximum(noisy, 0) + SHOT.offset)
        assert (np.abs(clean - noisy) <= 8 * strength * deviation + 1e-6).all()


@pytest.mark.parametrize("sigma", [5, 25, 75])
def test_noise_is_taken_off(shipped: str, sigma: float) -> None:
    clean = photograph()
    noise = np.random.default_rng(5).normal(0, sigma, clean.shape)
    noisy = (clean + noise).astype(np.float32)
    gain = {5: 2.5, 25: 7, 75: 11}[sigma]
    told = pellucid.denoise(noisy, sigma=sigma, model=shipped)
    assert error_db(clean, told) > error_db(clean, noisy) + gain
    measured = pellucid.denoise(noisy, model=shipped)
    assert error_db(clean, measured) > error_db(clean, told) - 0.3


def error_db(clean: np.ndarray, other: np.ndarray) -> float:
    """PSNR, nothing clipped."""
    return float(-10 * np.log10(np.square(other - clean.astype(float)).mean() / 255**2))


def test_noise_is_taken_off_floats_outside_0_to_1(shipped: str) -> None:
    clean = photograph(96, 104) / 255 * 8 - 3
    noise = np.random.default_rng(6).normal(0, 0.8, clean.shape)
    result = pellucid.denoise((clean + noise).astype(np.float32), sigma=0.8, model=shipped)
    assert np.square(result - clean).mean() < np.square(0.8) / 4


@pytest.mark.parametrize("size", [(17, 17), (1, 257), (255, 1), (255, 257)])
def test_flat_pictures_get_flatter_up_to_their_edges(shipped: str, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).normal(0, 25, (*size, 3))
    clean = pellucid.denoise((128 + noise).astype(np.float32), sigma=25, model=shipped) - 128
    # one line is mirrored to eight alike ones, which the network takes for stripes
    left = 0.5 if min(size) > 1 else 0.65
    assert clean.std() < left * noise.std()
    edges = [part.std() for part in (clean[0], clean[-1], clean[:, 0], clean[:, -1])]
    assert max(edges) < (15 if min(size) > 1 else 20)


def test_grey_is_one_channel_of_grey_colour(shipped: str) -> None:
    noisy = noisy_photograph()[..., :1]
    grey = pellucid.denoise(noisy, sigma=0.1, model=shipped)
    colour = pellucid.denoise(np.repeat(noisy, 3, axis=2), sigma=0.1, model=shipped)
    assert np.abs(colour.mean(axis=2, keepdims=True) - grey).max() < 1e-5
    assert np.array_equal(pellucid.denoise(noisy[..., 0], sigma=0.1, model=shipped), grey[..., 0])


@pytest.mark.parametrize(("sigma", "told"), [(5, 15), (10, 25), (15, 45)])
def test_told_too_much_noise_m_neither_shifts_colours_nor_spoils(sigma: int, told: int) -> None:
    picture = photograph().astype(np.float32)
    noisy = picture + np.random.default_rng(6).normal(0, sigma, picture.shape).astype(np.float32)
    clean = pellucid.denoise(noisy, sigma=told, model="m")
    assert np.abs(clean.mean(axis=(0, 1)) - noisy.mean(axis=(0, 1))).max() < 0.002 * 255
    assert np.square(clean - picture).mean() < 0.6 * np.square(noisy - picture).mean()
