"""A sequence of .pel frames (`.pels`) as a clip's source and sink.

Samples of more than 8 bits are stretched to 16, as the codec expects. What FFmpeg must know to make
the same kind of video of the frames again is in tags. The source's other streams are kept as they
are, in a Matroska file of their own that is attached.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.options import CompressOptions, DecompressOptions
from pellucid._api.sequence import open_sequence
from pellucid._api.sequence_writer import write_sequence
from pellucid.bitstream.limits import DEFAULT_LIMITS, Limits
from pellucid.errors import InputError, OutputError
from pellucid.video.clip import (
    WHITE,
    ClipInfo,
    ClipSource,
    Frame,
    clock,
    ffmpeg,
    pyav,
    rotation_of,
    turned,
)
from pellucid.video.others import MATROSKA, OtherStreams
from pellucid.video.read import NOWHERE

STREAMS = "streams.mkv"
LAYOUT, COLOUR, BITS = "pixel_format", "colour", "bits"  # tags that are ours
OURS = (LAYOUT, COLOUR, BITS)


class PelsSource(ClipSource):
    """Frames of a .pels; damaged ones are left out and noted."""

    def __init__(self, path: str, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__()
        self._stack, self._name = ExitStack(), path
        options = DecompressOptions(limits=limits)
        self._file = self._stack.enter_context(open_sequence(path, options, keep_going=True))
        self.lost += self._file.damage
        with self._stack:  # closes the file if something is wrong here
            self._streams = self._open_streams()
            self.info = self._info()
            self._stack = self._stack.pop_all()

    def close(self) -> None:
        """See `ClipSource`."""
        self._stack.close()

    def items(self) -> Generator[Any, None, None]:
        """See `ClipSource`."""
        packets = iter(()) if self._streams is None else self._streams.demux()
        packet = next(packets, None)
        for found in self._file.frames():
            stamp = found.timestamp or 0  # of a lost one it may be unknown
            now = self.info.seconds(stamp)
            while packet is not None and (
                packet.dts is None or packet.dts * packet.time_base <= now
            ):
                if packet.dts is not None:
                    yield packet
                packet = next(packets, None)
            if found.damage:
                at = clock(now)
                self.lost.append(f"frame {found.number} ({at}): {'; '.join(found.damage)}")
            else:
                picture = np.asarray(found.picture)
                samples = picture[..., None] if picture.ndim == 2 else picture
                samples = stretched(samples, self._white, self.info.white)
                yield Frame(samples, stamp, found.duration or 0)
        while packet is not None:
            if packet.dts is not None:
                yield packet
            packet = next(packets, None)

    def _open_streams(self) -> Any:
        if STREAMS not in self._file.attached:
            return None
        with ffmpeg(f"{self._name}: the sound and other streams in it can't be read"):
            data = self._file.open_attached(STREAMS)
            return self._stack.enter_context(pyav().open(data, "r", options=NOWHERE))

    def _info(self) -> ClipInfo:
        about = self._file.about
        if about.dtype not in WHITE or about.channels not in (1, 3):
            raise InputError(
                f"{self._name} has frames of {about.kind}, and a video takes grey or RGB of 8 or "
                "16 bits; pellucid decompress writes them as pictures"
            )
        self._white = WHITE[about.dtype]
        tags = {name: text for name, text in about.tags.items() if name not in OURS}
        times = [time for time in self._file.timestamps if time is not None]
        return ClipInfo(
            height=about.height,
            width=about.width,
            channels=about.channels,
            dtype=np.dtype(about.dtype),
            white=white_of(about.tags.get(BITS, ""), self._white),
            rate=about.rate,
            time_base=about.time_base,
            length=times[-1] - times[0] if times else None,
            matrix=turned(about.rotation) if about.rotation else None,
            pixel_format=about.tags.get(LAYOUT),
            colour=colour_of(about.tags.get(COLOUR, "")),
            tags=tags,
            others=() if self._streams is None else tuple(self._streams.streams),
        )


class PelsSink:
    """Frames into a new .pels.

    Raises:
        OutputError: the target exists and `force` is false, or can't be written.
    """

    def __init__(
        self,
        target: str,
        info: ClipInfo,
        options: CompressOptions,
        *,
        force: bool,
        alone: bool,
    ) -> None:
        self._info, self._name, self.remarks = info, target, list[str]()
        self._stack = ExitStack()
        rotation = rotation_of(info.matrix)
        if rotation is None:
            self.remarks.append("how players turn or mirror the frames can't be kept in a .pels")
        bits = str(info.white.bit_length())
        tags = info.tags | {COLOUR: " ".join(map(str, info.colour)), BITS: bits}
        if info.pixel_format:
            tags[LAYOUT] = info.pixel_format
        self._out = self._stack.enter_context(
            write_sequence(
                target,
                options,
                rate=info.rate,
                time_base=info.time_base,
                rotation=rotation or 0,
                tags=tags,
                force=force,
                partial=True,
            )
        )
        self._last: int | None = None
        self._streams: Any = None
        if info.others and not alone:
            with ExitStack() as stack:
                stack.callback(self.abandon)
                self._open_streams()
                stack.pop_all()

    def frame(self, frame: Frame) -> None:
        """See `ClipSink`."""
        samples = frame.samples
        samples = stretched(samples, self._info.white, WHITE[samples.dtype.name])
        samples = samples[..., 0] if samples.shape[2] == 1 else samples
        stamp, last = frame.timestamp, self._last
        self._last = stamp if last is None else max(last + 1, stamp)
        self._out.add(samples, self._last, frame.duration or None)

    def other(self, packet: Any) -> None:
        """See `ClipSink`."""
        if self._streams is not None:
            with ffmpeg(f"cannot write {self._kept}", OutputError):
                self._others.take(packet)

    def finish(self) -> None:
        """See `ClipSink`."""
        with self._stack:
            if self._streams is not None:
                self._streams.close()
                self._out.attach(STREAMS, self._kept)

    def abandon(self) -> None:
        """See `ClipSink`."""
        self._stack.close()

    def _open_streams(self) -> None:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="pellucid-"))
        self._kept = os.path.join(folder, STREAMS)
        self._streams = pyav().open(self._kept, "w", format=MATROSKA)
        self._others = OtherStreams(self._streams, MATROSKA, self._info.others)
        self.remarks += self._others.remarks
        if not self._others:
            self._streams.close()
            self._streams = None


def stretched(samples: NDArray[Any], white: int, to: int) -> NDArray[Any]:
    """Samples with another white; the way back is exact, if that was above."""
    if white == to:
        return samples
    samples = np.minimum(samples, np.array(white, samples.dtype))
    return ((samples.astype(np.uint32) * to + white // 2) // white).astype(samples.dtype)


def white_of(text: str, most: int) -> int:
    """What a tag says of the bits, up to those that there are; all if it doesn't."""
    bits = int(text) if text.isdecimal() and len(text) < 3 else 0
    return (1 << bits) - 1 if 8 < bits <= most.bit_length() else most


def colour_of(text: str) -> tuple[int, int, int, int]:
    """What a tag says of colour; unspecified if it doesn't."""
    parts = text.split()
    if len(parts) == 4 and all(part.isdecimal() and len(part) < 4 for part in parts):
        first, second, third, fourth = map(int, parts)
        return first, second, third, fourth
    return ClipInfo.colour
