"""What a container holds beside the samples goes from a video to a video as it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import clip_bytes, read_clip, through, write_clip
from pellucid.errors import OutputError

QUARTER = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
MIRRORED = (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
UNEVEN = (5, 6, 9, 14, 15, 31)  # and the first isn't at 0
HUNDREDTH = Fraction(1, 100)
ASS = b"[V4+ Styles]\nFormat: Name\nStyle: Default\n[Events]\nFormat: Text\n"  # an encoder needs it
CHAPTERS = [
    {
        "id": number,
        "start": 100 * number,
        "end": 100 * number + 100,
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }
    for number, title in enumerate(("one", "two"))
]


def test_all_that_matroska_holds() -> None:
    write_clip(
        Path("in.mkv"),
        sounds=["pcm_s16le", "flac"],
        subtitles=True,
        chapters=CHAPTERS,
        tags={"title": "A title", "artist": "Somebody"},
        matrix=QUARTER,
    )
    result = through("in.mkv", "out.mkv", codec="ffv1")
    before, after = read_clip("in.mkv"), read_clip("out.mkv")
    assert (result.missing, result.remarks) == ((), ())
    assert [len(packets) for packets in after.packets] == [12, 4, 2]
    assert after.kinds == [
        ("audio", "pcm_s16le", "eng"),
        ("audio", "flac", "cym"),
        ("subtitle", "srt", "deu"),
    ]
    for name in ("packets", "when", "times", "matrix", "tags", "dispositions"):
        assert getattr(after, name) == getattr(before, name), name
    assert [each["metadata"] for each in after.chapters] == [{"title": "one"}, {"title": "two"}]
    assert [each["start"] for each in after.chapters] == [each["start"] for each in before.chapters]
    np.testing.assert_array_equal(after.frames, before.frames)


def test_all_that_mp4_holds() -> None:
    write_clip(
        Path("in.mp4"),
        codec="libx264",
        sounds=["aac", "aac"],
        chapters=CHAPTERS,
        tags={"title": "A title"},
        matrix=MIRRORED,
        aspect=Fraction(4, 3),
    )
    assert through("in.mp4", "out.mp4").remarks == ()
    before, after = read_clip("in.mp4"), read_clip("out.mp4")
    for name in ("packets", "when", "times", "kinds", "matrix", "aspect", "dispositions"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.tags["title"] == "A title"
    assert [each["metadata"]["title"] for each in after.chapters] == ["one", "two"]
    assert after.aspect == Fraction(4, 3)


@pytest.mark.parametrize("target", ["out.mkv", "out.mp4", "out.mov"])
@pytest.mark.parametrize("source", ["in.mkv", "in.mp4"])
def test_times_that_are_uneven(source: str, target: str) -> None:
    """With B-frames, which are stored in another order."""
    write_clip(
        Path(source), codec="libx264", stamps=UNEVEN, time_base=HUNDREDTH, options={"bf": "2"}
    )
    through(source, target)
    assert read_clip(target).times == [stamp * HUNDREDTH for stamp in UNEVEN]


@pytest.mark.parametrize("target", ["out.mkv", "out.mp4", "out.mov", "out.ts"])
@pytest.mark.parametrize("source", ["in.mkv", "in.mp4", "in.ts"])
def test_sound_stays_where_it_was(source: str, target: str) -> None:
    """All times may move, as a container needs not hold those before 0, but together."""
    write_clip(Path(source), codec="libx264", sounds=["aac"], stamps=UNEVEN, time_base=HUNDREDTH)
    assert through(source, target).missing == ()
    before, after = read_clip(source), read_clip(target)
    moved = {float(b - a) for a, b in zip(before.times, after.times, strict=True)}
    moved |= {float(b - a) for a, b in zip(before.when[0], after.when[0], strict=True)}
    assert max(moved) - min(moved) < 2e-3  # a tick of the coarsest
    framed = [".ts" in name for name in (source, target)]
    if framed[0] == framed[1]:
        assert after.packets == before.packets
    else:  # in a broadcast packets have headers, of 7 bytes
        longer = before if framed[0] else after
        shorter = after if framed[0] else before
        assert [each[7:] for each in longer.packets[0]] == shorter.packets[0]


@pytest.mark.parametrize(
    "layout",
    [
        *("yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv420p10le", "yuv422p10le"),
        *("gray", "gray10le", "gray16le", "bgr0", "gbrp10le", "gbrp16le"),
    ],
)
def test_samples_keep_their_layout(layout: str) -> None:
    write_clip(Path("in.mkv"), 3, layout=layout)
    through("in.mkv", "same.mkv", codec="ffv1")
    through("in.mkv", "clean.mkv", codec="ffv1", sigma=6.0)
    before, same, clean = map(read_clip, ("in.mkv", "same.mkv", "clean.mkv"))
    assert before.layout == same.layout == clean.layout == layout
    np.testing.assert_array_equal(same.frames, before.frames)
    white = max(255, 2 ** int(before.frames[0].max()).bit_length() - 1)
    apart = np.abs(np.subtract(clean.frames, before.frames)) / white
    assert 0 < apart.mean() < 0.05


@pytest.mark.parametrize(
    ("colour", "layout"),
    [((1, 1, 1, 1), "yuv420p"), ((1, 2, 1, 1), "yuv420p"), ((9, 1, 9, 16), "yuv420p10le")],
)
@pytest.mark.parametrize(("name", "codec"), [("out.mkv", "ffv1"), ("out.mp4", None)])
def test_colours(
    colour: tuple[int, int, int, int], layout: str, name: str, codec: str | None
) -> None:
    """Tags, and the mean: a wrong matrix or range would shift it."""
    write_clip(Path("in.mkv"), 3, layout=layout, colour=colour)
    through("in.mkv", name, sigma=0.5, codec=codec)
    before, after = read_clip("in.mkv"), read_clip(name)
    assert (after.colour, after.layout.replace("j", "")) == (colour, layout)
    count = 64 * 48
    for part in (slice(count), slice(count, count * 5 // 4), slice(count * 5 // 4, None)):
        mean = np.mean([frame[part].mean() for frame in before.frames])
        found = np.mean([frame[part].mean() for frame in after.frames])
        assert abs(mean - found) < 0.004 * mean


def test_jpegs_full_range() -> None:
    write_clip(Path("in.mkv"), 3, codec="mjpeg", layout="yuvj420p")
    through("in.mkv", "out.mkv", codec="ffv1")
    before, after = read_clip("in.mkv"), read_clip("out.mkv")
    assert after.colour[1] == before.colour[1] == 2
    np.testing.assert_array_equal(after.frames, before.frames)


def test_odd_sizes() -> None:
    """H.264 needs even ones, unless colours have all samples."""
    write_clip(Path("in.mkv"), 3, size=(65, 49))
    through("in.mkv", "same.mkv", codec="ffv1")
    through("in.mkv", "out.mp4")
    assert (read_clip("same.mkv").layout, read_clip("out.mp4").layout) == ("yuv420p", "yuv444p")
    assert len(read_clip("out.mp4").frames[0]) == 3 * 65 * 49


def test_what_cannot_be_kept_is_said() -> None:
    write_clip(Path("clear.mkv"), 3, layout="yuva420p")
    assert through("clear.mkv", "a.mkv").remarks == ("its transparency is left out",)
    write_clip(Path("in.mkv"), matrix=QUARTER, stamps=UNEVEN, time_base=HUNDREDTH)
    assert through("in.mkv", "a.y4m").remarks == (
        "yuv4mpegpipe can't say how viewers are to turn the frames",
        "yuv4mpegpipe holds no times, and its frames come at uneven ones",
    )
    write_clip(Path("wide.mkv"), 3, codec="libx264", aspect=Fraction(4, 3))
    assert through("wide.mkv", "wide2.mkv").remarks == ()
    assert read_clip("wide2.mkv").aspect == Fraction(4, 3)
    said = "ffv1 in matroska can't say that samples are 4/3 as wide as high"
    assert through("wide.mkv", "b.mkv", codec="ffv1").remarks == (said,)


def test_fonts_and_a_second_video() -> None:
    with av.open("in.mkv", "w") as out:
        for _ in range(2):
            video = out.add_stream("ffv1", rate=25)
            video.width, video.height, video.pix_fmt = 64, 48, "gray"
        out.add_attachment("font.ttf", "application/x-truetype-font", b"letters")
        out.start_encoding()
        for stream in out.streams.video:
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 99, np.uint8), "gray")
            frame.pts, frame.time_base = 0, Fraction(1, 25)
            out.mux([*stream.encode(frame), *stream.encode(None)])
    said = "another stream of video in it, maybe the picture on a cover, is left out"
    assert through("in.mkv", "out.mkv", codec="ffv1").remarks == (said,)
    with av.open("out.mkv") as file:
        assert [stream.type for stream in file.streams] == ["video", "attachment"]
        assert file.streams[1].data == b"letters"
    said_too = "a stream (attachment) is left out: mp4 can't hold it"
    assert through("in.mkv", "out.mp4").remarks == (said, said_too)


def test_sound_that_the_container_cannot_hold() -> None:
    Path("in.mkv").write_bytes(clip_bytes(sounds=["aac"], subtitles=True))
    for name in ("out.webm", "out.y4m"):
        with pytest.raises(OutputError, match=r"can't hold the source's sound.*--only-video"):
            through("in.mkv", name)
        assert not Path(name).exists()
    assert through("in.mkv", "out.mp4", alone=True).remarks == ()
    assert read_clip("out.mp4").kinds == []


def test_subtitles_that_the_container_cannot_hold() -> None:
    Path("in.mkv").write_bytes(clip_bytes(sounds=["aac"], subtitles=True))
    said = "the source's subtitles (srt) are left out: mp4 can't hold them"
    assert through("in.mkv", "out.mp4").remarks == (said,)
    assert [kind[0] for kind in read_clip("out.mp4").kinds] == ["audio"]
    with_text("out.mp4", "text.mp4", count=2)
    said = "the source's subtitles (mov_text) are left out: Matroska (.mkv, .pels) can't hold them"
    for name in ("a.mkv", "a.pels"):
        assert through("text.mp4", name).remarks == (said,), name
    through("a.pels", "b.mkv")
    for name in ("a.mkv", "b.mkv"):
        assert [kind[:2] for kind in read_clip(name).kinds] == [("audio", "aac")]
        assert read_clip(name).packets == read_clip("out.mp4").packets
    assert through("text.mp4", "b.mp4").remarks == ()
    assert [kind[:2] for kind in read_clip("b.mp4").kinds[1:]] == [("subtitle", "mov_text")] * 2


def with_text(source: str, target: str, *, count: int) -> None:
    """A copy of an MP4 file with streams of its own kind of subtitles, of one packet each."""
    with av.open(source) as read, av.open(target, "w") as out:
        copies = {stream: out.add_stream_from_template(stream) for stream in read.streams}
        texts = [out.add_stream("mov_text") for _ in range(count)]
        for text in texts:
            text.codec_context.subtitle_header = ASS
        out.start_encoding()
        for text in texts:
            packet = av.Packet(b"\0\5Hello")
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts, packet.dts, packet.duration = 0, 0, 100
            out.mux(packet)
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream]
                out.mux(packet)
