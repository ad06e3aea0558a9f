"""Verbs of a batch: they pickle, do their work in any process, and name outputs and models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.cli import _verbs as verbs
from pellucid.errors import DamagedFileError, InputError, OptionError
from pellucid.exact import exact_model
from pellucid.pixels import open_image
from pellucid.scale.items import Verb
from verb_worker import work_elsewhere

EXACT = {"exact": exact_model()[1].hex()}
TO_DECODE = {
    "kind": None,
    "jpeg_quality": None,
    "metadata": True,
    "keep_going": False,
    "frame": None,
}
TO_DENOISE = {"sigma": "auto", "model": "s", "strength": 1.0}


def places(verb: Verb, *given: str) -> list[str]:
    assert verb.output is not None
    return [verb.output(place) for place in given]


def test_compress(photo, pixels) -> None:
    verb = verbs.verb_to_compress("--model s", model="s", quality=40)
    said = work_elsewhere(verb, photo, "out.pel")
    assert Path("out.pel").read_bytes() == pellucid.compress(photo, model="s", quality=40)
    assert said["fields"]["bytes"] == Path("out.pel").stat().st_size
    assert said["prints"] == {"s-eye": pellucid.models()["s-eye"], **EXACT}
    assert places(verb, "a.jpg", "d/a.png", "no_suffix") == [
        "a.jpg.pel",
        "d/a.png.pel",
        "no_suffix.pel",
    ]
    assert (verb.name, verb.words) == ("compress", "--model s")
    assert ".jpg" in verb.suffixes
    assert ".npy" not in verb.suffixes
    assert verb.pieces is not None
    result = pellucid.compress_to(photo, "again.pel", verb.pieces.options(Path(photo)))
    assert verb.pieces.made(photo, Path("again.pel"), result).fields == said["fields"]
    assert Path("again.pel").read_bytes() == Path("out.pel").read_bytes()


@pytest.mark.parametrize(
    ("options", "models"),
    [
        ({"lossless": True}, []),
        ({"max_error": 2}, []),
        ({}, ["m-eye"]),
        ({"psnr": 40}, ["m"]),
        ({"denoise": "auto", "model": "s"}, ["s-eye", "denoiser m"]),
        ({"keep_noise": True, "tune": "psnr", "model": "s"}, ["s", "denoiser m"]),
    ],
)
def test_models_that_compress_uses(options: dict[str, Any], models: list[str]) -> None:
    verb = verbs.verb_to_compress("", **options)
    known = {**pellucid.models(), **{f"denoiser {n}": i for n, i in pellucid.denoisers().items()}}
    assert verb.prints() == {**{name: known[name] for name in models}, **EXACT}
    assert (".npy" in verb.suffixes) == (not models)


def test_denoise(photo) -> None:
    verb = verbs.verb_to_denoise("", **TO_DENOISE)
    said = work_elsewhere(verb, photo, "clean.png")
    assert np.array_equal(read("clean.png"), pellucid.denoise(photo, model="s"))
    assert said["fields"]["estimate"] is not None
    assert said["prints"] == {"denoiser s": pellucid.denoisers()["s"]}
    given = ("a.png", "a.PNG", "d/a.jpg", "a.heic", "a.tif", "a.npy", "a")
    assert places(verb, *given) == [
        *("a.png", "a.PNG", "d/a.jpg.png", "a.heic.png", "a.tif", "a.npy", "a.png"),
    ]
    assert said["output"] == "x/b.jpg.png"
    with pytest.raises(OptionError, match="no denoiser 'none'"):
        verbs.verb_to_denoise("", **{**TO_DENOISE, "model": "none"})


def test_decompress(pel) -> None:
    verb = verbs.verb_to_decompress("", **TO_DECODE)
    said = work_elsewhere(verb, pel, "back.png")
    assert np.array_equal(read("back.png"), pellucid.decompress(pel))
    assert said["fields"]["damaged_tiles"] == []
    assert said["prints"] == {**pellucid.models(), **EXACT}
    assert places(verb, "a.jpg.pel", "d.x/b.PEL", "c") == ["a.jpg.png", "d.x/b.png", "c.png"]
    tif = verbs.verb_to_decompress("", **{**TO_DECODE, "kind": "tif"})
    assert places(tif, "a.jpg.pel") == ["a.jpg.tif"]
    assert verb.pieces is None


def test_decompress_what_is_damaged(pel) -> None:
    data = bytearray(pel.read_bytes())
    data[-60] ^= 255
    Path("bad.pel").write_bytes(data)
    verb = verbs.verb_to_decompress("", **TO_DECODE)
    with pytest.raises(DamagedFileError):
        verb.work(Path("bad.pel"), Path("bad.png"))
    verb = verbs.verb_to_decompress("", **{**TO_DECODE, "keep_going": True})
    made = verb.work(Path("bad.pel"), Path("bad.png"))
    assert made.damaged
    assert made.remarks


def test_decompress_frames_of_sequences(pixels) -> None:
    options = pellucid.CompressOptions(lossless=True)
    with pellucid.write_sequence("s.pels", options) as sequence:
        for frame in (pixels, pixels[::-1]):
            sequence.add(frame)
    verb = verbs.verb_to_decompress("", **TO_DECODE)
    with pytest.raises(InputError, match=r"s\.pels is a sequence.* --frame"):
        verb.work(Path("s.pels"), Path("out.png"))
    assert verb.suffixes == (".pel",)
    verb = verbs.verb_to_decompress("", **{**TO_DECODE, "frame": 1})
    assert verb.suffixes == (".pels",)
    verb.work(Path("s.pels"), Path("out.png"))
    assert np.array_equal(read("out.png"), pixels[::-1])


def test_verify(pel) -> None:
    verb = verbs.verb_to_verify("", limits=pellucid.Limits())
    said = work_elsewhere(verb, pel)
    assert said["fields"] == {"sound": True}
    assert said["output"] is None
    assert said["prints"] == {**pellucid.models(), **EXACT}
    assert verb.suffixes == (".pel", ".pels")
    Path("bad.pel").write_bytes(pel.read_bytes()[:-30])
    assert "DamagedFileError" in work_elsewhere(verb, "bad.pel", code=1)["error"]


def read(path: str) -> np.ndarray:
    with open_image(path) as source:
        return source.read()
