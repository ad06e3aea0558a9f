"""More than four channels: bands that are alike help each other, whatever their units."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.denoising.bands import groups_of, likeness_of

RNG = np.random.default_rng(8)


def scene(channels: int, size: int = 96) -> np.ndarray:
    """Bands (size, size, channels) of about 0.1-0.9 that share most."""
    y, x = np.mgrid[:size, :size] / size
    shared = 0.5 + 0.4 * np.sin(9 * x) * np.cos(7 * y) * ((x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.1)
    own = [0.03 * np.sin((channel + 2) * 3 * x) for channel in range(channels)]
    return shared[..., None] + np.stack(own, axis=-1)


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
def test_bands_of_any_unit_get_cleaner_than_one_by_one(dtype: str) -> None:
    clean = 3000 + scene(7) * np.geomspace(200, 20000, 7)
    sigmas = 0.06 * np.geomspace(200, 20000, 7)
    noisy = (clean + RNG.normal(0, 1, clean.shape) * sigmas).astype(dtype)
    together = pellucid.denoise(noisy, model="s")
    apart = np.stack([pellucid.denoise(noisy[..., c], model="s") for c in range(7)], axis=-1)
    assert together.dtype == noisy.dtype
    assert together.shape == noisy.shape
    errors = [
        np.sqrt(((a - clean) ** 2).mean(axis=(0, 1))) / sigmas for a in (noisy, apart, together)
    ]
    assert (errors[2] < 0.7 * errors[0]).all()
    assert errors[2].mean() < errors[1].mean()


def test_none_of_five_is_alpha() -> None:
    noisy = scene(5) + RNG.normal(0, 0.05, (96, 96, 5))
    noisy[..., 4] -= 0.5  # of alpha this would hide much
    clean = pellucid.denoise(noisy.astype(np.float32), sigma=0.05, model="s")
    moved = np.abs(clean - noisy).mean(axis=(0, 1))
    assert (moved > 0.02).all()


def test_strength_mask_and_sigma_go_to_all_bands() -> None:
    noisy = (scene(5) * 4000 + RNG.normal(0, 200, (96, 96, 5))).astype(np.uint16)
    for options in ({"strength": 0}, {"sigma": 0}, {"mask": np.zeros((96, 96))}):
        assert np.array_equal(pellucid.denoise(noisy, model="s", **options), noisy)
    mask = np.zeros((96, 96))
    mask[:, 48:] = 1
    half = pellucid.denoise(noisy, model="s", mask=mask)
    assert np.array_equal(half[:, :48], noisy[:, :48])
    assert (half[:, 60:] != noisy[:, 60:]).mean() > 0.9


def test_floats_left_alone_keep_their_bits_and_holes_stay() -> None:
    noisy = (scene(6) + RNG.normal(0, 0.05, (96, 96, 6))).astype(np.float32)
    noisy[:9, :9] = np.nan
    noisy[..., 2] = 0.3
    with pytest.warns(UserWarning, match="not finite"):
        clean = pellucid.denoise(
            noisy, model="s", mask=np.pad(np.ones((50, 96)), ((0, 46), (0, 0)))
        )
    assert clean[50:].tobytes() == noisy[50:].tobytes()
    assert np.isnan(clean[:9, :9][..., [0, 1, 3, 4, 5]]).all()
    assert np.isfinite(clean[9:]).all()
    assert clean[..., 2].tobytes() == noisy[..., 2].tobytes()


def test_every_channel_is_kept_once_with_those_like_it() -> None:
    fields = RNG.normal(0, 1, (64, 64, 2))
    bands = fields[..., [0, 1, 0, 1, 0, 1, 0]] + RNG.normal(0, 0.1, (64, 64, 7))
    groups = groups_of(bands, list(range(7)), None)
    kept = [channel for channels, count in groups for channel in channels[:count]]
    assert sorted(kept) == list(range(7))
    assert all(len(channels) == 3 for channels, _ in groups)
    assert [count for _, count in groups] == [3, 3, 1]
    assert {channel % 2 for channel in groups[0][0] + groups[2][0]} == {0}
    assert {channel % 2 for channel in groups[1][0]} == {1}
    assert groups_of(bands, [1, 5], None) == [([1], 1), ([5], 1)]
    bands[..., 2] *= -1  # the opposite is not alike
    assert groups_of(bands, [0, 1, 2, 4], None)[0] == ([0], 1)


def test_likeness_of_flat_and_unknown_bands_is_nothing() -> None:
    bands = np.zeros((20, 20, 3))
    assert (likeness_of(bands, None) == 0).all()
    assert (likeness_of(np.full((20, 20, 3), np.nan), np.ones(3)) == 0).all()


def test_level_of_many_bands_looks_at_all() -> None:
    noisy = np.repeat(scene(1) * 1000, 6, axis=2) + RNG.normal(0, 1, (96, 96, 6)) * 40
    found = pellucid.noise_level(noisy.astype(np.float32))
    assert len(found.channel_sigma) == 6
    assert found.sigma == pytest.approx(40, rel=0.25)
