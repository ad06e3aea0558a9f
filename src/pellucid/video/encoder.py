"""The encoder of a video: which, its settings, and the layout of samples that it takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pellucid.errors import OptionError, OutputError
from pellucid.video.clip import USUAL_RATE, ClipInfo, pyav
from pellucid.video.samples import form_of

CODECS = {"webm": "libsvtav1", "yuv4mpegpipe": "wrapped_avframe", "rawvideo": "rawvideo"}
USUAL = "libx264"
SETTINGS = {
    "libx264": {"crf": "17", "preset": "veryfast"},
    "libx265": {"crf": "19", "preset": "fast", "x265-params": "log-level=error"},
    "libsvtav1": {"crf": "24", "preset": "9"},
    "ffv1": {"level": "3", "slicecrc": "1"},
}
AT_ONCE = {"libx264": {"preset": "ultrafast", "tune": "zerolatency"}}
EVEN_SIDES = ("libx264", "libx265", "libsvtav1")  # unless colours have all samples
Y4M = ("gray", "yuv420p", "yuv422p", "yuv444p")  # and the same of more bits
TAKEN = {"wrapped_avframe": [*Y4M, *(f"{name}{bits}le" for name in Y4M for bits in (10, 12))]}


def open_encoder(
    container: Any, codec: str, info: ClipInfo, settings: Mapping[str, str], *, at_once: bool
) -> Any:
    """A stream of video (PyAV's) in a container, with its encoder open.

    Raises OptionError if there is no such encoder or it doesn't take the settings, OutputError if
    it doesn't take the frames.
    """
    if not is_encoder(codec):
        raise OptionError(f"{codec!r} encodes no video here; libx264, libx265 and ffv1 do")
    os.environ.setdefault("SVT_LOG", "1")  # libsvtav1 would talk on stderr
    stream = container.add_stream(codec, rate=info.rate or USUAL_RATE)
    context = stream.codec_context
    usual = SETTINGS.get(codec, {}) | (AT_ONCE.get(codec, {}) if at_once else {})
    context.options = usual | dict(settings)
    stream.width, stream.height = info.width, info.height
    stream.pix_fmt = pixel_format(codec, info)
    stream.time_base = context.time_base = info.time_base
    if info.aspect:
        stream.sample_aspect_ratio = info.aspect
    if info.matrix:
        stream.set_display_matrix(info.matrix)
    context.colorspace, context.color_range = info.colour[:2]
    context.color_primaries, context.color_trc = info.colour[2:]
    try:
        context.open()
    except pyav().FFmpegError as error:
        said = " with " + ", ".join(map("=".join, settings.items())) if settings else ""
        raise (OptionError if settings else OutputError)(
            f"the encoder {codec} doesn't take frames of {info.width} x {info.height} in "
            f"{stream.pix_fmt}{said}: {error.strerror}"
        ) from error
    unknown = sorted(context.options.keys() & settings.keys())
    if unknown:
        raise OptionError(f"the encoder {codec} has no setting {', '.join(unknown)}")
    return stream


def is_encoder(codec: str) -> bool:
    """Whether FFmpeg has an encoder of video by this name."""
    av = pyav()
    with suppress(av.codec.codec.UnknownCodecError):
        return bool(av.codec.Codec(codec, "w").type == "video")
    return False


def pixel_format(codec: str, info: ClipInfo) -> str:
    """Of those that the encoder takes the one that loses least of the source."""
    av = pyav()
    taken = TAKEN.get(codec) or [
        form.name for form in av.codec.Codec(codec, "w").video_formats or ()
    ]
    own = info.pixel_format or form_of(info.white.bit_length(), grey=info.channels == 1)
    if (info.width | info.height) % 2 and codec in EVEN_SIDES:
        taken = [name for name in taken if has_whole_colours(name)]
        if not taken:
            raise OutputError(
                f"{codec} takes only even sides, and the frames are {info.width} x {info.height}; "
                "write a .mp4 or .mkv, whose H.264 takes them"
            )
    elif not taken:
        return own
    if own in taken:
        return own
    best, _ = av.codec.codec.find_best_pix_fmt_of_list(taken, own)
    if best is None:
        raise OutputError(f"{codec} takes no samples such as the source's ({own})")
    return str(getattr(best, "name", best))


def has_whole_colours(name: str) -> bool:
    """Whether a layout has colour for each sample."""
    form = pyav().VideoFormat(name, 2, 2)
    return bool(form.chroma_width(2) == form.chroma_height(2) == 2)
