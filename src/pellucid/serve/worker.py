"""A process that does one job after another for the server, and can be stopped in the midst of one.

A thread can't be stopped, and a hostile picture may keep a decoder, or crash it. So jobs run in
processes, which keep their networks loaded. If one that is told to stop its job has not done so
soon after, or can't be told, it is killed, and another takes its place. One that died, or that the
system had no room for, is started when it is next needed.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from pellucid.serve.process import STOP, FailedError, Function, StorageError, work

READY_S = 60.0  # in which a process has to begin, which takes a second or two
GRACE_S = 0.5  # that a job which is stopped has to clear up
JOIN_S = 5.0


class Worker:
    """A process for jobs; only one job at a time."""

    _process: SpawnProcess | None = None
    _connection: Connection
    _begun: asyncio.Future[Any]
    _ended = False

    def __init__(self, threads: ThreadPoolExecutor, warm: Function | None = None) -> None:
        """`threads` has one for this worker, to wait on; `warm` is run first of all."""
        self._threads, self._warm = threads, warm

    @property
    def pid(self) -> int:
        """The number of the process; 0 without one."""
        return (self._process and self._process.pid) or 0

    @property
    def is_alive(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Start the process, in the place of one that there was.

        Raises:
            StorageError: the system has no room for it; the next `ready` tries again.
        """
        self._kill()
        if self._ended:
            raise StorageError("the server ends")
        context = get_context("spawn")  # the server has threads, which a fork doesn't survive
        try:
            ours, theirs = context.Pipe()
            with theirs:
                process = context.Process(target=work, args=(theirs, self._warm), daemon=True)
                try:
                    process.start()
                except BaseException:
                    ours.close()
                    raise
        except OSError as error:
            said = error.strerror or error
            raise StorageError(f"the server can't start a process: {said}") from error
        self._process, self._connection = process, ours
        self._begun = self._in_thread(ours.recv)

    def _in_thread(self, function: Function, *args: Any) -> asyncio.Future[Any]:
        waiting = asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        waiting.add_done_callback(lambda one: one.cancelled() or one.exception())  # may be unasked
        return waiting

    async def ready(self) -> None:
        """Returns when there is a process that has begun.

        Raises:
            StorageError: the system has no room for it. FailedError: it ended, or didn't begin.
        """
        if not self.is_alive:
            self.start()
        try:
            async with asyncio.timeout(READY_S):
                await asyncio.shield(self._begun)
        except (EOFError, OSError) as gone:  # or TimeoutError, which is one
            self._kill()
            raise FailedError("its process didn't begin") from gone

    async def call(self, function: Function, *args: Any) -> Any:
        """What `function` returns in the process; both, and `args`, are pickled.

        Raises what it raises, if on purpose, else FailedError. If this is cancelled the job is
        stopped first. Before, `ready` must have returned.
        """
        answer = self._in_thread(self._ask, function, args)
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
        if STOP is not None and self.is_alive:  # so that the number is still its own
            os.kill(self.pid, STOP)
            await asyncio.wait({answer}, timeout=GRACE_S)
        if not answer.done():
            self._kill()
            await asyncio.wait({answer})
        if answer.exception() is not None:
            self._replace()

    def _replace(self) -> None:
        """Start another now, so that the next job needn't wait; `ready` sees if there is none."""
        with suppress(StorageError):
            self.start()

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join(JOIN_S)
            self._connection.close()

    def end(self) -> None:
        """End the process, whatever it does; there will be no other."""
        self._ended = True
        self._kill()
