"""A sequence (.pels) that is open: its frames by number or time, several decoded at a time."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from numpy.typing import NDArray

from pellucid._api.options import DecompressOptions
from pellucid._api.sequence_frames import FrameReader
from pellucid._api.sequence_results import SequenceFrame, SequenceInfo, SequenceVerification
from pellucid.bitstream.sequence import SequenceFile
from pellucid.bitstream.sequence_members import Frame
from pellucid.bitstream.zip_records import LOCAL_MARK
from pellucid.errors import DamagedFileError, reading

SequenceSource = str | os.PathLike[str] | BinaryIO
Result = TypeVar("Result")


def is_sequence(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as sequences do, and other ZIP archives; False if it can't be read.

    Pipes aren't looked at: their bytes come only once.
    """
    with suppress(OSError, ValueError):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read(len(LOCAL_MARK)) == LOCAL_MARK
    return False


def open_sequence(
    source: SequenceSource,
    options: DecompressOptions | None = None,
    *,
    keep_going: bool = False,
) -> Sequence:
    """Open a sequence, a path or a seekable binary file; only its directory is read at once.

    Args:
        options: what is decoded of each frame, such as a region, and the limits.
        keep_going: take what is whole of a damaged sequence, one cut short too.

    Raises:
        FormatError, LimitError: see the tree in `pellucid.errors`. InputError: it can't be read.
    """
    return Sequence(source, options or DecompressOptions(), keep_going=keep_going)


class Sequence:
    """Frames that are decoded when they are asked for: `sequence[7]`, `for picture in sequence`.

    Used as a context manager it closes its file. Attributes:

        options, keep_going: as it was opened with.
        about: size, type, rate, time base, rotation and tags; see `SequenceAbout`.
        damage: what is wrong beside frames, with `keep_going`; else such a sequence isn't opened.
        attached: name -> bytes of what else is kept, such as the sound.
    """

    def __init__(
        self, source: SequenceSource, options: DecompressOptions, *, keep_going: bool
    ) -> None:
        self.options, self.keep_going = options, keep_going
        with ExitStack() as stack:
            file = source
            if isinstance(source, str | os.PathLike):
                with reading(source, "sequence"):
                    file = stack.enter_context(open(source, "rb"))
            self._file = SequenceFile.open(file, limits=options.limits, tolerant=keep_going)  # type: ignore[arg-type]
            self._frames = FrameReader(self._file, options, keep_going=keep_going)
            self.about = self._frames.about
            self._stack = stack.pop_all()
        self.damage = self._file.damage
        self.attached = {name: member.size for name, member in self._file.attached.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it was opened by its path."""
        self._stack.close()

    def __len__(self) -> int:
        return len(self._file.frames)

    def __getitem__(self, number: int) -> NDArray[Any]:
        """The picture of a frame, as `decompress` gives it; negative numbers count from the end.

        Raises IndexError if there is none, DamagedFileError if nothing of it can be decoded.
        """
        if not -len(self) <= number < len(self):
            raise IndexError(f"frame {number} of a sequence of {len(self)}")
        frame = self._frames.decode(number % len(self))
        if frame.picture is None:
            raise DamagedFileError(frame.damage[0])
        return frame.picture

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """All pictures, several decoded ahead; raises DamagedFileError at one that is lost."""
        for frame in self.frames():
            if frame.picture is None:
                raise DamagedFileError(frame.damage[0])
            yield frame.picture

    @property
    def timestamps(self) -> tuple[int | None, ...]:
        """When each frame is shown, in ticks; None of one that is missing."""
        return tuple(None if frame is None else frame.timestamp for frame in self._file.frames)

    def seconds(self, number: int) -> Fraction:
        """When a frame is shown. Raises OptionError if there is none, DamagedFileError if it is
        missing.
        """
        return self._file.frame(number).timestamp * self.about.time_base

    def frame_at(self, seconds: float | Fraction) -> int:
        """The number of the frame that is shown at a time; before all frames the first.

        Raises DamagedFileError if there is no frame.
        """
        there = [frame for frame in self._file.frames if frame is not None]
        if not there:
            raise DamagedFileError("the sequence has no frame; get the file again")
        exact = Fraction(seconds).limit_denominator(10**9)  # 0.1 is no tenth
        ticks = exact / self.about.time_base
        place = bisect_right([frame.timestamp for frame in there], ticks)
        return there[max(place - 1, 0)].number

    def frames(
        self, start: int | None = None, stop: int | None = None, step: int = 1
    ) -> Iterator[SequenceFrame]:
        """Frames with their times, several decoded ahead; the numbers are those of a slice.

        With `keep_going` damage is said in the frame, which has no picture if nothing is whole;
        else it raises DamagedFileError.
        """
        return self.each(self._frames.decode, range(len(self))[start:stop:step])

    def pel(self, number: int) -> bytes:
        """The .pel file of a frame, with `keep_going` even if it is damaged.

        Raises DamagedFileError if there is none, OptionError if there is no such frame.
        """
        if self.keep_going:
            return self._file.read_anyway(number)[0]
        return self._file.read(number)

    def read_attached(self, name: str) -> bytes:
        """What is attached. Raises OptionError if nothing of the name is, DamagedFileError."""
        return self._file.read_attached(name)

    def open_attached(self, name: str) -> BinaryIO:
        """What is attached, as a seekable file that is read where it lies, not into memory.

        It is checked first, and can be read until the sequence is closed; it may be closed at any
        time. Raises what `read_attached` does.
        """
        return self._file.open_attached(name)

    def info(self) -> SequenceInfo:
        """What is in it, without decoding any pixels; raises what `pellucid.info` does."""
        found = [frame for frame in self._file.frames if frame is not None]
        return SequenceInfo(
            about=self.about,
            frames=len(self),
            missing=len(self) - len(found),
            seconds=self._seconds(found),
            file_bytes=self._file.source.length,
            frame_bytes=tuple(frame.member.size for frame in found),
            attached=self.attached,
            first=self._frames.first(),
        )

    def verify(self) -> SequenceVerification:
        """Check every checksum and decode every latent, of all frames; and what is attached.

        Raises FormatError for frames that can't be decoded here, LimitError.
        """
        said = enumerate(self.each(self._frames.problems))
        other = list(self.damage)
        for name in self.attached:
            try:
                self.open_attached(name).close()
            except DamagedFileError as error:
                other.append(str(error))
        return SequenceVerification(
            {n: found for n, found in said if found}, tuple(other), len(self)
        )

    def _seconds(self, found: list[Frame]) -> float:
        """How long the frames last; the last as long as it says or, if it doesn't, by the rate."""
        if not found:
            return 0.0
        last, base, rate = found[-1], self.about.time_base, self.about.rate
        lasts = last.duration * base if last.duration or rate is None else 1 / rate
        return float((last.timestamp - found[0].timestamp) * base + lasts)

    def each(self, work: Callable[[int], Result], numbers: range | None = None) -> Iterator[Result]:
        """`work` of the number of each frame, in order, done ahead on several threads."""
        from pellucid.runtime.ahead import in_order
        from pellucid.runtime.session import alone, thread_count
        from pellucid.runtime.threads import workers

        def on_one_thread(number: int) -> Result:
            with alone():
                return work(number)

        chosen = range(len(self)) if numbers is None else numbers
        with workers() as pool:
            yield from in_order(pool, on_one_thread, chosen, ahead=2 * thread_count())
