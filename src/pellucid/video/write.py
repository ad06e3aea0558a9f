"""Frames and the source's other streams into a video file or a pipe, by PyAV.

What was written stays playable if writing stops: MP4 and MOV are written in fragments of a second,
and become plain files at the end. Times are the source's own, also where they aren't even.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from pellucid.errors import OptionError, OutputError, refusing
from pellucid.video.clip import USUAL_RATE, ClipInfo, Frame, pyav, rotation_of
from pellucid.video.raw_file import RawFile
from pellucid.video.read import exactly, form_of

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
CODECS = {"webm": "libsvtav1", "yuv4mpegpipe": "wrapped_avframe", "rawvideo": "rawvideo"}
USUAL = "libx264"
SETTINGS = {
    "libx264": {"crf": "17", "preset": "veryfast"},
    "libx265": {"crf": "19", "preset": "fast", "x265-params": "log-level=error"},
    "libsvtav1": {"crf": "24", "preset": "9"},
    "ffv1": {"level": "3", "slicecrc": "1"},
}
AT_ONCE = {"libx264": {"preset": "ultrafast", "tune": "zerolatency"}}
# The header waits for the first packets, as it must say at which time each stream begins.
FRAGMENTS = {"movflags": "+hybrid_fragmented+delay_moov", "frag_duration": "1000000"}
PLAYED_BACK = ("mp4", "mov")
TURNING = (*PLAYED_BACK, "matroska", "webm")
TIMELESS = ("yuv4mpegpipe", "rawvideo")  # frames one after the other
ANY_SOUND = ("mpegts",)  # FFmpeg has no list of what they hold
NOUNS = {"audio": "sound", "subtitle": "subtitles"}
UNEVEN = 0.5  # of the time between frames
EVEN_SIDES = ("libx264", "libx265", "libsvtav1")  # unless colours have all samples


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
        OutputError: the container can't hold the frames, or the source's sound or subtitles.
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
        self._file, self._others = RawFile(file), dict[int, Any]()
        self._first: int | None = None  # timestamp
        self._rate, self._count, self._uneven = info.rate or USUAL_RATE, 0, False
        av = pyav()
        if form not in av.formats_available:
            raise OptionError(f"there is no container {form!r}; such as mp4, matroska and nut are")
        options = FRAGMENTS if form in PLAYED_BACK and file.seekable() else {}
        with self._writing():
            self._container = av.open(self._file, "w", format=form, options=options)
        with ExitStack() as stack:
            stack.callback(self.abandon)
            self._video = self._video_stream(
                codec or CODECS.get(form, USUAL), settings or {}, at_once=at_once
            )
            self._remark()
            if not alone:
                self._take_others()
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
        shown = shown.reformat(
            format=self._video.pix_fmt,
            dst_colorspace=matrix,
            dst_color_range=levels,
            interpolation=exactly(),
        )
        shown.colorspace, shown.color_range = matrix, levels
        shown.color_primaries, shown.color_trc = primaries, curve
        shown.pts, shown.time_base = frame.timestamp, info.time_base
        shown.pict_type = 0  # the encoder chooses
        if frame.duration:
            shown.duration = frame.duration
        self._mux(lambda: self._video.encode(shown))
        if self._form in TIMELESS:
            self._note_time(frame.timestamp)

    def other(self, packet: Any) -> None:
        """See `ClipSink`."""
        stream = self._others.get(packet.stream.index)
        if stream is not None:
            packet.stream = stream
            self._mux(lambda: packet)

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
        with self._file.heard(), refusing(f"cannot write {self._name}", OutputError):
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

    def _video_stream(self, codec: str, settings: Mapping[str, str], *, at_once: bool) -> Any:
        av, info = pyav(), self._info
        usual = SETTINGS.get(codec, {}) | (AT_ONCE.get(codec, {}) if at_once else {})
        os.environ.setdefault("SVT_LOG", "1")  # libsvtav1 would talk on stderr
        with refusing(
            f"there is no encoder {codec!r} here; such as libx264, libx265 and ffv1 are",
            OptionError,
        ):
            av.codec.Codec(codec, "w")
        with self._writing():
            stream = self._container.add_stream(codec, rate=self._rate)
            context = stream.codec_context
            context.options = usual | dict(settings)
            if self._form in TIMELESS:
                context.options |= {"strict": "-1"}
            stream.width, stream.height = info.width, info.height
            stream.pix_fmt = pixel_format(av, codec, info)
            stream.time_base = context.time_base = info.time_base
            if info.aspect:
                stream.sample_aspect_ratio = info.aspect
            if info.matrix:
                stream.set_display_matrix(info.matrix)
            context.colorspace, context.color_range = info.colour[:2]
            context.color_primaries, context.color_trc = info.colour[2:]
        with refusing(f"{codec} doesn't take this video with {settings}", OutputError):
            context.open()
        unknown = sorted(context.options.keys() & settings.keys())
        if unknown:
            raise OptionError(f"the encoder {codec} has no setting {', '.join(unknown)}")
        return stream

    def _remark(self) -> None:
        """What of the frames can't be kept."""
        if rotation_of(self._info.matrix) != 0 and self._form not in TURNING:
            self.remarks.append(f"{self._form} can't say how viewers are to turn the frames")

    def _take_others(self) -> None:
        """Streams that go over as they are; OutputError if the container can't hold one."""
        known = self._container.supported_codecs
        for other in self._info.others:
            name = other.codec_context.name if other.codec_context else None
            kind = NOUNS.get(other.type, other.type)
            attached = other.type == "attachment" and self._form == "matroska"
            if attached or name in known or (name and self._form in ANY_SOUND):
                with refusing(f"cannot write {self._name}: the source's {kind}", OutputError):
                    copied = self._container.add_stream_from_template(other)
                    copied.metadata.update(other.metadata)
                    copied.disposition = other.disposition
                self._others[other.index] = copied
            elif other.type in NOUNS:
                raise OutputError(
                    f"{self._form} can't hold the source's {kind} ({name or 'unknown'}): write "
                    "Matroska (.mkv, or --to matroska), or leave all but the video out with "
                    "--only-video"
                )
            elif name or not self._info.chapters:  # chapters of MP4 are a stream, too
                self.remarks.append(f"a stream of {kind} is left out: {self._form} can't hold it")


def form_for(name: str) -> str:
    """FFmpeg's container for a file of this name; OutputError for an unknown suffix."""
    suffix = Path(name).suffix.lower()
    if suffix in FORMS:
        return FORMS[suffix]
    raise OutputError(
        f"cannot write {name}: the suffix {suffix!r} is of no video; use {', '.join(FORMS)}"
    )


def pixel_format(av: Any, codec: str, info: ClipInfo) -> str:
    """Of those that the encoder takes the one that loses least of the source."""
    taken = [form.name for form in av.codec.Codec(codec, "w").video_formats or ()]
    own = info.pixel_format or form_of(info.white.bit_length(), grey=info.channels == 1)
    if (info.width | info.height) % 2 and codec in EVEN_SIDES:
        taken = [name for name in taken if has_whole_colours(av, name)]
        if not taken:
            raise OutputError(
                f"{codec} takes only even sides, and the frames are {info.width} x {info.height}; "
                "use --codec libx264"
            )
    elif not taken:
        return own
    if own in taken:
        return own
    best, _ = av.codec.codec.find_best_pix_fmt_of_list(taken, own)
    if best is None:
        raise OutputError(f"{codec} takes no samples such as the source's ({own})")
    return str(getattr(best, "name", best))


def has_whole_colours(av: Any, name: str) -> bool:
    """Whether a layout has colour for each sample."""
    form = av.VideoFormat(name, 2, 2)
    return bool(form.chroma_width(2) == form.chroma_height(2) == 2)
