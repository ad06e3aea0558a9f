"""A process that does one job after another for the server, and can be stopped in the midst of one.

A thread can't be stopped, and a hostile picture may keep a decoder, or crash it. So jobs run in
processes, which keep their networks loaded. To stop a job its process gets SIGTERM, which raises
`Stopped` in it as soon as Python runs: between the windows and tiles of a picture. If it has not
answered soon after, it is killed, and another takes its place. Where there is no SIGTERM to be
handled (Windows) it is killed at once.
"""

from __future__ import annotations

import asyncio
import signal
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from pellucid.errors import LimitError, OutputError, PellucidError

GRACE_S = 0.5  # that a job which is stopped has to clear up
JOIN_S = 5.0

Function = Callable[..., Any]


class Stopped(BaseException):
    """The job isn't wanted any more."""


class StorageError(PellucidError):
    """The server has no room for the answer."""


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


class Worker:
    """A process for jobs, started when it is made; only one job at a time."""

    def __init__(self, threads: ThreadPoolExecutor, warm: Function | None = None) -> None:
        """`threads` has one for this worker, to wait on; `warm` is run first of all."""
        self._threads, self._warm = threads, warm
        self._start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid or 0

    def _start(self) -> None:
        context = get_context("spawn")  # the server has threads, which a fork doesn't survive
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, self._warm), daemon=True)
        self._process.start()
        theirs.close()
        loop = asyncio.get_running_loop()
        self._begun = loop.run_in_executor(self._threads, self._connection.recv)
        self._begun.add_done_callback(lambda one: one.cancelled() or one.exception())  # unasked

    async def ready(self) -> None:
        """Returns when the process has begun, which takes a second; FailedError if it didn't."""
        try:
            await asyncio.shield(self._begun)
        except (EOFError, OSError) as gone:
            self._replace()
            raise FailedError("its process didn't begin") from gone

    async def call(self, function: Function, *args: Any) -> Any:
        """What `function` returns in the process; both, and `args`, are pickled.

        Raises what it raises, if on purpose, else FailedError. If this is cancelled the job is
        stopped first. Before, `ready` must have returned.
        """
        answer = asyncio.get_running_loop().run_in_executor(
            self._threads, self._ask, function, args
        )
        try:
            found, error = await asyncio.shield(answer)
        except asyncio.CancelledError:
            stopping = asyncio.ensure_future(self._stop(answer))
            while not stopping.done():  # the next job mustn't get this one's answer
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(stopping)
            raise
        except (EOFError, OSError) as gone:  # killed by the system, or crashed
            self._replace()
            raise FailedError("its process ended") from gone
        if error is not None:
            raise error
        return found

    def _ask(self, function: Function, args: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
        self._connection.send((function, args))
        answer: tuple[Any, BaseException | None] = self._connection.recv()
        return answer

    async def _stop(self, answer: asyncio.Future[Any]) -> None:
        self._process.terminate()
        await asyncio.wait({answer}, timeout=GRACE_S)
        if not answer.done():
            self._process.kill()
            await asyncio.wait({answer})
        if answer.exception() is not None:
            self._replace()

    def _replace(self) -> None:
        self.end()
        self._start()

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join(JOIN_S)
        self._connection.close()


class _Handler:
    """Raises `Stopped` where the main thread is, while there is a job."""

    working = False

    def __call__(self, *_: object) -> None:
        if self.working:
            self.working = False
            raise Stopped


def work(connection: Connection, warm: Function | None = None) -> None:
    """What a process does: answer each job with what it returned and None, or None and an error."""
    handler = _Handler()
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
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
                answer = None, StorageError("stopped")
            connection.send(answer)


def _answer(
    handler: _Handler, function: Function, args: tuple[Any, ...]
) -> tuple[Any, PellucidError | None]:
    """What a job returned, or why it didn't."""
    handler.working = True
    try:
        return function(*args), None
    except OutputError as error:
        full = isinstance(error.__cause__, OSError)
        return None, StorageError("the server can't write the answer") if full else error
    except PellucidError as error:
        return None, error
    except MemoryError:
        return None, LimitError("the server has not enough memory for this picture; give a smaller")
    except Exception as error:  # noqa: BLE001 (told, whatever it is)
        return None, FailedError(
            type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
        )
    finally:
        handler.working = False
