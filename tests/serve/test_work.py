"""Processes that work: one answer a job, stopped or killed, whatever comes in between."""

from __future__ import annotations

import asyncio
import operator
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from pellucid.errors import OptionError
from pellucid.serve import ServerLimits
from pellucid.serve.work import Busy, Gone, TooSlow, Work
from pellucid.serve.worker import FailedError

ENDLESS = (sum, range(10**15))  # in C, so that no signal is heeded
POSIX = sys.platform != "win32"


class Asker:
    """A request that is taken back after so many seconds."""

    def __init__(self, patience: float = 60) -> None:
        self._patience = patience

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(self._patience)
        return {"type": "http.disconnect"}


def with_work(use: Callable[[Work, Any], Awaitable[None]], **limits: Any) -> None:
    """Run a coroutine with one process at work."""

    async def used() -> None:
        work = Work(ServerLimits(at_once=1, **limits))
        async with work.running():
            await work.run(Asker(), operator.add, 1, 1)  # type: ignore[arg-type]
            await use(work, Asker())
            assert (work.working, work.waiting) == (0, 0)

    asyncio.run(used())


def test_what_it_returns_and_raises() -> None:
    async def use(work: Work, asker: Any) -> None:
        assert await work.run(asker, operator.add, 20, 3) == 23
        with pytest.raises(FailedError, match="ZeroDivisionError"):
            await work.run(asker, operator.truediv, 1, 0)
        with pytest.raises(OptionError, match="waiting"):
            await work.run(asker, partial(ServerLimits, waiting=-1))
        assert await work.run(asker, operator.add, 20, 4) == 24

    with_work(use)


@pytest.mark.parametrize("job", [(time.sleep, 60), ENDLESS])
def test_who_goes_away(job: tuple[Any, ...]) -> None:
    async def use(work: Work, asker: Any) -> None:
        pids, began = work.pids, time.monotonic()
        with pytest.raises(Gone):
            await work.run(Asker(0.1), *job)  # type: ignore[arg-type]
        assert time.monotonic() - began < 5
        assert (work.pids == pids) == (POSIX and job != ENDLESS)
        assert await work.run(asker, operator.add, 1, 2) == 3

    with_work(use)


def test_what_takes_too_long() -> None:
    async def use(work: Work, asker: Any) -> None:
        for job in ((time.sleep, 60), ENDLESS):
            with pytest.raises(TooSlow, match=r"0\.3 seconds"):
                await work.run(asker, *job)
        assert await work.run(asker, operator.add, 2, 2) == 4  # a new process may take its time

    with_work(use, seconds=0.3)


def test_taken_back_twice_and_in_the_midst_of_being_stopped() -> None:
    """The next job gets its own answer, not that of the one before."""

    async def use(work: Work, asker: Any) -> None:
        for pause in (0.0, 0.2):
            job = asyncio.ensure_future(work.run(asker, *ENDLESS))
            await asyncio.sleep(0.1)
            job.cancel()
            await asyncio.sleep(pause)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            assert await work.run(asker, operator.add, 4, 5) == 9

    with_work(use)


def test_only_so_many_wait() -> None:
    async def use(work: Work, asker: Any) -> None:
        jobs = [asyncio.ensure_future(work.run(asker, time.sleep, 0.2)) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert (work.working, work.waiting) == (1, 2)
        with pytest.raises(Busy):
            await work.run(asker, operator.add, 1, 1)
        await asyncio.gather(*jobs)

    with_work(use, waiting=2)
