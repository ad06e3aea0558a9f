"""Frames and the source's other streams into a video file or a pipe, by PyAV.

What was written stays playable if writing stops: MP4 and MOV are written in fragments of a second,
and become plain files at the end. Times are the source's own, also where they aren't even.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from pellucid.errors import InputError, OptionError, OutputError, refusing
from pellucid.video.clip import ClipInfo, Frame, pyav
from pellucid.video.read import exactly, form_of

# Suffix -> FFmpeg's container.
FORMS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
    ".y4m": "yuv4mpegpipe",
    ".yuv": "rawvideo",
    ".ts": "mpegts",
}
CODECS = {"webm": "libsvtav1", "yuv4mpegpipe": "wrapped_avframe", "rawvideo": "rawvideo"}
USUAL = "libx264"
SETTINGS = {
    "libx264": {"crf": "17", "preset": "veryfast"},
    "libx265": {"crf": "19", "preset": "fast"},
    "libsvtav1": {"crf": "24", "preset": "9"},
    "ffv1": {"level": "3", "slicecrc": "1"},
}
AT_ONCE = {"libx264": {"preset": "ultrafast", "tune": "zerolatency"}}
FRAGMENTS = {"movflags": "+hybrid_fragmented", "frag_duration": "1000000"}
PLAYED_BACK = ("mp4", "mov")
NOUNS = {"audio": "sound", "subtitle": "subtitles"}


class VideoSink:
    """A video that FFmpeg can write.

    Args:
        file: a binary file; one that can't seek is a pipe.
        name: for messages, and for the container, by its suffix.
        form: FFmpeg's name of the container, instead.
        codec: FFmpeg's name of the encoder; None: the usual one of the container.
        settings: for the encoder.
        at_once: give each frame out as soon as it can be.
        alone: without the source's other streams.

    Raises:
        OutputError: the container can't hold the frames, or the source's sound or subtitles.
        OptionError: there is no such encoder, or it doesn't take the settings.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        info: ClipInfo,
        *,
        form: str | None = None,
        codec: str | None = None,
        settings: Mapping[str, str] | None = None,
        at_once: bool = False,
        alone: bool = False,
    ) -> None:
        self._name, self._info, self.remarks = name, info, list[str]()
        av = pyav()
        form = form or form_for(name)
        codec = codec or CODECS.get(form, USUAL)
        options = FRAGMENTS if form in PLAYED_BACK and file.seekable() else {}
        with refusing(f"cannot write {name}", OutputError):
            self._container = av.open(file, "w", format=form, options=options)
        given = SETTINGS.get(codec, {}) | (AT_ONCE.get(codec, {}) if at_once else {})
        self._video = self._video_stream(codec, given | dict(settings or {}))
        self._others: dict[int, Any] = {}
        if not alone:
            self._take_others(form)
        self._container.metadata.update(info.tags)
        if info.chapters:
            self._container.set_chapters(info.chapters)
        with refusing(f"cannot write {name}", OutputError):
            self._container.start_encoding()

    def frame(self, frame: Frame) -> None:
        """See `ClipSink`."""
        av, info = pyav(), self._info
        depth = info.white.bit_length()
        form = form_of(depth, grey=info.channels == 1)
        samples = frame.samples[..., 0] if info.channels == 1 else frame.samples
        shown = av.VideoFrame.from_ndarray(samples, form)
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
        if frame.duration:
            shown.duration = frame.duration
        self._mux(lambda: self._video.encode(shown))

    def other(self, packet: Any) -> None:
        """See `ClipSink`."""
        stream = self._others.get(packet.stream.index)
        if stream is None:
            return
        packet.stream = stream
        self._mux(lambda: packet)

    def finish(self) -> None:
        """See `ClipSink`."""
        self._mux(lambda: self._video.encode(None))
        with refusing(f"cannot write {self._name}", OutputError):
            self._container.close()

    def abandon(self) -> None:
        """See `ClipSink`."""
        with suppress(Exception):
            self._container.close()

    def _mux(self, packets: Any) -> None:
        with refusing(f"cannot write {self._name}", OutputError):
            self._container.mux(packets())

    def _video_stream(self, codec: str, settings: dict[str, str]) -> Any:
        av, info = pyav(), self._info
        if codec not in av.codecs_available:
            raise OptionError(
                f"there is no encoder {codec!r}; such as libx264, libx265 and ffv1 are"
            )
        with refusing(f"cannot write {self._name} with {codec}", OutputError):
            stream = self._container.add_stream(codec, rate=info.rate or 25, options=settings)
            stream.width, stream.height = info.width, info.height
            stream.pix_fmt = pixel_format(av, codec, info)
            stream.time_base = stream.codec_context.time_base = info.time_base
            if info.aspect:
                stream.sample_aspect_ratio = info.aspect
            if info.matrix:
                stream.set_display_matrix(info.matrix)
            context = stream.codec_context
            context.colorspace, context.color_range = info.colour[:2]
            context.color_primaries, context.color_trc = info.colour[2:]
        return stream

    def _take_others(self, form: str) -> None:
        """Streams that go over as they are; OutputError if the container can't hold one."""
        known = self._container.supported_codecs
        for other in self._info.others:
            context = other.codec_context
            kind = NOUNS.get(other.type, other.type)
            if context is not None and context.name in known:
                with refusing(f"cannot write {self._name}: the source's {kind}", OutputError):
                    self._others[other.index] = self._container.add_stream_from_template(other)
            elif other.type in NOUNS:
                raise OutputError(
                    f"{self._name} can't hold the source's {kind} ({context.name}, in {form}); "
                    "write a .mkv, or leave all but the video out with --only-video"
                )
            else:
                self.remarks.append(f"a stream of {kind} is left out: {form} can't hold it")


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
    if not taken or own in taken:
        return own
    best, _ = av.codec.codec.find_best_pix_fmt_of_list(taken, own)
    if best is None:
        raise InputError(f"{codec} takes no samples such as the source's ({own})")
    return str(getattr(best, "name", best))
