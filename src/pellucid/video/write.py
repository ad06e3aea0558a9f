"""Frames and the source's other streams into a video file or a pipe, by PyAV.

What was written stays playable if writing stops: MP4 and MOV are written in fragments of a second,
and become plain files at the end. Times are the source's own, also where they aren't even.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from pellucid.errors import OutputError
from pellucid.video.clip import USUAL_RATE, ClipInfo, Frame, check_form, ffmpeg, pyav, rotation_of
from pellucid.video.encoder import CODECS, USUAL, open_encoder
from pellucid.video.others import OtherStreams
from pellucid.video.raw_file import RawFile
from pellucid.video.samples import exactly, form_of

# Suffix -> FFmpeg's container.
FORMS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".y4m": "yuv4mpegpipe",
    ".yuv": "rawvideo",
    ".ts": "mpegts",
}
# The header waits for the first packets, as it must say at which time each stream begins.
FRAGMENTS = {"movflags": "+hybrid_fragmented+delay_moov", "frag_duration": "1000000"}
PIPED = {"movflags": "+frag_keyframe+delay_moov"}
PLAYED_BACK = ("mp4", "mov")
OPTIONS = dict.fromkeys(PLAYED_BACK, FRAGMENTS) | {"yuv4mpegpipe": {"strict": "-1"}}  # 10 bits
TURNING = (*PLAYED_BACK, "matroska", "webm")
UNSTRETCHED = ("matroska", "webm")  # PyAV can't write the shape of samples there,
STRETCHED = ("libx264", "libx265")  # but these have it in their streams
TIMELESS = ("yuv4mpegpipe", "rawvideo")  # frames one after the other
FULL, FINE = 2, "yuv444p12le"  # straight to full range FFmpeg makes colours half a level less
UNEVEN = 0.5  # of the time between frames


class VideoSink:
    """A video that FFmpeg can write.

    Args:
        file: a binary file; one that can't seek is a pipe.
        name: for messages.
        form: FFmpeg's name of the container.
        codec: FFmpeg's name of the encoder; None: the usual one of the container.
        settings: for the encoder.
        at_once: give each frame out as soon as it can be.
        alone: without the source's other streams.

    Raises:
        OutputError: the container can't hold the frames, or the source's sound.
        OptionError: there is no such encoder or container, or it doesn't take the settings.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        info: ClipInfo,
        *,
        form: str,
        codec: str | None = None,
        settings: Mapping[str, str] | None = None,
        at_once: bool = False,
        alone: bool = False,
    ) -> None:
        self._name, self._info, self._form, self.remarks = name, info, form, list[str]()
        self._file = RawFile(file)
        self._others: OtherStreams | None = None
        self._first: int | None = None  # timestamp
        self._rate, self._count, self._uneven = info.rate or USUAL_RATE, 0, False
        self._ticks = 1 / self._rate if form in TIMELESS else info.time_base
        check_form(form)
        options = OPTIONS.get(form, {})
        if form in PLAYED_BACK and not file.seekable():
            options = PIPED
        with self._writing():
            self._container = pyav().open(self._file, "w", format=form, options=options)
        with ExitStack() as stack:
            stack.callback(self.abandon)
            codec = codec or CODECS.get(form, USUAL)
            with self._writing():
                self._video = open_encoder(
                    self._container,
                    codec,
                    replace(info, time_base=self._ticks),
                    settings or {},
                    at_once=at_once,
                )
            self._remark()
            if not alone:
                self._others = OtherStreams(self._container, form, info.others)
                self.remarks += self._others.remarks
            self._container.metadata.update(info.tags)
            if info.chapters:
                self._container.set_chapters(info.chapters)
            with self._writing():
                self._container.start_encoding()
            stack.pop_all()

    def frame(self, frame: Frame) -> None:
        """See `ClipSink`."""
        info, shown = self._info, frame.own
        if shown is None:
            form = form_of(info.white.bit_length(), grey=info.channels == 1)
            samples = frame.samples[..., 0] if info.channels == 1 else frame.samples
            shown = pyav().VideoFrame.from_ndarray(samples, form)
        matrix, levels, primaries, curve = info.colour
        coarse = frame.own is None and levels == FULL and self._video.pix_fmt.startswith("yuv")
        for form in ([FINE] if coarse else []) + [self._video.pix_fmt]:
            shown = shown.reformat(
                format=form,
                dst_colorspace=matrix,
                dst_color_range=levels,
                interpolation=exactly(),
            )
        shown.colorspace, shown.color_range = matrix, levels
        shown.color_primaries, shown.color_trc = primaries, curve
        shown.pts, shown.time_base = frame.timestamp, self._ticks
        shown.pict_type = 0  # the encoder chooses
        if frame.duration:
            shown.duration = frame.duration
        if self._form in TIMELESS:
            shown.pts, shown.duration = self._count, 1
            self._note_time(frame.timestamp)
        self._mux(lambda: self._video.encode(shown))

    def other(self, packet: Any) -> None:
        """See `ClipSink`."""
        if self._others is not None:
            with self._writing():
                self._others.take(packet)

    def finish(self) -> None:
        """See `ClipSink`."""
        self._mux(lambda: self._video.encode(None))
        with self._writing():
            self._container.close()

    def abandon(self) -> None:
        """See `ClipSink`."""
        with suppress(Exception):
            self._container.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._file.heard(), ffmpeg(f"cannot write {self._name}", OutputError):
            yield

    def _mux(self, packets: Callable[[], Any]) -> None:
        with self._writing():
            self._container.mux(packets())

    def _note_time(self, stamp: int) -> None:
        """Remark, once, on times that the container doesn't hold."""
        self._first = stamp if self._first is None else self._first
        late = self._info.seconds(stamp - self._first) * float(self._rate) - self._count
        self._count += 1
        if abs(late) > UNEVEN and not self._uneven:
            self._uneven = True
            self.remarks.append(f"{self._form} holds no times, and its frames come at uneven ones")

    def _remark(self) -> None:
        """What of the frames can't be kept."""
        if rotation_of(self._info.matrix) != 0 and self._form not in TURNING:
            self.remarks.append(f"{self._form} can't say how viewers are to turn the frames")
        aspect, codec = self._info.aspect or 1, self._video.codec.name
        if aspect != 1 and self._form in UNSTRETCHED and codec not in STRETCHED:
            self.remarks.append(
                f"{codec} in {self._form} can't say that samples are {aspect} as wide as high"
            )


def form_for(name: str) -> str:
    """FFmpeg's container for a file of this name; OutputError for an unknown suffix."""
    suffix = Path(name).suffix.lower()
    if suffix in FORMS:
        return FORMS[suffix]
    raise OutputError(
        f"cannot write {name}: the suffix {suffix!r} is of no video; use {', '.join(FORMS)}"
    )
