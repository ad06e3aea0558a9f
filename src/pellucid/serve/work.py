"""Work for requests: bounded in number and time, and ended when no one waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.errors import PellucidError
from pellucid.serve.limits import ServerLimits
from pellucid.serve.process import Function
from pellucid.serve.storage import server_folder
from pellucid.serve.worker import Worker

if TYPE_CHECKING:
    from starlette.requests import Request


class Busy(PellucidError):
    """As many requests as may wait do; `seconds` from now there may be room."""

    seconds = 1


class TooSlow(PellucidError):
    """The work took longer than a request may."""


class Gone(PellucidError):
    """Who asked has gone."""


class Work:
    """The processes that work, who waits for them, and the folder for their files.

    `await work.run(request, function, *args)` is all that an endpoint needs. `function` and `args`
    are pickled, so it stands at the top of a module, and pictures go by the names of files, which
    lie in `folder` as long as the server runs.
    """

    folder: Path

    def __init__(self, limits: ServerLimits, warm: Function | None = None) -> None:
        """`warm` is run once in every process, before its first job."""
        self.limits, self._warm = limits, warm
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        self._workers: list[Worker] = []
        self._places = 0

    @property
    def working(self) -> int:
        """Requests that are worked on."""
        return len(self._workers) - self._idle.qsize()

    @property
    def waiting(self) -> int:
        """Requests that have a place, and wait for a process or for their own body."""
        return self._places - self.working

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [worker.pid for worker in self._workers if worker.is_alive]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The processes, and the folder, live as long as the block."""
        number = self.limits.at_once
        with server_folder() as self.folder, ThreadPoolExecutor(number, "work") as threads:
            self._workers = [Worker(threads, self._warm) for _ in range(number)]
            try:
                for worker in self._workers:
                    worker.start()
                    self._idle.put_nowait(worker)
                yield
            finally:
                for worker in self._workers:
                    worker.end()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among those who work or wait, while the block lasts; `Busy` if there is none."""
        if self._places >= self.limits.at_once + self.limits.waiting:
            raise Busy(
                f"{self.limits.at_once} requests are worked on and {self.limits.waiting} wait, "
                "which is all that may; ask again later"
            )
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    async def run(self, request: Request, function: Function, *args: Any) -> Any:
        """What `function(*args)` returns, for a request without a place yet.

        Raises:
            Busy: there is no place. What `run_placed` raises.
        """
        async with self.place():
            return await self.run_placed(request, function, *args)

    async def run_placed(self, request: Request, function: Function, *args: Any) -> Any:
        """The same for a request that has its place, and whose body has been read.

        Raises:
            TooSlow: it took too long. Gone: who asked has gone. StorageError: no process could be
            started. FailedError: a bug. And what the function raises on purpose.
        """
        job = asyncio.ensure_future(self._job(function, args))
        gone = asyncio.ensure_future(disconnected(request))
        try:
            await asyncio.wait({job, gone}, return_when=asyncio.FIRST_COMPLETED)
            if job.done():
                return job.result()
            raise Gone("who asked has gone")
        finally:
            job.cancel()
            gone.cancel()
            await asyncio.gather(job, gone, return_exceptions=True)

    async def _job(self, function: Function, args: tuple[Any, ...]) -> Any:
        worker = await self._idle.get()
        try:
            await worker.ready()
            async with asyncio.timeout(self.limits.seconds):
                return await worker.call(function, *args)
        except TimeoutError as error:
            raise TooSlow(
                f"the work took longer than {self.limits.seconds:g} seconds, which is the most "
                "here; ask for less effort, or give a smaller picture"
            ) from error
        finally:
            self._idle.put_nowait(worker)


async def disconnected(request: Request) -> None:
    """Returns when who asked has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
