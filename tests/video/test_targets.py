"""Files that videos are written to: which, by what encoder, and when they can't be."""

from __future__ import annotations

import errno
import os
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from clips import read_clip, through, write_clip
from pellucid import CompressOptions
from pellucid.errors import OptionError, OutputError
from pellucid.video import SourceOptions, StreamOptions, TargetOptions, stream_file
from pellucid.video.read import VideoSource
from pellucid.video.run import play
from pellucid.video.write import VideoSink


@pytest.fixture(autouse=True)
def clip(folder: Path) -> Path:
    return write_clip(Path("in.mkv"), 12, sounds=["aac"])


def test_targets_that_are_refused() -> None:
    Path("there.mkv").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"there.mkv exists already; .*--force"):
        through("in.mkv", "there.mkv")
    with pytest.raises(OutputError, match=r"in.mkv is the file that is read"):
        through("in.mkv", "in.mkv", force=True)
    with pytest.raises(OutputError, match=r"the suffix '.xyz' is of no video; use .mp4"):
        through("in.mkv", "out.xyz")
    with pytest.raises(OutputError, match="the folder nowhere does not exist"):
        through("in.mkv", "nowhere/out.mkv")
    with pytest.raises(OptionError, match="no container 'nonsense'"):
        through("in.mkv", "out.xyz", form="nonsense")
    assert Path("there.mkv").read_bytes() == b"old"
    through("in.mkv", "there.mkv", force=True, codec="ffv1")
    assert len(read_clip("there.mkv").frames) == 12
    through("in.mkv", "out.xyz", form="nut", codec="ffv1")
    assert len(read_clip("out.xyz").frames) == 12


@pytest.mark.parametrize(
    ("codec", "settings", "said"),
    [
        ("nope", {}, "'nope' encodes no video here"),
        ("aac", {}, "'aac' encodes no video here"),
        ("libx264", {"prest": "slow", "crf": "20"}, "the encoder libx264 has no setting prest$"),
        ("libx264", {"crf": "much"}, "doesn't take frames of 64 x 48 in yuv420p with crf=much"),
    ],
)
def test_encoders_and_settings(codec: str, settings: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        through("in.mkv", "out.mkv", codec=codec, settings=settings)
    assert not Path("out.mkv").exists()


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4"])
def test_settings_count(name: str) -> None:
    sizes = []
    for crf in ("10", "40"):
        through("in.mkv", name, settings={"crf": crf}, force=True)
        sizes.append(Path(name).stat().st_size)
    assert sizes[0] > 1.5 * sizes[1]


def test_encoders_keep_off_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    for codec in ("libx264", "libx265", "libsvtav1", "ffv1"):
        through("in.mkv", f"{codec}.mkv", codec=codec)
    through("in.mkv", "out.webm", alone=True)
    assert len(read_clip("out.webm").frames) == 12
    assert capfd.readouterr() == ("", "")


class FullDisk(BytesIO):
    """Takes so many bytes and no more."""

    room = 0

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize("form", ["matroska", "mp4", "mpegts"])
def test_a_full_disk(form: str) -> None:
    """What it has is playable."""
    write_clip(Path("long.mkv"), 150, codec="libx264", size=(128, 96))
    disk = FullDisk()
    disk.room = 60_000
    with open("long.mkv", "rb") as file, VideoSource(file, "long.mkv") as source:
        result = play(
            source,
            lambda info: VideoSink(disk, "out", info, form=form, settings={"crf": "4"}),
            StreamOptions(strength=0),
        )
    assert isinstance(result.early, OutputError)
    assert result.missing[0].startswith("cannot write out: No space left on device; what is")
    assert 20 < len(read_clip(BytesIO(disk.getvalue())).frames) <= result.progress.frames < 150


def test_a_disk_that_is_full_from_the_start() -> None:
    with (
        open("in.mkv", "rb") as file,
        VideoSource(file, "in.mkv") as source,
        pytest.raises(OutputError, match="No space left on device"),
    ):
        play(
            source,
            lambda info: VideoSink(FullDisk(), "out", info, form="matroska"),
            StreamOptions(strength=0),
        )


@pytest.mark.parametrize(
    ("read", "write", "target", "said"),
    [
        (SourceOptions(rate=Fraction(5)), None, "out.mkv", "times of its own"),
        (None, TargetOptions(codec="libx265"), "out.pels", "no encoder"),
        (None, TargetOptions(settings={"crf": "3"}), "out.pels", "no encoder"),
        (None, TargetOptions(frames=CompressOptions(quality=9)), "out.mkv", "--set crf"),
    ],
)
def test_options_of_others_are_refused(
    clip: Path, read: Any, write: Any, target: str, said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        stream_file(clip, target, read=read, write=write)
    assert not Path(target).exists()


@pytest.mark.parametrize("options", [{"size": (3, 3)}, {"layout": "gray"}])
def test_what_is_of_raw_video_alone(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="--from rawvideo"):
        SourceOptions(**options)


def test_what_ends_it_early_is_raised_with_what_was_done(clip: Path) -> None:
    def told(progress: Any) -> None:
        if progress.frames == 3:
            raise ZeroDivisionError("the caller's own")

    with pytest.raises(ZeroDivisionError) as raised:
        stream_file(clip, "out.mkv", StreamOptions(sigma=5.0), told=told)
    assert raised.value.result.progress.frames == 3  # type: ignore[attr-defined]
    assert len(read_clip(Path("out.mkv")).frames) == 3
