"""One contract for every codec of `bench lossless`; a new adapter is tested by being registered."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from pellucid.errors import MissingExtraError, OptionError
from pellucid.evaluate.peers.base import in_parts, kind_of
from pellucid.evaluate.peers.exact import EXACT, OWN

KINDS = [
    (dtype, channels) for dtype in ("uint8", "uint16", "int16") for channels in (1, 2, 3, 4, 5)
]
# What must be taken: an adapter that refused everything would fulfil the rest.
TAKEN = {
    "png": {("uint8", n) for n in (1, 2, 3, 4, 5)} | {("uint16", n) for n in (1, 3, 5)},
    "webp": {("uint8", 3), ("uint8", 4)},
    "jxl": {(dtype, n) for dtype, n in KINDS if dtype != "int16"},
    "jpegls": {(dtype, n) for dtype, n in KINDS if dtype != "int16"},
    "pellucid-apart": {(dtype, n) for dtype, n in KINDS if n > 1},
}


@pytest.fixture(scope="module", params=list(EXACT.makers))
def codec(request):
    try:
        return EXACT.make(request.param, 2)
    except MissingExtraError as error:
        pytest.skip(str(error))


def samples_of(dtype: str, channels: int) -> np.ndarray:
    """21 x 34: a walk along the rows over the whole range of the type; a corner transparent."""
    limits = np.iinfo(dtype)
    steps = np.random.default_rng(channels).normal(0, (limits.max - limits.min) / 50, (21, 34))
    walk = np.cumsum(steps, axis=1)[..., None] + np.arange(channels) * 3
    picture = np.clip(walk + (limits.max + limits.min) / 2, limits.min, limits.max).astype(dtype)
    if channels in (2, 4):
        picture[..., -1] = limits.max
        picture[:9, :9, -1] = 0
    return picture


@pytest.mark.parametrize(("dtype", "channels"), KINDS)
def test_samples_come_back_within_the_bound_or_are_refused(codec, dtype, channels):
    samples = samples_of(dtype, channels)
    kind = kind_of(samples)
    for bound in (0, 1, 4) if codec.bounded else (0,):
        if why := codec.refuses(kind, bound):
            assert (dtype, channels) not in TAKEN.get(codec.name, set(KINDS)), why
            assert dtype in why or "channel" in why or "band" in why
            return
        files = codec.encode(samples, bound)
        assert all(type(file) is bytes for file in files)
        assert len(files) in (1, channels)
        back = codec.decode(files, kind)
        assert (back.shape, back.dtype) == (samples.shape, samples.dtype)
        assert np.abs(back.astype(int) - samples).max() <= bound


def test_a_codec_says_what_it_is(codec):
    assert EXACT.makers[codec.name]
    assert codec.name in EXACT.labels
    assert any(digit.isdigit() for digit in codec.version)
    assert "thread" in codec.threading


@pytest.mark.parametrize("name", ["pellucid", "pellucid-apart", "jpegls", "lerc", "lerc_zstd"])
def test_a_bound_makes_files_smaller(name):
    pytest.importorskip("imagecodecs")
    (codec,), _ = EXACT.load([name], 1)
    assert codec.bounded
    samples = samples_of("uint16", 3)
    exact, rough = (sum(map(len, codec.encode(samples, bound))) for bound in (0, 200))
    assert rough < exact


def test_limits_of_formats():
    pytest.importorskip("imagecodecs")
    (jpegls, webp), missing = EXACT.load(["jpegls", "webp"], 1)
    assert not missing
    assert "up to 127, not 128" in jpegls.refuses(kind_of(samples_of("uint8", 3)), 128)
    assert "up to 255, not 256" in jpegls.refuses(kind_of(samples_of("uint16", 3)), 256)
    assert "16383" in webp.refuses(kind_of(np.zeros((1, 16384, 3), np.uint8)), 0)


def test_names():
    assert set(EXACT.expand(["all"])) == set(EXACT.makers) - set(OWN)
    assert EXACT.expand(["none"]) == ()
    assert EXACT.expand(["png", "png", "zstd"]) == ("png", "zstd")
    with pytest.raises(OptionError, match="'flif'; there are: all, none, png"):
        EXACT.expand(["flif"])
    with pytest.raises(OptionError, match="at least 1, got 0"):
        EXACT.make("png", 0)


def test_a_missing_library_leaves_its_codec_out_and_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    found, missing = EXACT.load(["png", "jxl", "zstd"], 1)
    assert [codec.name for codec in found] == ["png"]
    assert "pip install 'pellucid[bench]'" in missing["jxl"]
    assert set(missing) == {"jxl", "zstd"}


def test_a_picture_of_another_shape_is_no_result():
    samples = samples_of("uint8", 3)
    codec = in_parts(lambda _part, _bound: b"", lambda _file, _kind: samples.transpose(1, 0, 2))
    with pytest.raises(ValueError, match=r"decoded to \(34, 21, 3\), source is \(21, 34, 3\)"):
        codec["decode"]((b"",), kind_of(samples))
