"""What a clip is, whatever it comes from or goes to: frames with times, and streams kept as is."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Event
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError, PellucidError, first_line
from pellucid.pixels.extras import science

USUAL_RATE = Fraction(25)
ONE = 1 << 16  # of a matrix in MP4


class CutShort(InputError):
    """The source ends early, or can't go on; what came before is good."""


WHITE = {"uint8": 255, "uint16": 65535}  # the largest sample of a type that frames may have


@dataclass(frozen=True)
class Frame:
    """Samples (H, W, 1 or 3), and when they are shown, in ticks of the clip's time base.

    `duration` 0 is until the next; `own` is what the samples were made of (PyAV's), if they are as
    they came.
    """

    samples: NDArray[Any]
    timestamp: int
    duration: int = 0
    own: Any = None


@dataclass(frozen=True)
class ClipInfo:
    """What is the same for all of a clip.

    Attributes:
        height, width, channels, dtype: of the samples.
        white: the largest sample, such as 1023 of 10 bits.
        rate: frames a second, about, if that is known.
        time_base: seconds a tick.
        length: ticks, if that is known.
        matrix: how a viewer turns and mirrors frames, as 9 numbers of MP4; None: not at all.
        pixel_format: FFmpeg's name of the samples' layout, if they are a video's.
        colour: FFmpeg's matrix, range, primaries and transfer function; 2 or 0: unspecified.
        aspect: width of a sample over its height.
        tags, chapters: as PyAV gives them.
        others: streams (PyAV's) beside the frames: sound, subtitles.
        remarks: what of it can't be kept, in words.
    """

    height: int
    width: int
    channels: int
    dtype: np.dtype[Any]
    white: int
    rate: Fraction | None
    time_base: Fraction
    length: int | None = None
    matrix: tuple[int, ...] | None = None
    pixel_format: str | None = None
    colour: tuple[int, int, int, int] = (2, 0, 2, 2)
    aspect: Fraction | None = None
    tags: dict[str, str] = field(default_factory=dict)
    chapters: list[Any] = field(default_factory=list)
    others: tuple[Any, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def ticks(self) -> int:
        """Of a frame, about."""
        return max(1, round(1 / ((self.rate or USUAL_RATE) * self.time_base)))

    def seconds(self, timestamp: int) -> float:
        """When that is."""
        return float(timestamp * self.time_base)


class ClipSource(ABC):
    """Where frames come from; a context manager.

    Attributes:
        info: of the clip.
        lost: frames that couldn't be decoded, by the time of the last good one before, in words.
        stopped: to be set when nothing more is wanted, as `items` may wait for a pipe.
    """

    info: ClipInfo

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.stopped = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""

    @abstractmethod
    def items(self) -> Generator[Any, None, None]:
        """Frames, and packets (PyAV's) of other streams, about in the order of their times.

        Raises CutShort where the source breaks off.
        """


class ClipSink(Protocol):
    """Where frames go.

    Attributes:
        remarks: what can't be kept, in words.
    """

    remarks: list[str]

    def frame(self, frame: Frame) -> None:
        """Take the next frame."""

    def other(self, packet: Any) -> None:
        """Take a packet of one of the streams in `ClipInfo.others`."""

    def finish(self) -> None:
        """Write what there is to write at the end; the file is whole then."""

    def abandon(self) -> None:
        """Let go of everything, if `finish` couldn't be done."""


def pyav() -> Any:
    """PyAV; MissingExtraError with the pip line if it isn't installed."""
    found = science("av", "video", "PyAV")
    found.logging.set_level(None)  # what is wrong is said by errors
    return found


def check_form(form: str) -> None:
    """Raise OptionError unless FFmpeg has a container of this name."""
    if form not in pyav().formats_available:
        raise OptionError(f"FFmpeg has no container {form!r}; such as mp4 and matroska are")


@contextmanager
def ffmpeg(message: str, kind: type[PellucidError] = InputError) -> Iterator[None]:
    """What goes wrong in the block is an error of this kind: message, and FFmpeg's reason."""
    try:
        yield
    except PellucidError:
        raise
    except Exception as error:
        raise kind(f"{message}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """What FFmpeg says of an error."""
    return str(getattr(error, "strerror", None) or first_line(error))


def clock(seconds: float) -> str:
    """Seconds as 0:12.3, or 1:02:10.0."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def turned(rotation: int) -> tuple[int, ...]:
    """The matrix by which a viewer turns frames so many degrees clockwise."""
    angle = math.radians(rotation)
    cosine, sine = round(math.cos(angle)) * ONE, round(math.sin(angle)) * ONE
    return (cosine, sine, 0, -sine, cosine, 0, 0, 0, 1 << 30)


def rotation_of(matrix: tuple[int, ...] | None) -> int | None:
    """The reverse; None of a matrix that does anything else."""
    if matrix is None:
        return 0
    return next((r for r in (0, 90, 180, 270) if turned(r)[:6] == tuple(matrix)[:6]), None)
