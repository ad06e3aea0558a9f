"""A video file or a pipe as a clip, by PyAV; samples as RGB or grey in the depth that they have.

Only the file itself is read: a playlist that names other files or hosts can't make FFmpeg open
them. A frame that can't be decoded is left out and noted. A source that ends in the middle of
something, or whose frames change their size, ends the clip there with `CutShort`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from typing import Any, BinaryIO

import numpy as np

from pellucid.bitstream.limits import DEFAULT_LIMITS
from pellucid.errors import InputError
from pellucid.pixels.lazy import check_size
from pellucid.video.clip import (
    ClipInfo,
    ClipSource,
    CutShort,
    Frame,
    check_form,
    clock,
    ffmpeg,
    pyav,
    reason,
)
from pellucid.video.raw_file import RawFile
from pellucid.video.samples import DEPTHS, exactly, form_of, matrix_of

NOWHERE = {"protocol_whitelist": "none"}
LENGTH_TOLD = ("matroska", "mov")  # in the header, and not guessed
SLACK = 0.5  # seconds that may lack at the end
TECHNICAL = ("major_brand", "minor_version", "compatible_brands", "encoder")  # tags of no title
MICROSECONDS = 10**6


class VideoSource(ClipSource):
    """A video that FFmpeg can read.

    Args:
        file: a binary file, which may be a pipe.
        name: for messages.
        form: FFmpeg's name of the container, if the file doesn't say it itself, such as rawvideo.
        options: for that, such as video_size.
        live: take no more time than must be, at the cost of speed.
        max_pixels: of a frame.

    Raises:
        InputError: there is no video in the file, or FFmpeg can't read it. LimitError: frames are
        larger than `max_pixels`.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        *,
        form: str | None = None,
        options: Mapping[str, str] | None = None,
        live: bool = False,
        max_pixels: int = DEFAULT_LIMITS.max_pixels,
    ) -> None:
        super().__init__()
        self._name, self._file = name, RawFile(file, self.stopped)
        if form is not None:
            check_form(form)
        bounds = {"max_pixels": str(max_pixels)}
        given = NOWHERE | bounds | dict(options or {})
        with self._file.heard(), ffmpeg(f"{name}: not a video that can be read"):
            self._container = pyav().open(
                self._file, "r", format=form, options=given, metadata_errors="replace"
            )
        self._waiting: list[Any] = []  # items before the first frame, and that
        self._last: int | None = None
        self._frames, self._end = 0, 0.0
        with ExitStack() as stack:
            stack.callback(self.close)
            self._stream = main_stream(self._container, name)
            if self._stream.width:
                check_size(name, (self._stream.height, self._stream.width, 1), max_pixels)
            self._stream.thread_type = "SLICE" if live else "AUTO"
            self._stream.codec_context.options = bounds
            self._packets = self._container.demux()
            with self._file.heard():
                self.info = self._look()
            stack.pop_all()

    def close(self) -> None:
        """See `ClipSource`."""
        self._container.close()

    def items(self) -> Generator[Any, None, None]:
        """See `ClipSource`."""
        for item in chain(self._waiting, self._read()):
            yield self._taken(item)
        self._waiting = []

    def _look(self) -> ClipInfo:
        """Read as far as the first frame, and say what the clip is by it."""
        try:
            for item in self._read():
                self._waiting.append(item)
                if not is_packet(item):
                    return self._info(item)
        except CutShort as error:
            raise InputError(f"{self._name}: {error}") from error
        raise InputError(
            f"{self._name}: no frame of the video can be decoded, or they have too many pixels "
            "(--max-pixels)"
        )

    def _info(self, frame: Any) -> ClipInfo:
        stream, container, form = self._stream, self._container, frame.format
        grey = form.name.startswith("gray")
        depth = min((d for d in DEPTHS if d >= max(c.bits for c in form.components)), default=16)
        self._form = form_of(depth, grey=grey)
        length = stream.duration
        if not length and container.duration is not None:
            length = round(container.duration / MICROSECONDS / stream.time_base)
        return ClipInfo(
            height=frame.height,
            width=frame.width,
            channels=1 if grey else 3,
            dtype=np.dtype(np.uint8 if depth == DEPTHS[0] else np.uint16),
            white=(1 << depth) - 1,
            rate=stream.average_rate or stream.guessed_rate,
            time_base=frame.time_base or stream.time_base,
            length=length,
            matrix=matrix_of(frame),
            pixel_format=form.name,
            colour=(frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc),
            aspect=stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio,
            tags={n: text for n, text in container.metadata.items() if n.lower() not in TECHNICAL},
            chapters=container.chapters(),
            others=tuple(each for each in container.streams if each.type != "video"),
            remarks=tuple(self._remarks(frame)),
        )

    def _remarks(self, frame: Any) -> Iterator[str]:
        """What of the source can't be kept."""
        if any(part.is_alpha for part in frame.format.components):
            yield "its transparency is left out"
        if frame.interlaced_frame:
            yield "its frames are two fields each, and are denoised and written as whole ones"
        left = len(self._container.streams.video) - 1
        if left:
            yield (
                f"{left} more of its streams of video are left out"
                if left > 1
                else ("another stream of video in it, maybe the picture on a cover, is left out")
            )

    def _read(self) -> Iterator[Any]:
        """Frames and packets as PyAV gives them."""
        error = None
        try:
            for packet in self._packets:
                self._note_end(packet)
                if packet.stream is not self._stream:
                    if packet.stream.type != "video" and packet.dts is not None:
                        yield packet
                    continue
                yield from self._decoded(packet)
        except (OSError, ValueError) as found:  # PyAV's errors are these
            error = found
        if error is not None:
            yield from self._decoded(None)
            raise CutShort(f"the source breaks off {self._where()}: {reason(error)}") from error
        self._check_end()

    def _check_end(self) -> None:
        """Raise CutShort if the header tells of more."""
        told = (self._container.duration or 0) / MICROSECONDS
        start = (self._container.start_time or 0) / MICROSECONDS
        by_header = self._container.format.name.split(",")[0] in LENGTH_TOLD
        if by_header and self._end - start + SLACK < told:
            raise CutShort(f"the source ends at {clock(self._end - start)} of {clock(told)}")

    def _note_end(self, packet: Any) -> None:
        """How far the source goes."""
        if packet.pts is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            self._end = max(self._end, float(end))

    def _decoded(self, packet: Any) -> Iterator[Any]:
        """Frames of a packet; of one that can't be decoded, none, and a note."""
        try:
            yield from self._stream.decode(packet)
        except (OSError, ValueError) as error:
            if packet is not None:
                self.lost.append(f"{self._where()}: {reason(error)}")

    def _where(self) -> str:
        """After which frame, for messages."""
        if not self._frames or self._last is None:
            return "before the first frame"
        return f"after frame {self._frames - 1} ({clock(self.info.seconds(self._last))})"

    def _taken(self, item: Any) -> Any:
        """A packet as it is; of a frame, its samples and time."""
        if is_packet(item):
            return item
        info = self.info
        if (item.height, item.width) != (info.height, info.width):
            raise CutShort(
                f"the picture changes from {info.width} x {info.height} to {item.width} x "
                f"{item.height} {self._where()}; denoise what follows as a clip of its own"
            )
        stamp = item.pts
        if stamp is None:
            stamp = 0 if self._last is None else self._last + info.ticks
        if self._last is not None:
            stamp = max(stamp, self._last + 1)
        self._last, self._frames = stamp, self._frames + 1
        if item.is_corrupt:
            self.lost.append(f"{self._where()} is damaged")
        with ffmpeg(f"{self._name}: its samples can't be converted"):
            samples = item.reformat(format=self._form, interpolation=exactly()).to_ndarray()
        samples = samples[..., None] if samples.ndim == 2 else samples
        return Frame(samples, stamp, item.duration or 0, item)


def main_stream(container: Any, name: str) -> Any:
    """The largest stream of video that is no picture on a cover; InputError if there is none."""
    videos = [
        stream
        for stream in container.streams.video
        if not stream.disposition & type(stream.disposition).attached_pic
    ]
    if not videos:
        raise InputError(f"{name}: there is no video in this file")
    known = [stream for stream in videos if stream.codec_context is not None]
    if not known:
        raise InputError(f"{name}: FFmpeg has no decoder for its video")
    return max(known, key=lambda stream: stream.width * stream.height)


def is_packet(item: Any) -> bool:
    """Whether it is a packet (PyAV's) and not a frame."""
    return isinstance(item, pyav().Packet)
