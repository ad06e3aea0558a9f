"""Sources that aren't what they should be: an error, or a file that plays and what it lacks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import add_sound, clip_bytes, encoded_sound, read_clip, through, write_clip
from pellucid import Limits
from pellucid.errors import InputError, OptionError
from pellucid.video import SourceOptions

PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    '<Period><AdaptationSet><Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "list.sdp": "v=0\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


def refused(source: str, match: str, read: SourceOptions | None = None) -> None:
    with pytest.raises(InputError, match=match):
        through(source, "out.mkv", read=read)
    assert not Path("out.mkv").exists()


def test_no_video() -> None:
    refused("nothing.mp4", "^nothing.mp4: no such file$")
    Path("empty.mp4").write_bytes(b"")
    refused("empty.mp4", "^empty.mp4: not a video that can be read: Invalid data found")
    Path("text.txt").write_text("words\n" * 99, encoding="ascii")
    refused("text.txt", "not a video that can be read")
    Path("folder").mkdir()
    refused("folder", "there are no pictures in this folder")
    with av.open("sound.mka", "w", format="matroska") as out:
        stream = add_sound(out, "flac", 0)
        out.mux([*encoded_sound(stream, 10), *stream.encode(None)])
    refused("sound.mka", "^sound.mka: there is no video in this file$")


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("form", [None, "concat", "hls"])
def test_a_file_that_names_another(name: str, form: str | None) -> None:
    """Nothing but the source itself is opened."""
    write_clip(Path("secret.ts"), 3, codec="libx264")
    secret = Path("secret.ts").absolute()
    Path(name).write_text(PLAYLISTS[name].format(secret), encoding="ascii")
    refused(name, "not a video that can be read", SourceOptions(form=form))


def test_cut_short() -> None:
    whole = clip_bytes(codec="libx264", count=60, sounds=["aac"])
    Path("cut.mkv").write_bytes(whole[: len(whole) // 2])
    result = through("cut.mkv", "out.mkv")
    frames = result.progress.frames
    assert 10 < frames < 50
    assert len(read_clip("out.mkv").frames) == frames
    assert result.missing[0].startswith("the source ends at 0:0")
    assert f"of 0:02.5; what is written has {frames} frames, to 0:0" in result.missing[0]
    assert result.early is None
    Path("out.mkv").unlink()
    Path("cut.mkv").write_bytes(whole[: len(whole) // 50])
    refused("cut.mkv", "^cut.mkv: ")


def test_mp4_cut_short() -> None:
    write_clip(
        Path("in.mp4"), 60, codec="libx264", sounds=["aac"], container={"movflags": "faststart"}
    )
    whole = Path("in.mp4").read_bytes()
    Path("cut.mp4").write_bytes(whole[: len(whole) * 3 // 4])
    result = through("cut.mp4", "out.mp4")
    assert 10 < result.progress.frames < 60
    assert len(read_clip("out.mp4").frames) == result.progress.frames
    assert result.missing[0].startswith("the source ends at 0:0")
    Path("cut.mp4").write_bytes(clip_bytes("mp4", codec="libx264")[:-300])  # its index is there
    refused("cut.mp4", "^cut.mp4: not a video that can be read: Invalid data found")


def test_frames_that_cannot_be_decoded() -> None:
    data = bytearray(clip_bytes("mpegts", codec="libx264", count=20, options={"g": "3"}))
    random = np.random.default_rng(0)
    for place in random.integers(len(data) // 4, len(data), 30):
        data[place] ^= 255
    Path("in.ts").write_bytes(data)
    result = through("in.ts", "out.mkv")
    assert result.progress.frames == len(read_clip("out.mkv").frames) > 5
    assert "couldn't be decoded whole; the first: after frame" in result.missing[0]


def test_a_size_that_changes() -> None:
    parts = [
        clip_bytes("mpegts", codec="libx264", count=5, size=size) for size in ((64, 48), (96, 64))
    ]
    Path("in.ts").write_bytes(b"".join(parts))
    result = through("in.ts", "out.mkv")
    assert len(read_clip("out.mkv").frames) == 5
    assert result.missing[0].startswith("the picture changes from 64 x 48 to 96 x 64 after frame 4")


def test_too_many_pixels() -> None:
    write_clip(Path("in.mkv"), 3)
    refused("in.mkv", "--max-pixels", SourceOptions(limits=Limits(max_pixels=1000)))
    Path("in.y4m").write_bytes(b"YUV4MPEG2 W30000 H30000 F25:1 C420jpeg\nFRAME\n" + bytes(9999))
    refused("in.y4m", "^in.y4m: ")


def test_raw_video() -> None:
    write_clip(Path("in.y4m"), 3, codec="wrapped_avframe", form="yuv4mpegpipe")
    frames = read_clip("in.y4m").frames
    Path("in.yuv").write_bytes(np.stack(frames).astype(np.uint8).tobytes() + b"tail")
    raw = SourceOptions("rawvideo", (64, 48), Fraction(10), "yuv420p")
    result = through("in.yuv", "out.mkv", read=raw, codec="ffv1")
    after = read_clip("out.mkv")
    np.testing.assert_array_equal(after.frames, frames)
    assert after.times == [0, Fraction(1, 10), Fraction(1, 5)]
    assert "the first: after frame 2" in result.missing[0]


def test_options_of_a_source() -> None:
    write_clip(Path("in.mkv"), 3)
    with pytest.raises(OptionError, match="no container 'nonsense'"):
        through("in.mkv", "out.mkv", read=SourceOptions("nonsense"))
    with pytest.raises(OptionError, match="--size"):
        SourceOptions("rawvideo")
    with pytest.raises(OptionError, match="rate"):
        SourceOptions(rate=Fraction(0))
