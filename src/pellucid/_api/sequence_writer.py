"""Pictures -> a sequence (.pels): in order and at their times, whatever ends it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import numpy as np

from pellucid._api.codec import Picture
from pellucid._api.files import check_pel_name
from pellucid._api.options import CompressOptions
from pellucid._api.sequence_coded import Waiting, compressed, time_of
from pellucid.bitstream.sequence_about import SequenceAbout, check_clock
from pellucid.bitstream.sequence_members import attached_name, frame_name
from pellucid.bitstream.sequence_writer import SequenceOut
from pellucid.errors import (
    InputError,
    OptionError,
    OutputError,
    PellucidError,
    is_whole,
    refusing,
)
from pellucid.pixels.atomic import check_target, new_file

Attached = bytes | str | os.PathLike[str]


def write_sequence(
    target: str | os.PathLike[str],
    options: CompressOptions | None = None,
    *,
    rate: Fraction | int | None = None,
    time_base: Fraction | None = None,
    rotation: int = 0,
    tags: Mapping[str, str] | None = None,
    force: bool = False,
    partial: bool = False,
) -> SequenceWriter:
    """A sequence of .pel frames in one seekable file, to be written in a `with` block.

    Args:
        target: a name, best with the suffix .pels; the file has it when the block ends, or never.
        options: those of each frame; `compress` says what they are.
        rate: frames a second; None if it varies or the pictures have no time.
        time_base: seconds a tick, in which timestamps are; 1/`rate` if it isn't given, or 1.
        rotation: degrees clockwise by which a viewer turns the frames: 0, 90, 180 or 270.
        tags: short texts by name, such as a title.
        force: replace `target` if it exists.
        partial: whatever ends the block early, Ctrl-C or a full disk, the file gets its name with
            the frames that were done.

    Raises:
        OptionError: a value is out of range. OutputError: `target` exists and `force` is false, or
        can't be written.
    """
    rate = Fraction(rate) if is_whole(rate) else rate  # type: ignore[arg-type]
    if time_base is None:
        check_clock(rate, Fraction(1), rotation, {})
        time_base = 1 / Fraction(rate or 1)
    clock = {"rate": rate, "time_base": time_base, "rotation": rotation, "tags": dict(tags or {})}
    check_clock(**clock)
    check_pel_name(target)
    check_target(target, force=force)
    return SequenceWriter(target, options or CompressOptions(), clock, force=force, partial=partial)


class SequenceWriter:
    """What `write_sequence` gives: `add` frames and `attach` files while its block lasts.

    Attributes:
        frames: how many were given.
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        options: CompressOptions,
        clock: dict[str, Any],
        *,
        force: bool,
        partial: bool,
    ) -> None:
        self._target, self._options, self._clock = target, options, clock
        self._force, self._partial = force, partial
        self._stack = ExitStack()
        self._attached: list[tuple[str, Attached]] = []  # before there is a frame
        self._waiting: deque[Waiting] = deque()
        self._pool: Executor | None = None  # while the block lasts
        self._out: SequenceOut | None = None
        self._about: SequenceAbout | None = None
        self._last: int | None = None
        self.frames = 0

    @property
    def written(self) -> int:
        """Bytes of what is written so far."""
        return 0 if self._out is None else self._out.length

    def __enter__(self) -> Self:
        from pellucid.runtime.session import thread_count
        from pellucid.runtime.threads import workers

        self._file = self._stack.enter_context(new_file(self._target, force=self._force))
        self._pool = self._stack.enter_context(workers())
        self._ahead = 2 * thread_count()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool = None
        with suppress(GivenUp), self._stack:
            early = error or failure(self._take_all)
            kept = early is None or (self._partial and self._out is not None)
            if early is not None and kept:
                failure(self._take_done)
            for waiting in self._waiting:
                waiting.coded.cancel()
            if kept:
                full = failure(self._finish)
                early, kept = early or full, full is None or self._partial
            if not kept:
                raise GivenUp
        if early is not None and early is not error:
            raise early

    def add(
        self, picture: Picture, timestamp: int | None = None, duration: int | None = None
    ) -> None:
        """Give the next frame; it is compressed on another thread, and errors may come with a later
        one.

        Args:
            picture: what `compress` takes, of the size and type of all others; arrays are copied.
            timestamp: in ticks, above the one before; without it as the rate says, or its number.
            duration: in ticks; without it until the next frame.

        Raises what `compress` does, naming the frame, OutputError for a full disk, and OptionError
        outside the block.
        """
        workers = self._workers()
        time = time_of(self.frames, timestamp, self._last, self._clock)
        frame_name(self.frames, time, duration or 0)
        if isinstance(picture, np.ndarray):
            picture = picture.copy()
        coded = workers.submit(compressed, picture, self._options, self.frames)
        self._waiting.append(Waiting(coded, time, duration or 0))
        self.frames, self._last = self.frames + 1, time
        while len(self._waiting) > self._ahead or (self._out is None and self._waiting):
            self._take()

    def attach(self, name: str, data: Attached) -> None:
        """Keep bytes, or a file by its path, in the sequence, such as the sound.

        By convention `streams.mka` or `streams.mkv` has the other streams of a video, on the clock
        of the frames. Raises OptionError for a name it can't have, InputError, OutputError.
        """
        self._workers()
        attached_name(name)
        if self._out is None:
            self._attached.append((name, data))
            return
        with self._writing():
            self._out.attach(name, data)

    def _workers(self) -> Executor:
        """What compresses frames; OptionError outside the block."""
        if self._pool is None:
            raise OptionError(
                f"{self._target} isn't being written: give frames and files within the block, "
                "with write_sequence(...) as out: out.add(picture)"
            )
        return self._pool

    def _take_all(self) -> None:
        """Write the frames that are under way; OutputError if there was none at all."""
        while self._waiting:
            self._take()
        if self._out is None:
            raise OutputError(f"cannot write {self._target}: no frame was given")

    def _take_done(self) -> None:
        """Write those that needn't be waited for."""
        while self._waiting and self._waiting[0].coded.done():
            self._take()

    def _finish(self) -> None:
        assert self._out is not None
        with self._writing():
            self._out.finish()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What can't be written is an OutputError; then nothing more is."""
        try:
            with refusing(f"cannot write {self._target}", OutputError):
                yield
        except OutputError:
            self._waiting.clear()
            raise

    def _take(self) -> None:
        """Write the first of the frames under way."""
        waiting = self._waiting.popleft()
        data, about = waiting.coded.result()
        if self._out is None:
            self._about = replace(about, **self._clock)
            with self._writing():
                self._out = SequenceOut(self._file, self._about)
                for name, attached in self._attached:
                    self._out.attach(name, attached)
        assert self._about is not None
        if about.kind != self._about.kind:
            raise InputError(
                f"frame {self.frames - len(self._waiting) - 1} is {about.kind}, and the first "
                f"{self._about.kind}: a sequence has frames of one size and type; convert it, or "
                "write another sequence"
            )
        with self._writing():
            self._out.frame(data, waiting.timestamp, waiting.duration)


class GivenUp(PellucidError):
    """Leaves no file."""


def failure(work: Callable[[], None]) -> BaseException | None:
    """What ends the work, if anything does."""
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - raised again when the file is closed
        return error
    return None
