"""A file as FFmpeg reads and writes it, through PyAV: nothing is kept back, and nothing gets lost.

FFmpeg has buffers of its own. Python's behind them would keep bytes that a full disk didn't take,
and fail at them once more when the file is closed. And PyAV hands on what errors a file's methods
raise, but not Ctrl-C: that it would print and forget.
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, BinaryIO

LOOK = 0.1  # seconds between looks at whether a pipe is still read


class RawFile:
    """What PyAV takes as a file.

    Args:
        stopped: ends reading, even from a pipe into which nothing comes.
    """

    def __init__(self, file: BinaryIO, stopped: Event | None = None) -> None:
        self._file: Any = getattr(file, "raw", file)
        self._stopped = stopped or Event()
        self._caught: BaseException | None = None
        self.seekable, self.seek, self.tell = file.seekable, self._file.seek, self._file.tell
        self._waits = os.name == "posix" and not file.seekable()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Ctrl-C that came while FFmpeg used the file is raised when the block ends."""
        try:
            yield
        finally:
            caught, self._caught = self._caught, None
            if caught is not None:
                raise caught

    def read(self, count: int) -> bytes:
        """Up to so many bytes, none at the end."""
        try:
            while self._waits and not self._stopped.is_set():
                if select.select([self._file], [], [], LOOK)[0]:
                    break
            return b"" if self._stopped.is_set() else self._file.read(count)
        except KeyboardInterrupt as error:
            raise self._later(error) from error

    def write(self, data: Any) -> int:
        """All of it; to a file also if Ctrl-C comes meanwhile, so that it stays whole."""
        start = self._file.tell() if self.seekable() else None
        try:
            self._write(data)
        except KeyboardInterrupt as error:
            later = self._later(error)
            if start is None:
                raise later from error
            self._file.seek(start)
            self._write(data)
        return len(data)

    def _write(self, data: Any) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def _later(self, error: BaseException) -> OSError:
        """Keep it for `heard`; what PyAV is told meanwhile."""
        self._caught = error
        return OSError(errno.EINTR, os.strerror(errno.EINTR))
