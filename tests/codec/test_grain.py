"""Grain: as the specification says, the same in parts as in the whole, as strong as the model."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt

import numpy as np
import pytest

import pellucid
from fuzz.fuzz_reader import with_noise
from pellucid.bitstream import NoiseModel, PelFile
from pellucid.codec.grain import WHOLE, deviates, factors, fields, with_grain
from pellucid.errors import DamagedFileError, OptionError, UnsupportedError
from pellucid.pixels import Box
from pellucid.pixels.reduced import reduce
from pictures import photograph

CURVES = ((40, 80, 160, 200), (90, 60, 0, 30), (7, 255, 255, 7))
MODEL = NoiseModel(5, 0, 0, 123456789, 16, 235, CURVES)
COARSE = replace(MODEL, shape=140, shared=100)
GREY = NoiseModel(9, 90, 0, 7, -1000, 30000, ((20, 250),))


def specified(model: NoiseModel, c: int, y: int, x: int, v: int, g: int = 256) -> int:
    """Section 18 of docs/format.md, word for word, before the sample is clipped."""

    def b(stream: int, row: int, column: int) -> int:
        z = (stream * 2**56 + (row + 3) * 2**28 + column + 3) * 0x9E3779B97F4A7C15
        z = (z + model.seed * 2**32) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return sum((z ^ z >> 31).to_bytes(8, "little")) - 1020

    def u(row: int, column: int) -> int:
        if not model.shared:
            return b(c, row, column)
        own, both = isqrt((256 - model.shared) * 2**16), isqrt(model.shared * 2**16)
        return (own * b(c, row, column) + both * b(3, row, column) + 2**11) >> 12

    a = model.shape
    t = (256, a, a**4 // 2**24, a**9 // 2**64)
    around = range(-3, 4)
    d = [(sum(t[abs(j)] * u(y + j, x + i) for j in around) + 128) >> 8 for i in around]
    e = (sum(t[abs(i)] * d[i + 3] for i in around) + 128) >> 8
    n = t[0] ** 2 + 2 * (t[1] ** 2 + t[2] ** 2 + t[3] ** 2)
    span, s = model.high - model.low, model.strengths[c]
    i = (512 * (min(max(v, model.low), model.high) - model.low) + span) // (2 * span)
    k = min(i * (len(s) - 1) // 256, len(s) - 2)
    f = i * (len(s) - 1) - 256 * k
    variance = (256 - f) * s[k] ** 2 + f * s[k + 1] ** 2
    factor = isqrt(variance * 2 ** (2 * model.scale + 56) // (43690 * n**2)) * g // 256
    return v + ((factor * e + 2**23) >> 24)


@pytest.mark.parametrize("model", [MODEL, COARSE, replace(COARSE, shape=255, scale=16)])
@pytest.mark.parametrize("corner", [(0, 0), (4093, 77), (2**24 - 4, 2**24 - 5)])
def test_grain_is_that_of_the_specification(model: NoiseModel, corner: tuple[int, int]) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    box = Box(*corner, 4, 5)
    found = with_grain(samples, model, factors(model, samples.dtype, 77), box)
    for (row, column, c), sample in np.ndenumerate(found):
        v = int(samples[row, column, c])
        expected = specified(model, c, corner[0] + row, corner[1] + column, v, 77)
        assert sample == min(max(expected, 0), 255)


def test_grain_of_signed_samples_of_16_bits() -> None:
    samples = np.random.default_rng(0).integers(-32768, 32768, (6, 7, 1)).astype(np.int16)
    found = with_grain(samples, GREY, factors(GREY, samples.dtype, WHOLE), Box(9, 8, 6, 7))
    for (row, column, _), sample in np.ndenumerate(found):
        expected = specified(GREY, 0, 9 + row, 8 + column, int(samples[row, column, 0]))
        assert sample == min(max(expected, -32768), 32767)


@pytest.mark.parametrize("model", [MODEL, COARSE])
def test_grain_has_the_strength_and_shape_of_its_model(model: NoiseModel) -> None:
    for k, level in enumerate(model.levels):
        samples = np.full((256, 256, 3), round(level), np.int16)
        grainy = with_grain(
            samples, model, factors(model, samples.dtype, WHOLE), Box(7, 5, 256, 256)
        )
        for c, grain in enumerate(np.moveaxis(grainy - float(round(level)), 2, 0)):
            expected = np.hypot(model.sigma[c][k], 12**-0.5)  # rounding
            if model.sigma[c][k]:
                assert grain.std() == pytest.approx(expected, rel=0.03)
                assert abs(grain.mean()) < expected / 20
            else:
                assert grain.std() < 1  # the level is rounded


def test_neighbours_and_channels_agree_as_said() -> None:
    for model in (MODEL, COARSE, replace(COARSE, shape=255, shared=255)):
        made = np.stack(fields(model, Box(100, 200, 300, 300))).astype(np.float64)
        for one, other in ((made[:, 1:], made[:, :-1]), (made[..., 1:], made[..., :-1])):
            found = np.corrcoef(one.ravel(), other.ravel())[0, 1]
            assert found == pytest.approx(model.correlation, abs=0.02)
        between = np.corrcoef(made.reshape(3, -1))[np.triu_indices(3, 1)]
        np.testing.assert_allclose(between, model.shared / 256, atol=0.04)


def test_deviates_are_nearly_normal_and_depend_on_the_seed() -> None:
    one, other = (deviates(seed, 0, Box(0, 0, 400, 400)) for seed in (1, 2))
    assert np.abs(one).max() <= 1020
    share = [(np.abs(one) < k * 43690**0.5).mean() for k in (1, 2, 3)]
    np.testing.assert_allclose(share, [0.683, 0.954, 0.997], atol=0.012)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.01


@pytest.mark.parametrize("alpha", [False, True])
def test_a_file_with_grain(alpha: bool) -> None:
    """In a region it is that of the whole, and alpha gets none; tiles don't matter."""
    picture = photograph(150, 170)
    if alpha:
        picture = np.dstack(
            [picture, np.arange(170, dtype=np.uint8) + np.zeros_like(picture[..., 0])]
        )
    data = with_noise(pellucid.compress(picture, lossless=True, tile=64), COARSE)
    np.testing.assert_array_equal(pellucid.decompress(data), picture)
    whole = pellucid.decompress(data, grain=1)
    tables = factors(COARSE, picture.dtype, WHOLE)
    np.testing.assert_array_equal(
        whole, with_grain(picture, COARSE, tables, Box.whole(whole.shape))
    )
    assert (whole[..., :3] != picture[..., :3]).mean() > 0.5
    part = pellucid.decompress(data, grain=1, region=(50, 60, 33, 70))
    np.testing.assert_array_equal(part, whole[60:130, 50:83])
    small = pellucid.decompress(data, grain=1, scale=4)
    np.testing.assert_array_equal(small, reduce(whole, 4, alpha=alpha))
    np.testing.assert_array_equal(pellucid.salvage(data, grain=1).picture, whole)


def test_half_the_grain_is_half_as_strong() -> None:
    picture = photograph(96, 96) // 2 + 60
    weak = replace(MODEL, scale=3)  # so that nothing is clipped
    data = with_noise(pellucid.compress(picture, lossless=True), weak)
    all_of_it, half = (pellucid.decompress(data, grain=g) - picture.astype(float) for g in (1, 0.5))
    np.testing.assert_allclose(half, all_of_it / 2, atol=1.01)


def test_lines_along_the_edges_get_none(tiny_installed: str) -> None:
    picture = photograph(100, 90) // 2 + 60
    picture[:3], picture[:, 85:] = 0, 0
    data = with_noise(pellucid.compress(picture, quality=50, model=tiny_installed), MODEL)
    assert PelFile.parse(data).edges is not None
    grainy = pellucid.decompress(data, grain=1)
    assert not grainy[:3].any()
    assert not grainy[:, 85:].any()
    assert (grainy != pellucid.decompress(data))[3:, :85].mean() > 0.5


def test_without_a_noise_model_grain_is_refused() -> None:
    data = pellucid.compress(photograph(20, 20), lossless=True)
    with pytest.raises(OptionError, match="compressed without denoise"):
        pellucid.decompress(data, grain=0.5)


@pytest.mark.parametrize("grain", [-0.1, 1.5, float("nan"), True, "all", None])
def test_other_strengths_are_refused(grain: object) -> None:
    with pytest.raises(OptionError, match="grain is"):
        pellucid.DecompressOptions(grain=grain)  # type: ignore[arg-type]


def test_a_broken_noise_model_matters_to_grain_alone() -> None:
    picture = photograph(40, 50)
    data = pellucid.compress(picture, lossless=True)
    broken, newer = with_noise(data, MODEL.pack()[:-1]), with_noise(data, b"\2" + bytes(60))
    for file, error, said in (
        (broken, DamagedFileError, "nois holds 28 bytes, not 29; decode without grain"),
        (newer, UnsupportedError, "nois has version 2, not 1: decode without grain"),
    ):
        np.testing.assert_array_equal(pellucid.decompress(file), picture)
        assert pellucid.info(file).noise is None
        with pytest.raises(error, match=said):
            pellucid.decompress(file, grain=1)
    assert any("nois" in message for message in pellucid.verify(broken).messages)
    assert pellucid.verify(newer).sound
