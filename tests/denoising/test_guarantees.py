"""What `denoise` promises whatever the picture and the model: most of it with random weights."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from noisy_pictures import (
    PROCESSED,
    SHOT,
    TYPES,
    Noise,
    as_type,
    bits,
    noisy_photograph,
    scaled,
    white_of,
)
from pellucid import NoiseEstimate
from pellucid.denoising.remove import denoise_array
from pellucid.runtime import DenoiserModel, load_denoiser

SIDES = [*range(1, 10), 17, 255, 257]


# Where nothing is to be done, nothing is


@pytest.mark.parametrize("name", TYPES)
def test_strength_0_and_sigma_0_change_no_bit(tiny_denoiser: str, name: str) -> None:
    noisy = as_type(noisy_photograph(), name)
    if noisy.dtype.kind == "f":
        noisy[3, 4], noisy[5, 6, 0], noisy[7, 8] = np.nan, -np.inf, -0.0
    nothing = np.zeros(noisy.shape[:2])
    for options in (
        {"strength": 0},
        {"sigma": 0},
        {"sigma": nothing},
        {"sigma": 0.1, "strength": 0.0},
        {"sigma": SHOT, "strength": 0},
        {"sigma": 0.1, "mask": nothing},
    ):
        before = noisy.copy()
        clean = pellucid.denoise(noisy, model=tiny_denoiser, **options)
        assert clean.dtype == noisy.dtype
        assert bits(clean) == bits(noisy) == bits(before)
        assert not np.shares_memory(clean, noisy)


@pytest.mark.parametrize("noise", [SHOT, PROCESSED, 0.1], ids=["shot", "processed", "white"])
@pytest.mark.parametrize("name", ["uint8", "float32"])
def test_half_a_map_changes_the_other_half_nowhere(
    tiny_denoiser: str, noise: Noise, name: str
) -> None:
    noisy = as_type(noisy_photograph(96, 200), name)
    noise = scaled(noise, white_of(noisy))
    mask = np.zeros((96, 200), bool)
    mask[:, 100:] = True
    half = pellucid.denoise(noisy, sigma=noise, mask=mask, model=tiny_denoiser)
    whole = pellucid.denoise(noisy, sigma=noise, model=tiny_denoiser)
    assert bits(half[:, :100]) == bits(noisy[:, :100])
    reach = load_denoiser(tiny_denoiser).reach
    assert 100 + reach < 200
    assert np.array_equal(half[:, 100 + reach :], whole[:, 100 + reach :])
    assert not np.array_equal(whole[:, :100], noisy[:, :100])


def test_samples_without_a_mask_teach_those_with_one(tiny_denoiser: str) -> None:
    noisy = noisy_photograph()
    mask = np.zeros(noisy.shape[:2])
    mask[40, 50] = 0.5
    clean = pellucid.denoise(noisy, sigma=0.1, mask=mask, model=tiny_denoiser)
    assert np.array_equal((clean != noisy).any(axis=2), mask > 0)


def test_dark_samples_stay_where_a_line_says_that_they_have_no_noise(tiny_denoiser: str) -> None:
    noisy = noisy_photograph(sigma=0.02).clip(0)
    noisy[20:60, 30:70] /= 50
    line = NoiseEstimate(0.02, (0.02,) * 3, 0.0015, -0.0003, 0.0, None)  # none at all below 0.2
    clean = pellucid.denoise(noisy, sigma=line, model=tiny_denoiser)
    dark = (slice(20, 60), slice(30, 70))
    assert np.abs(clean - noisy)[dark].max() < 4.01 * 0.2 * 0.02 + 0.0015, "a share of a sigma"
    assert np.abs(clean - noisy).max() > 0.02


# A number is a map, and the unit is the picture's


@pytest.mark.parametrize("name", TYPES)
def test_a_constant_map_is_a_number(tiny_denoiser: str, name: str) -> None:
    noisy = as_type(noisy_photograph(), name)
    sigma = 0.1 * white_of(noisy)
    one = pellucid.denoise(noisy, sigma=sigma, model=tiny_denoiser)
    constant = np.full(noisy.shape[:2], sigma)
    assert np.array_equal(pellucid.denoise(noisy, sigma=constant, model=tiny_denoiser), one)
    half = pellucid.denoise(noisy, sigma=sigma, strength=0.5, model=tiny_denoiser)
    for mask in (np.full(noisy.shape[:2], 0.5), np.full(noisy.shape[:2], 0.5, np.float16)):
        masked = pellucid.denoise(noisy, sigma=sigma, mask=mask, model=tiny_denoiser)
        assert np.array_equal(masked, half)
    all_of_it = np.full(noisy.shape[:2], 255, np.uint8)
    masked = pellucid.denoise(noisy, sigma=sigma, mask=all_of_it, model=tiny_denoiser)
    assert np.array_equal(masked, one)
    assert not np.array_equal(half, one)


@pytest.mark.parametrize("factor", [1e-30, 1 / 255, 0.3, 4, 65535, 1e30])
def test_scaling_picture_and_sigma_scales_the_result(tiny_denoiser: str, factor: float) -> None:
    noisy = noisy_photograph()
    one = pellucid.denoise(noisy, sigma=0.1, model=tiny_denoiser)
    for dtype in (np.float32, np.float64):
        larger = noisy.astype(dtype) * dtype(factor)
        other = pellucid.denoise(larger, sigma=0.1 * factor, model=tiny_denoiser)
        assert np.abs(other / factor - one).max() < 1e-5
    curve = pellucid.denoise(noisy, sigma=SHOT, model=tiny_denoiser)
    shot = scaled(SHOT, factor)
    other = pellucid.denoise(noisy.astype(np.float64) * factor, sigma=shot, model=tiny_denoiser)
    assert np.abs(other / factor - curve).max() < 1e-5


def test_types_agree(tiny_denoiser: str) -> None:
    noisy = as_type(noisy_photograph(), "uint8")
    eight = pellucid.denoise(noisy, sigma=25, model=tiny_denoiser)
    sixteen = pellucid.denoise(noisy * np.uint16(257), sigma=25 * 257, model=tiny_denoiser)
    floats = pellucid.denoise(noisy / np.float32(255), sigma=25 / 255, model=tiny_denoiser)
    shown = floats.clip(0, 1)
    assert np.abs(shown * 255 - eight).max() <= 0.5 + 1e-3
    assert np.abs(shown * 65535 - sixteen).max() <= 0.5 + 0.2
    assert len(np.unique(sixteen)) > 5000, "16 bits are used, not 8"
    signed = pellucid.denoise(
        (noisy * 100.0 - 9000).astype(np.int16), sigma=2500, model=tiny_denoiser
    )
    assert signed.dtype == np.int16
    assert signed.min() < -1000 < 1000 < signed.max()
    negative = pellucid.denoise(noisy.astype(np.int16) - 200, sigma=25, model=tiny_denoiser)
    plain = pellucid.denoise(noisy - np.float32(200), sigma=25, model=tiny_denoiser)
    assert np.abs(negative - plain).max() <= 0.5 + 1e-3, "signed samples as floats"
    swapped = pellucid.denoise(noisy.astype(">u2"), sigma=25, model=tiny_denoiser)
    assert swapped.dtype == np.dtype(">u2")
    assert np.array_equal(swapped.clip(0, 255), eight)


def test_floats_outside_0_to_1_are_not_clipped(tiny_denoiser: str) -> None:
    noisy = noisy_photograph() * 8 - 3
    clean = pellucid.denoise(noisy, sigma=0.8, model=tiny_denoiser)
    assert clean.min() < -2
    assert clean.max() > 4


# Any size, any channels


@pytest.mark.parametrize("side", SIDES)
def test_any_size(tiny_denoiser: str, side: int) -> None:
    picture = noisy_photograph(257, 257)
    for shape in ((side, side), (1, side), (side, 1), (side, 19)):
        noisy = np.ascontiguousarray(picture[: shape[0], : shape[1]])
        for samples in (noisy, noisy[..., 0], noisy[..., :1], as_type(noisy, "uint8")):
            clean = pellucid.denoise(samples, sigma=0.1 * white_of(samples), model=tiny_denoiser)
            assert (clean.shape, clean.dtype) == (samples.shape, samples.dtype)
            assert np.isfinite(clean).all()
            assert not np.array_equal(clean, samples)
        auto = pellucid.denoise(noisy, model=tiny_denoiser)
        assert auto.shape == noisy.shape


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("name", ["uint8", "uint16", "float32"])
def test_alpha_is_kept_and_what_it_hides_too(tiny_denoiser: str, name: str, colours: int) -> None:
    noisy = as_type(noisy_photograph()[..., :colours], name)
    alpha = np.random.default_rng(2).random(noisy.shape[:2])
    alpha[20:40, 30:50] = 0
    samples = np.dstack([noisy, as_type(alpha, name)])
    sigma = 0.1 * white_of(noisy)
    clean = pellucid.denoise(samples, sigma=sigma, model=tiny_denoiser)
    assert clean.shape == samples.shape
    assert bits(clean[..., -1]) == bits(samples[..., -1])
    assert bits(clean[20:40, 30:50]) == bits(samples[20:40, 30:50])
    without = pellucid.denoise(noisy, sigma=sigma, model=tiny_denoiser)
    same = (clean[..., :-1] == without).all(axis=2) | (samples[..., -1] == 0)
    assert same.mean() > 0.6, "far from what is hidden alpha changes nothing"
    samples[..., -1] = 1
    assert pellucid.noise_level(samples) == pellucid.noise_level(noisy), "where all can be seen"


# Samples that are no numbers


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_no_numbers_are_kept_and_reported(tiny_denoiser: str, name: str, value: float) -> None:
    noisy = as_type(noisy_photograph(), name)
    broken = noisy.copy()
    broken[10, 20, 1] = broken[90, 100] = value
    for sigma in ("auto", 0.1, SHOT):
        with pytest.warns(UserWarning, match=r"^4 samples are not finite"):
            clean = pellucid.denoise(broken, sigma=sigma, model=tiny_denoiser)
        assert np.array_equal(clean[10, 20], broken[10, 20], equal_nan=True)
        assert np.array_equal(clean[90, 100], broken[90, 100], equal_nan=True)
        assert (~np.isfinite(clean)).sum() == (~np.isfinite(broken)).sum()
    whole = pellucid.denoise(noisy, sigma=SHOT, model=tiny_denoiser)
    assert np.abs(clean.astype(float) - whole)[30:46, 64:80].max() < 0.01, (
        "far from them all is well"
    )


def test_nothing_but_no_numbers(tiny_denoiser: str) -> None:
    broken = np.full((20, 30), np.nan, np.float32)
    assert pellucid.noise_level(broken).sigma == 0
    with pytest.warns(UserWarning, match="600 samples"):
        assert np.isnan(pellucid.denoise(broken, sigma=1, model=tiny_denoiser)).all()


# Windows and threads change nothing


@pytest.mark.parametrize("name", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("noise", [SHOT, PROCESSED, 0.1], ids=["shot", "processed", "white"])
def test_windows_leave_no_seams(tiny_denoiser: str, noise: Noise, name: str) -> None:
    check_windows(tiny_denoiser, noise, name)


def test_windows_of_the_shipped_denoiser_leave_no_seams(shipped: str) -> None:
    check_windows(shipped, 0.1, "float32", windows=(64,))
    check_windows(shipped, 0.1, "uint16", windows=(128,))


def check_windows(
    model: str, noise: Noise, name: str, *, windows: tuple[int, ...] = (8, 64)
) -> None:
    noisy = as_type(noisy_photograph(137, 203), name)
    noise = scaled(noise, white_of(noisy))
    net = load_denoiser(model)
    whole = denoise_array(noisy, noise, 1.0, net)
    for window in windows:
        tiled = denoise_array(noisy, noise, 1.0, net, window=window).astype(float)
        step = 1 / 65535 if noisy.dtype.kind == "f" else 1
        assert np.abs(tiled - whole).max() <= step


@pytest.mark.parametrize("fixture", ["tiny_denoiser", "shipped"])
def test_threads_change_rounding_at_most(request: pytest.FixtureRequest, fixture: str) -> None:
    folder = load_denoiser(request.getfixturevalue(fixture)).folder
    noisy = noisy_photograph(120, 136)
    one, two = (
        denoise_array(noisy, 0.1, 1.0, DenoiserModel(folder, threads=threads)) for threads in (1, 2)
    )
    assert np.abs(one - two).max() < 1e-6
    again = denoise_array(noisy, 0.1, 1.0, DenoiserModel(folder, threads=2))
    assert bits(two) == bits(again)
