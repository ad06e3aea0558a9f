"""Small video files for tests, made by PyAV, and what is in one that was written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np

from pellucid.video import SourceOptions, StreamOptions, StreamResult, TargetOptions, stream_file

WIDTH, HEIGHT = 64, 48
RATE = 25
EXACT = "ffv1"  # lossless
SOUND = 8000  # samples a second
SUBTITLES = b"1\n00:00:00,000 --> 00:00:00,100\nHello\n\n2\n00:00:00,120 --> 00:00:00,300\nthere\n"


def samples(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(H, W, 3) of a frame: a gradient that moves, with noise."""
    rows, columns = np.mgrid[:height, :width]
    noise = np.random.default_rng(number).normal(0, 8, (height, width, 3))
    clean = np.stack([2 * rows, 2 * columns + 3 * number, 90 + rows], -1)
    return np.clip(clean + 40 + noise, 0, 255).astype(np.uint8)


def write_clip(
    file: Any,
    count: int = 6,
    *,
    codec: str = EXACT,
    layout: str = "yuv420p",
    size: tuple[int, int] = (WIDTH, HEIGHT),
    form: str | None = None,
    stamps: Iterable[int] | None = None,
    time_base: Fraction = Fraction(1, RATE),
    sounds: Sequence[str] = (),
    subtitles: bool = False,
    colour: tuple[int, int, int, int] | None = None,
    matrix: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    tags: dict[str, str] | None = None,
    chapters: Sequence[Any] = (),
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
) -> Any:
    """A clip, at 25 frames a second unless `stamps` says when; sound for each codec in `sounds`."""
    width, height = size
    name = str(file) if isinstance(file, Path) else file
    with av.open(name, "w", format=form, options=container or {}) as out:
        video = out.add_stream(codec, rate=RATE, options=options or {})
        video.width, video.height, video.pix_fmt = width, height, layout
        video.time_base = video.codec_context.time_base = time_base
        if colour:
            context = video.codec_context
            context.colorspace, context.color_range = colour[:2]
            context.color_primaries, context.color_trc = colour[2:]
        if aspect:
            video.sample_aspect_ratio = aspect
        if matrix:
            video.set_display_matrix(matrix)
        others = [add_sound(out, codec, number) for number, codec in enumerate(sounds)]
        said = add_subtitles(out) if subtitles else []
        out.metadata.update(tags or {})
        if chapters:
            out.set_chapters(list(chapters))
        out.start_encoding()
        if subtitles:
            out.mux(said)
        for sound in others:
            out.mux([*encoded_sound(sound, count), *sound.encode(None)])
        for number, stamp in enumerate(stamps or range(count)):
            frame = av.VideoFrame.from_ndarray(samples(number, height, width), "rgb24")
            shown = frame.reformat(
                format=layout,
                **(
                    {}
                    if not colour
                    else {"dst_colorspace": colour[0], "dst_color_range": colour[1]}
                ),
            )
            if colour:
                shown.colorspace, shown.color_range = colour[:2]
                shown.color_primaries, shown.color_trc = colour[2:]
            shown.pts, shown.time_base = stamp, time_base
            out.mux(video.encode(shown))
        out.mux(video.encode(None))
    return file


def clip_bytes(form: str = "matroska", **given: Any) -> bytes:
    """The bytes of such a file."""
    buffer = BytesIO()
    buffer.close = lambda: None  # type: ignore[method-assign]
    write_clip(buffer, form=form, **given)
    return buffer.getvalue()


def add_sound(out: Any, codec: str, number: int) -> Any:
    """A stream of sound, mono; the second one is Welsh and not the default."""
    stream = out.add_stream(codec, rate=SOUND)
    stream.layout = "mono"
    stream.metadata["language"] = ("eng", "cym")[number % 2]
    return stream


def encoded_sound(stream: Any, count: int) -> Iterable[Any]:
    """Packets of as much sound as there are frames."""
    form = stream.codec_context.format.name
    length = count * SOUND // RATE
    for at in range(0, length, 160):
        wave = 9000 * np.sin(np.arange(at, at + 160) / 7)
        data = wave.astype(np.float32) / 32768 if form.startswith("flt") else wave.astype(np.int16)
        frame = av.AudioFrame.from_ndarray(data[None], form, "mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND, at, Fraction(1, SOUND)
        yield from stream.encode(frame)


def add_subtitles(out: Any) -> list[Any]:
    """A stream of SubRip, and its packets."""
    with av.open(BytesIO(SUBTITLES), "r", format="srt") as read:
        template = read.streams[0]
        stream = out.add_stream_from_template(template)
        stream.metadata["language"] = "deu"
        packets = [packet for packet in read.demux() if packet.dts is not None]
        for packet in packets:
            packet.stream = stream
        return packets


def through(
    source: str | Path,
    target: str | Path,
    *,
    sigma: float | None = None,
    read: SourceOptions | None = None,
    **write: Any,
) -> StreamResult:
    """A clip through `stream_file`; without `sigma` its frames aren't changed."""
    options = StreamOptions(strength=0) if sigma is None else StreamOptions(sigma=sigma)
    return stream_file(source, target, options, read=read, write=TargetOptions(**write))


@dataclass
class Read:
    """What is in a video file: frames in their own layout, and all else."""

    layout: str
    frames: list[np.ndarray]
    times: list[Fraction]
    packets: list[list[bytes]]  # of each other stream
    when: list[list[Fraction]]
    kinds: list[tuple[str, str | None, str | None]]  # type, codec, language
    colour: tuple[int, int, int, int]
    matrix: tuple[int, ...] | None
    aspect: Fraction | None
    tags: dict[str, str]
    chapters: list[Any] = field(default_factory=list)
    dispositions: list[Any] = field(default_factory=list)


def read_clip(file: Any, form: str | None = None, options: dict[str, str] | None = None) -> Read:
    """All of it."""
    name = str(file) if isinstance(file, Path) else file
    with av.open(name, format=form, options=options or {}) as read:
        video = read.streams.video[0]
        others = [stream for stream in read.streams if stream is not video]
        packets: dict[int, list[bytes]] = {stream.index: [] for stream in others}
        when: dict[int, list[Fraction]] = {stream.index: [] for stream in others}
        frames = []
        for packet in read.demux():
            if packet.stream is video:
                frames += packet.decode()
            elif packet.dts is not None:
                packets[packet.stream.index].append(bytes(packet))
                when[packet.stream.index].append(packet.pts * packet.time_base)
        first = frames[0]
        turned = [data for data in first.side_data if data.type.name == "DISPLAYMATRIX"]
        return Read(
            layout=first.format.name,
            frames=[stored(frame) for frame in frames],
            times=[frame.pts * frame.time_base for frame in frames],
            packets=list(packets.values()),
            when=list(when.values()),
            kinds=[
                (s.type, s.codec_context and s.codec_context.name, s.metadata.get("language"))
                for s in others
            ],
            colour=(
                first.colorspace,
                first.color_range,
                first.color_primaries,
                first.color_trc,
            ),
            matrix=tuple(np.frombuffer(bytes(turned[0]), "<i4")[:9].tolist()) if turned else None,
            aspect=video.sample_aspect_ratio or video.codec_context.sample_aspect_ratio,
            tags=dict(read.metadata),
            chapters=read.chapters(),
            dispositions=[stream.disposition for stream in others],
        )


def stored(frame: Any) -> np.ndarray:
    """All samples of a frame in its own layout, one plane after the other."""
    planes = []
    for plane in frame.planes:
        form = frame.format
        wide = max(part.bits for part in form.components) > 8
        rows = np.frombuffer(plane, "<u2" if wide else "u1").reshape(plane.height, -1)
        parts = 1 if form.is_planar else form.padded_bits_per_pixel // (16 if wide else 8)
        planes.append(rows[:, : plane.width * parts].ravel())
    return np.concatenate(planes).astype(np.int64)
