"""What a process that works does: one job after another, until it is killed or the server is gone.

To stop a job the server sends `STOP`, which raises `Stopped` as soon as Python runs: between the
windows and tiles of a picture. SIGINT and SIGTERM, which a terminal and a service manager send to
all processes together, are for the server alone.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any

from pellucid.errors import LimitError, PellucidError

Function = Callable[..., Any]

STOP = getattr(signal, "SIGUSR1", None)  # Windows has none: there a process is killed
FULL = {getattr(errno, name, 0) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO")} - {0}


class Stopped(BaseException):
    """The job isn't wanted any more."""


class StorageError(PellucidError):
    """The server has no room: on its disk, or for a process."""


class FailedError(PellucidError):
    """The job raised what nobody meant to, or its process ended: a bug.

    Attributes:
        trace: where, for the log; without the message, which could tell what is in a picture.
    """

    def __init__(self, kind: str, trace: str = "") -> None:
        self.trace = trace
        super().__init__(f"the work failed ({kind}); this is a bug, please report it")

    def __reduce__(self) -> tuple[Any, ...]:
        return _failed, (str(self), self.trace)


def _failed(said: str, trace: str) -> FailedError:
    error = FailedError("", trace)
    error.args = (said,)
    return error


class _Handler:
    """Raises `Stopped` where the main thread is, while there is a job."""

    working = False

    def __call__(self, *_: object) -> None:
        if self.working:
            self.working = False
            raise Stopped


def work(connection: Connection, warm: Function | None = None) -> None:
    """Answer each job with what it returned and None, or with None and an error."""
    handler = _Handler()
    if STOP is not None:
        signal.signal(STOP, handler)
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # C libraries tell there what is in pictures
    warnings.simplefilter("ignore")  # what a job wants to know of it catches
    with suppress(PellucidError):  # which the first job will tell
        if warm is not None:
            warm()
    with suppress(EOFError, OSError):  # the server is gone
        connection.send(None)
        while True:
            function, args = connection.recv()
            try:
                answer = _answer(handler, function, args)
            except Stopped:
                answer = None, FailedError("stopped")  # which no one waits for
            connection.send(answer)


def _end_with_the_server() -> None:
    """A server that was killed leaves no work behind."""
    server = parent_process()
    if server is not None:
        server.join()
        os._exit(1)


def _answer(
    handler: _Handler, function: Function, args: tuple[Any, ...]
) -> tuple[Any, PellucidError | None]:
    """What a job returned, or why it didn't."""
    handler.working = True
    try:
        return function(*args), None
    except MemoryError:
        return None, LimitError("the server has not enough memory for this picture; give a smaller")
    except Exception as error:  # noqa: BLE001 (told, whatever it is)
        return None, _told(error)
    finally:
        handler.working = False


def _told(error: Exception) -> PellucidError:
    """The error that a client gets: a disk that is full is no fault of the picture, nor a bug."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in FULL:
            return StorageError("the server can't write the answer: its disk is full")
        found = found.__cause__ or found.__context__
    if isinstance(error, PellucidError):
        return error
    trace = "".join(traceback.format_tb(error.__traceback__))
    return FailedError(type(error).__name__, trace)
