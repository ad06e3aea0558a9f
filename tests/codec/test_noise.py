"""Noise levels as an analysis is told them, and that its windows leave no seams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.bitstream import SampleRange
from pellucid.codec import Picture
from pellucid.codec.compress import analyse
from pellucid.codec.geometry import latents_of, to_blocks
from pellucid.codec.noise import NoiseLevel
from pellucid.codec.picture import look_at
from pellucid.pixels import Box
from pellucid.runtime import CodecModel
from pictures import photograph

LEVELS = st.floats(0, 200)


@given(LEVELS, st.floats(0, 5), st.floats(-100, 100), st.integers(0, 60_000), st.integers(1, 5000))
def test_levels_of_deep_samples_are_theirs_in_another_unit(
    sigma: float, slope: float, offset: float, low: int, span: int
) -> None:
    """At any brightness the standard deviation is the samples' times 255 over their range."""
    level = NoiseLevel(sigma, slope=slope, offset=offset)
    moved = level.in_levels(SampleRange(low, low + span))
    shown = np.linspace(0, 255, 6, dtype=np.float32)
    blocks = np.broadcast_to(shown, (1, 192, 1, 6))
    found = moved.maps(blocks)[0, 0, 0]
    samples = low + shown * span / 255
    variance = np.maximum(slope * samples + offset, sigma**2) if slope else sigma**2
    np.testing.assert_allclose(found, np.sqrt(variance) * 255 / span, rtol=2e-3, atol=1e-3)
    assert float(found.max()) <= moved.highest() * 1.001 + 1e-3


@given(LEVELS, st.floats(0, 5), st.floats(-100, 100), st.floats(0, 1))
def test_a_strength_scales_every_level(
    sigma: float, slope: float, offset: float, part: float
) -> None:
    level = NoiseLevel(sigma, slope=slope, offset=offset)
    blocks = np.random.default_rng(0).uniform(0, 255, (1, 192, 4, 5)).astype(np.float32)
    weaker = level.times(part).maps(blocks)
    np.testing.assert_allclose(weaker, part * level.maps(blocks), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("processed", [False, True])
def test_processed_noise_has_a_map_of_its_own(processed: bool) -> None:
    maps = NoiseLevel(7.0, processed).maps(np.zeros((1, 192, 2, 3), np.float32))
    assert (maps[0, int(processed)] == 7).all()
    assert not maps[0, int(not processed)].any()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_a_picture_knows_its_noise_in_levels(dtype: str) -> None:
    """Also one with lines at its edges, which is looked through on another way."""
    samples = photograph(64, 64).astype(dtype) * (1 if dtype == "uint8" else 100)
    for edged in (False, True):
        if edged:
            samples[:3] = 0
        picture = look_at(samples, alpha=False, noise=NoiseLevel(5.0))
        assert picture.noise is not None
        unit = 1.0 if picture.range is None else 255 / picture.range.span
        assert picture.noise.sigma == pytest.approx(5 * unit)


def test_windows_give_what_the_whole_picture_gives(
    tiny_denoising: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = CodecModel(tiny_denoising, threads=1)
    pixels = photograph(200, 270)
    noise = NoiseLevel(4.0, slope=0.5, offset=3.0)
    whole = Box(0, 0, 200, 270)
    level = noise.maps(to_blocks(np.pad(pixels, ((0, 56), (0, 50), (0, 0)), "edge")))
    scale = model.vector("analysis_scale", 70)
    blocks = to_blocks(np.pad(pixels, ((0, 56), (0, 50), (0, 0)), "edge"))
    (y,) = model.denoising_analysis(blocks=blocks, scale=scale, maps=level)
    y = y[0] * model.vector("gain", 70)[0]
    picture = Picture(pixels, noise=noise)
    for tile in (Box(64, 64, 64, 64), Box(0, 192, 128, 78), Box(128, 0, 72, 128)):
        found = analyse(picture.seen(), model, 70, tile, picture.noise)
        rows, columns = latents_of(tile).within(latents_of(whole))
        np.testing.assert_allclose(found, y[:, rows, columns], rtol=1e-3, atol=5e-3)
