"""info, verify and decompress of a sequence (.pels); the other commands refuse it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid

FRAMES = np.random.default_rng(8).integers(0, 255, (3, 20, 30, 3), dtype=np.uint8)


@pytest.fixture
def clip(run) -> Path:
    """In the folder that the program runs in."""
    with pellucid.write_sequence(
        "clip.pels", pellucid.CompressOptions(lossless=True), rate=25, tags={"title": "test"}
    ) as out:
        out.attach("streams.mka", b"sound")
        for frame in FRAMES:
            out.add(frame)
    return Path("clip.pels")


def opened(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_info(run, clip) -> None:
    said = run("info", clip).stdout
    for words in ("3 of 30 x 20, RGB, uint8", "0.120 seconds, frames 25 a second", "lossless"):
        assert words in said
    assert "streams.mka 5 bytes" in said
    assert "tag title test" in said
    found = json.loads(run("info", clip, "--json").stdout)
    assert (found["frames"], found["rate"], found["time_base"]) == (3, "25", "1/25")
    assert found["file_bytes"] == clip.stat().st_size
    assert found["first"]["max_error"] == 0
    assert "--frame" in run("info", clip, "--latents", code=2).stderr


def test_verify(run, clip) -> None:
    assert "sound, 3 frames" in run("verify", clip).stdout
    data = bytearray(clip.read_bytes())
    with pellucid.open_sequence(clip) as found:
        data[data.index(found.pel(1)) + 60] ^= 1
    Path("bad.pels").write_bytes(data)
    said = run("verify", "bad.pels", clip, code=1)
    assert "2 of 3 frames are whole: frame 1 is damaged" in said.stderr
    assert "sound" in said.stdout


def test_all_frames(run, clip) -> None:
    run("decompress", clip)
    for number, frame in enumerate(FRAMES):
        np.testing.assert_array_equal(opened(f"clip/{number:08}.png"), frame)
    assert "exists already" in run("decompress", clip, code=1).stderr
    run("decompress", clip, "--force")
    run("decompress", clip, "-o", "f_%03d.tif", "--keep-times")
    np.testing.assert_array_equal(opened("f_002.tif"), FRAMES[2])
    run("decompress", clip, "-o", "other", "--format", "bmp", "--region", "1,2,3,4")
    np.testing.assert_array_equal(opened("other/00000000.bmp"), FRAMES[0][2:6, 1:4])
    assert "--frame" in run("decompress", clip, "-o", "x.png", code=2).stderr
    assert "folder" in run("decompress", clip, "-o", "-", code=1).stderr


def test_one_frame(run, clip) -> None:
    run("decompress", clip, "--frame", 1)
    np.testing.assert_array_equal(opened("clip.png"), FRAMES[1])
    run("decompress", clip, "--frame", 2, "-o", "two.pel")
    np.testing.assert_array_equal(pellucid.decompress("two.pel"), FRAMES[2])
    assert (
        "there is no frame 3" in run("decompress", clip, "--frame", 3, "-o", "x.png", code=2).stderr
    )
    assert "--frame is of" in run("decompress", "two.pel", "--frame", 0, code=2).stderr


def test_a_sequence_cut_short(run, clip) -> None:
    clip.write_bytes(clip.read_bytes()[:-30])
    assert "keep-going" in run("decompress", clip, code=1).stderr
    assert not Path("clip").exists()
    assert "damage" in run("info", clip).stdout
    assert "directory is damaged" in run("decompress", clip, "--keep-going", code=1).stderr
    np.testing.assert_array_equal(opened("clip/00000002.png"), FRAMES[2])


def test_sequences_in_folders(run, clip) -> None:
    Path("in").mkdir()
    clip.rename("in/clip.pels")
    run("decompress", "in", "-r", "-o", "out")
    assert len(list(Path("out/clip").iterdir())) == 3


def test_others_refuse_it(run, clip) -> None:
    for command, code in (("compress", 1), ("denoise", 1), ("explain", 2)):
        said = run(command, clip, code=code).stderr
        assert "sequence (.pels)" in said
        assert "pellucid decompress" in said
