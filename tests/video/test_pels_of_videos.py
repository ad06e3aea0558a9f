"""A video as a sequence of .pel frames, and back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clips import read_clip, samples, through, write_clip
from pellucid import CompressOptions, open_sequence
from pellucid.errors import NotPelFileError, OutputError
from pellucid.video import stream_file
from pellucid.video.clip import ClipInfo, Frame
from pellucid.video.pels import PelsSink

UNEVEN = (5, 6, 9, 14, 15, 31)
QUARTER = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
MIRRORED = (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
EXACT = CompressOptions(lossless=True)


def test_there_and_back() -> None:
    write_clip(
        Path("in.mkv"),
        layout="yuv420p10le",
        sounds=["aac", "flac"],
        subtitles=True,
        colour=(9, 1, 9, 16),
        matrix=QUARTER,
        stamps=UNEVEN,
        time_base=Fraction(1, 100),
        tags={"title": "A title"},
    )
    assert through("in.mkv", "clip.pels", frames=EXACT).remarks == ()
    result = through("clip.pels", "out.mkv", codec="ffv1")
    assert (result.missing, result.remarks) == ((), ())
    before, after = read_clip("in.mkv"), read_clip("out.mkv")
    for name in ("layout", "times", "kinds", "packets", "when", "colour", "matrix", "tags"):
        assert getattr(after, name) == getattr(before, name), name
    apart = np.abs(np.subtract(after.frames, before.frames))
    assert apart.mean() < 3  # of 1023: colours at half size, made whole and halved again


def test_samples_bit_for_bit() -> None:
    for layout in ("bgr0", "gray", "gray16le", "gbrp10le", "gray10le"):
        write_clip(Path("in.mkv"), 3, layout=layout)
        through("in.mkv", "clip.pels", frames=EXACT, force=True)
        through("clip.pels", "out.mkv", codec="ffv1", force=True)
        before, after = read_clip("in.mkv"), read_clip("out.mkv")
        assert after.layout == before.layout == layout
        np.testing.assert_array_equal(after.frames, before.frames, layout)


def test_damage() -> None:
    write_clip(Path("in.mkv"), 12, layout="bgr0", sounds=["flac"])
    through("in.mkv", "clip.pels", frames=EXACT)
    data = bytearray(Path("clip.pels").read_bytes())
    data[len(data) // 2] ^= 255
    Path("bad.pels").write_bytes(data)
    result = through("bad.pels", "out.mkv", codec="ffv1")
    assert result.progress.frames == len(read_clip("out.mkv").frames) == 11
    assert result.missing[0].startswith("1 frame couldn't be decoded whole; the first: frame ")
    Path("cut.pels").write_bytes(data[: len(data) // 3])
    result = through("cut.pels", "cut.mkv", codec="ffv1")
    assert 1 <= len(read_clip("cut.mkv").frames) < 6
    assert "its last 22 bytes are no end of a ZIP archive" in result.missing[0]


def test_what_a_sequence_cannot_keep() -> None:
    write_clip(Path("in.mkv"), 3, matrix=MIRRORED)
    said = "how players turn or mirror the frames can't be kept in a .pels"
    assert through("in.mkv", "clip.pels").remarks == (said,)
    with pytest.raises(OutputError, match=r"can't go to a pipe.*name a file"):
        through("in.mkv", "-", form="pel")
    with open_sequence("clip.pels") as found:
        assert len(found) == 3


def test_an_archive_that_is_no_sequence() -> None:
    import zipfile

    with zipfile.ZipFile("other.zip", "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(NotPelFileError, match="another ZIP archive"):
        through("other.zip", "out.mkv")
    assert not Path("out.mkv").exists()


def test_a_sequence_that_is_denoised() -> None:
    write_clip(Path("in.mkv"), 3, layout="gray")
    through("in.mkv", "clip.pels", frames=EXACT)
    stream_file("clip.pels", "clean.pels", write=None)
    with open_sequence("clip.pels") as noisy, open_sequence("clean.pels") as clean:
        assert noisy.timestamps == clean.timestamps
        assert 0.5 < np.std(noisy[1].astype(float) - clean[1]) < 12


def test_times_below_0_stay() -> None:
    info = ClipInfo(48, 64, 3, np.dtype(np.uint8), 255, Fraction(25), Fraction(1, 90000))
    sink = PelsSink("out.pels", info, CompressOptions(model="s"), force=False, alone=False)
    times = [-7200, -3600, 0, 3600]
    for number, time in enumerate(times):
        sink.frame(Frame(samples(number, 48, 64), time))
    sink.finish()
    with open_sequence("out.pels") as sequence:
        assert list(sequence.timestamps) == times
