"""One contract for every codec of the bench; a new adapter is tested by being registered."""

from __future__ import annotations

import os
import re
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from pellucid.errors import MissingExtraError, OptionError
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import is_own, kind_of
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.runtime.session import THREADS_VARIABLE

OTHERS = list(LOSSY.others)
OWN = [name for name in LOSSY.makers if is_own(name)]


def round_trip(peer, picture, setting):
    return peer.decode(peer.encode(picture, setting), kind_of(picture))


@pytest.fixture(params=OTHERS)
def peer(request):
    try:
        return LOSSY.make(request.param, threads=2)
    except MissingExtraError as error:
        pytest.skip(str(error))


def test_settings_rise_in_size_and_quality(peer, picture):
    assert 5 <= len(peer.settings) <= 7
    files = [peer.encode(picture, setting) for setting in peer.settings]
    sizes = [len(data) for (data,) in files]
    assert sizes == sorted(set(sizes))
    qualities = [psnr(picture, peer.decode(data, kind_of(picture))) for data in files]
    assert qualities[-1] > max(30, qualities[0] + 3)


@pytest.mark.parametrize("size", [(96, 128), (33, 47), (64, 16)])
def test_shape_and_type_survive(peer, picture, size):
    source = np.ascontiguousarray(picture[: size[0], : size[1]])
    (data,) = peer.encode(source, peer.settings[-1])
    decoded = peer.decode((data,), kind_of(source))
    assert isinstance(data, bytes)
    assert decoded.shape == source.shape
    assert decoded.dtype == np.uint8


def test_channels_keep_their_order(peer):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 250
    decoded = round_trip(peer, red, peer.settings[-1]).astype(int)
    assert np.abs(decoded - red).mean() < 12


def test_a_peer_says_what_it_is(peer):
    assert LOSSY.makers[peer.name]
    assert peer.name in LOSSY.labels
    assert any(digit.isdigit() for digit in peer.version)
    assert "thread" in peer.threading


def test_one_thread_does_as_well_as_two(peer, picture):
    alone, setting = LOSSY.make(peer.name, threads=1), peer.settings[-1]
    by_one = psnr(picture, round_trip(alone, picture, setting))
    assert by_one == pytest.approx(psnr(picture, round_trip(peer, picture, setting)), abs=0.5)


def test_groups():
    assert LOSSY.expand(["jpeg", "webp", "jpeg444"]) == ("jpeg420", "jpeg444", "webp")
    assert LOSSY.expand(["all"]) == tuple(OTHERS)
    assert LOSSY.expand(["none"]) == ()
    assert all(member in LOSSY.makers for group in LOSSY.groups.values() for member in group)
    with pytest.raises(OptionError, match="'bpg'; there are: all"):
        LOSSY.expand(["bpg"])


def test_a_missing_library_leaves_its_codec_out_and_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    found, missing = LOSSY.load(["jpeg420", "jxl", "heic_psnr"], threads=1)
    assert [peer.name for peer in found] == ["jpeg420"]
    assert "pip install 'pellucid[bench]'" in missing["jxl"]
    assert missing["heic_psnr"].startswith("pillow-heif is not installed")


def test_wrong_names_and_threads():
    with pytest.raises(OptionError, match="no codec called 'x'"):
        LOSSY.load(["x"], threads=1)
    with pytest.raises(OptionError, match="at least 1, got 0"):
        LOSSY.make("webp", threads=0)


asked: list[tuple[int, str]] = []  # effort and whether to denoise


class FakePellucid(ModuleType):
    """Stands in for the package: raw samples behind four bytes; knows model m only."""

    __version__ = "9.9"

    def compress(self, image, *, quality, model, tune, effort, denoise):
        if (model, tune) != ("m", "psnr"):
            raise OptionError(f"there is no model {model!r}; installed: m")
        height, width, _ = image.shape
        asked.append((effort, denoise))
        return height.to_bytes(2) + width.to_bytes(2) + image.tobytes() + bytes(quality)

    def decompress(self, data):
        height, width = int.from_bytes(data[:2]), int.from_bytes(data[2:4])
        return np.frombuffer(data[4 : 4 + 3 * height * width], np.uint8).reshape(height, width, 3)

    def info(self, data):
        return SimpleNamespace(model_id="beef")


def test_pellucid_goes_through_its_public_api(monkeypatch, picture):
    monkeypatch.setitem(sys.modules, "pellucid", FakePellucid("pellucid"))
    monkeypatch.setenv(THREADS_VARIABLE, "7")
    found, missing = LOSSY.load(OWN, threads=2)
    (peer,) = found
    assert peer.name == "pellucid-m"
    assert re.fullmatch(r"pellucid 9\.9, model beef, probe [0-9a-f]{8}", peer.version)
    assert missing == {"pellucid-s": "there is no model 's'; installed: m"}
    assert np.array_equal(round_trip(peer, picture, 30), picture)
    assert os.environ[THREADS_VARIABLE] == "2"
    assert set(asked) == {(0, "off")}
    ((refining,), _) = LOSSY.load(["pellucid-m-e4"], threads=2)
    assert refining.name == "pellucid-m-e4"
    assert asked[-1] == (4, "off")
    ((joint,), _) = LOSSY.load(["pellucid-m-joint"], threads=2)
    assert joint.name == "pellucid-m-joint"
    assert asked[-1] == (0, "auto")
    assert joint.version != peer.version
    joint.encode(picture, 30)
    assert asked[-1] == (0, "auto")


def test_tables_list_the_tunings_and_efforts_of_a_model_behind_it() -> None:
    names = ["webp", "pellucid-m-eye-e4", "pellucid-s", "pellucid-m-eye", "pellucid-m", "other"]
    wanted = ["other", "pellucid-m", "pellucid-m-eye", "pellucid-m-eye-e4", "pellucid-s", "webp"]
    assert LOSSY.in_order(names) == wanted
    assert LOSSY.label("pellucid-m-eye") == "pellucid m-eye"
