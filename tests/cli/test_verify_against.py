"""`verify --against`: a file beside the picture that it was made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

import pellucid


def test_what_is_said(run, photo) -> None:
    run("compress", photo, "--lossless", "-o", "exact.pel")
    result = run("verify", "exact.pel", "--against", photo)
    assert result.stdout == "exact.pel  sound; beside photo.png: identical\n"
    run("compress", photo, "--max-error", 3, "-o", "near.pel")
    assert "beside photo.png: within 3" in run("verify", "near.pel", "--against", photo).stdout
    run("compress", photo, "-o", "small.pel")
    line = json.loads(run("verify", "small.pel", "--against", photo, "--json").stdout)
    with Image.open(photo) as image:
        off = np.asarray(image).astype(int) - pellucid.decompress("small.pel")
    assert line["psnr"] == 10 * np.log10(255**2 / np.square(off).mean())
    assert line["largest_error"] == np.abs(off).max()
    assert (line["sound"], line["identical"], line["against"]) == (True, False, "photo.png")
    line = json.loads(run("verify", "exact.pel", "--against", photo, "--json").stdout)
    assert (line["identical"], line["largest_error"], line["psnr"]) == (True, 0, None)


def test_what_differs(run, photo, pixels) -> None:
    run("compress", photo, "--lossless", "-o", "exact.pel")
    changed = pixels.copy()
    changed[3, 4, 0] ^= 1
    Image.fromarray(changed).save("other.png", icc_profile=b"a profile" * 20)
    said = run("verify", "exact.pel", "--against", "other.png", code=1).stderr
    assert said == (
        "pellucid: exact.pel: beside other.png: a sample is 1 off, and it is lossless; not the "
        "same byte for byte: ICC\n"
    )
    said = run("verify", "exact.pel", "--against", "other.png", "--json", code=1).stdout
    assert json.loads(said)["error"] == "MismatchError"


def test_what_cannot_be_compared(run, photo, pel) -> None:
    words = ("--against", photo)
    assert "give one file" in run("verify", pel, pel, *words, code=2).stderr
    assert "no such file" in run("verify", pel, "--against", "none.png", code=1).stderr
    Path("bad.pel").write_bytes(pel.read_bytes()[:-40])
    assert "pellucid: bad.pel: " in run("verify", "bad.pel", *words, code=1).stderr
    with pellucid.write_sequence("s.pels", pellucid.CompressOptions(lossless=True)) as sequence:
        sequence.add(np.zeros((8, 8), np.uint8))
    assert "this is a sequence" in run("verify", "s.pels", *words, code=2).stderr
