"""`stream_file`: which source and which sink a name stands for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from pellucid._api.files import refuse_same_file
from pellucid._api.options import CompressOptions
from pellucid._api.sequence import is_sequence
from pellucid.bitstream.limits import DEFAULT_LIMITS, Limits, check_limits
from pellucid.errors import OptionError, OutputError, reading, require
from pellucid.pixels.atomic import new_file
from pellucid.video.clip import ClipInfo, ClipSink, ClipSource
from pellucid.video.pels import PelsSink, PelsSource
from pellucid.video.pictures import CameraSource, FolderSource
from pellucid.video.read import VideoSource
from pellucid.video.run import StreamResult, play
from pellucid.video.stream import StreamOptions
from pellucid.video.work import State
from pellucid.video.write import VideoSink, form_for

STREAM = "-"
CAMERA = "camera:"
PEL, SUFFIX = "pel", ".pels"
RAW = "rawvideo"
PIPE_FORM = "yuv4mpegpipe"
FRAMES = CompressOptions(model="s")  # of a .pels: fast


@dataclass(frozen=True)
class SourceOptions:
    """What the source doesn't say itself.

    Attributes:
        form: FFmpeg's name of the container, such as rawvideo; None: by the bytes.
        size: (width, height) of raw video.
        rate: frames a second, of raw video, a folder, a camera.
        layout: FFmpeg's name of the samples of raw video, such as yuv420p.
        limits: `max_pixels` bounds a frame.
    """

    form: str | None = None
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    layout: str | None = None
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        check_limits(self.limits)
        raw = self.form == RAW
        for name, value in (("size", self.size), ("layout (--pixels)", self.layout)):
            if value is not None and not raw:
                raise OptionError(f"{name} is of raw video alone: give --from rawvideo with it")
        if raw and self.size is None:
            raise OptionError("raw video doesn't say its size; give it with --size 640,480 (size)")
        require(self.rate is None or self.rate > 0, "rate", self.rate, "above 0")

    @property
    def for_ffmpeg(self) -> dict[str, str]:
        """As the demuxer's options."""
        said = {
            "video_size": None if self.size is None else f"{self.size[0]}x{self.size[1]}",
            "framerate": None if self.rate is None else str(self.rate),
            "pixel_format": self.layout,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class TargetOptions:
    """How the result is written.

    Attributes:
        form: pel, or FFmpeg's name of a container; None: by the name's suffix, and Y4M to a pipe.
        codec: FFmpeg's name of an encoder.
        settings: for that.
        frames: how frames of a .pels are compressed.
        alone: without sound, subtitles and all else.
        force: replace what is there.
    """

    form: str | None = None
    codec: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    frames: CompressOptions = FRAMES
    alone: bool = False
    force: bool = False


def stream_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    options: StreamOptions | None = None,
    *,
    read: SourceOptions | None = None,
    write: TargetOptions | None = None,
    realtime: bool = False,
    told: State | None = None,
) -> StreamResult:
    """Take the noise off a video; sound, subtitles, times, rotation and bit depth stay.

    Args:
        source: a video file, a .pels, a folder of pictures, `-` for standard input, or `camera:0`.
        target: a video file by its suffix, a .pels, or `-` for standard output.
        options: of the denoiser, as in `stream`.
        read, write: how.
        realtime: keep up with the source; a file is then taken at the speed it plays at.
        told: is called after each frame with how far it is.

    What ends the work early leaves a file with the frames until then. A source that breaks off is
    told in the result's `missing`; anything else is raised, with the result as its `result`.

    Raises:
        InputError: the source can't be read. OutputError: the target can't be written, or can't
        hold what the source has. OptionError: an option is out of range.
    """
    options, read, write = (
        options or StreamOptions(),
        read or SourceOptions(),
        write or TargetOptions(),
    )
    source, target = os.fspath(source), os.fspath(target)
    options.denoiser()  # a wrong model is said before anything is opened
    if STREAM not in (source, target):
        refuse_same_file(target, source)
    with ExitStack() as stack:
        clip = stack.enter_context(open_source(source, read, stack, live=realtime))
        with ExitStack() as output:
            result = play(
                clip,
                lambda info: open_sink(target, info, write, output, at_once=realtime),
                options,
                realtime=realtime,
                paced=realtime and (os.path.isfile(source) or os.path.isdir(source)),
                told=told,
            )
    if result.early is not None:
        result.early.result = result  # type: ignore[attr-defined]
        raise result.early
    return result


def open_source(source: str, options: SourceOptions, stack: ExitStack, *, live: bool) -> ClipSource:
    """What a name stands for; files are closed with the stack."""
    if source.startswith(CAMERA):
        number = source.removeprefix(CAMERA)
        return CameraSource(int(number) if number.isdecimal() else number, options.rate)
    if os.path.isdir(source):
        return FolderSource(Path(source), options.rate, options.limits)
    if options.rate is not None and options.form != RAW:
        raise OptionError(
            f"rate is {options.rate}, and {source} has times of its own: leave it out; it is of "
            "raw video, folders and cameras"
        )
    if os.path.isfile(source) and is_sequence(source):
        return PelsSource(source, options.limits)
    name, file = "standard input", sys.stdin.buffer
    if source != STREAM:
        with reading(source, "video"):
            name, file = source, stack.enter_context(open(source, "rb"))  # noqa: SIM115
    return VideoSource(
        file,
        name,
        form=options.form,
        options=options.for_ffmpeg,
        live=live,
        max_pixels=options.limits.max_pixels,
    )


def open_sink(
    target: str, info: ClipInfo, options: TargetOptions, stack: ExitStack, *, at_once: bool
) -> ClipSink:
    """What a name stands for; the file gets its name when the stack is closed."""
    suffix = Path(target).suffix.lower()
    if options.form == PEL or (options.form is None and suffix == SUFFIX):
        if target == STREAM:
            raise OutputError("a .pels can't go to a pipe: its index is at its end; name a file")
        if options.codec is not None or options.settings:
            raise OptionError("a .pels has no encoder: leave --codec and --set out; see --quality")
        return PelsSink(target, info, options.frames, force=options.force, alone=options.alone)
    if options.frames != FRAMES:
        raise OptionError(
            "quality, lossless and model of frames are of a .pels (--to pel); a video's encoder is "
            "told by --set, such as --set crf=20"
        )
    form = options.form or (PIPE_FORM if target == STREAM else form_for(target))
    name, file = "standard output", sys.stdout.buffer
    if target != STREAM:
        name, file = target, stack.enter_context(new_file(target, force=options.force))
    return VideoSink(
        file,
        name,
        info,
        form=form,
        codec=options.codec,
        settings=options.settings,
        at_once=at_once,
        alone=options.alone,
    )
