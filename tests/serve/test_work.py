"""Processes that work: one answer a job, stopped or killed, whatever comes in between."""

from __future__ import annotations

import asyncio
import errno
import operator
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import OptionError
from pellucid.serve import ServerLimits, worker
from pellucid.serve.process import FailedError, Function, StorageError
from pellucid.serve.work import Busy, Gone, TooSlow, Work
from pellucid.serve.worker import Worker
from served import PATIENCE_S, until

ENDLESS = (sum, range(10**15))  # in C, so that no signal is heeded
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
POSIX = sys.platform != "win32"


class Asker:
    """A request that is taken back when something is so."""

    def __init__(self, over: Callable[[], bool] = lambda: False) -> None:
        self._over = over

    async def receive(self) -> dict[str, Any]:
        await comes(self._over)
        return {"type": "http.disconnect"}


async def comes(true: Callable[[], bool]) -> None:
    """Returns when something is so."""
    while not true():
        await asyncio.sleep(0.01)


def gated(folder: Path) -> tuple[Any, ...]:
    """A job that makes the file `begun` there, and waits for the file `go`."""
    code = f"""import pathlib, time
folder = pathlib.Path({str(folder)!r})
(folder / "begun").touch()
while not (folder / "go").exists():
    time.sleep(0.01)"""
    return exec, code


def endless(folder: Path) -> tuple[Any, ...]:
    """The same, but it waits in C for ever."""
    code = f"import pathlib; (pathlib.Path({str(folder)!r}) / 'begun').touch(); sum(range(10**15))"
    return exec, code


def with_work(
    use: Callable[[Work, Any], Awaitable[None]], warm: Function | None = None, **limits: Any
) -> None:
    """Run a coroutine with one process at work."""

    async def used() -> None:
        work = Work(ServerLimits(at_once=1, **limits), warm)
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


@pytest.mark.parametrize(("job", "stays"), [(gated, POSIX), (endless, False)])
def test_who_goes_away(
    job: Callable[[Path], tuple[Any, ...]],
    stays: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that can be told to stop its job stays, and another is killed."""
    if stays:
        monkeypatch.setattr(worker, "GRACE_S", PATIENCE_S)

    async def use(work: Work, asker: Any) -> None:
        pids, gone = work.pids, Asker((tmp_path / "begun").exists)
        with pytest.raises(Gone):
            await work.run(gone, *job(tmp_path))  # type: ignore[arg-type]
        assert (work.pids == pids) == stays
        assert await work.run(asker, operator.add, 1, 2) == 3

    with_work(use)


def test_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that a process takes to begin doesn't count."""
    usual, ready = ServerLimits(at_once=1), Worker.ready

    async def use(work: Work, asker: Any) -> None:
        async def slowly(worker: Worker) -> None:
            await ready(worker)
            await asyncio.sleep(0.5)
            work.limits = usual

        work.limits = replace(usual, seconds=0.3)
        for job in ((time.sleep, 600), ENDLESS):
            with pytest.raises(TooSlow, match=r"0\.3 seconds"):
                await work.run(asker, *job)
        monkeypatch.setattr(Worker, "ready", slowly)
        assert await work.run(asker, operator.add, 2, 2) == 4

    with_work(use)


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


def test_only_so_many_wait(tmp_path: Path) -> None:
    async def use(work: Work, asker: Any) -> None:
        jobs = [asyncio.ensure_future(work.run(asker, *gated(tmp_path))) for _ in range(3)]
        await comes((tmp_path / "begun").exists)
        assert (work.working, work.waiting) == (1, 2)
        with pytest.raises(Busy):
            await work.run(asker, operator.add, 1, 1)
        (tmp_path / "go").touch()
        await asyncio.gather(*jobs)

    with_work(use, waiting=2)


def test_a_process_that_died_between_jobs_costs_none() -> None:
    async def use(work: Work, asker: Any) -> None:
        os.kill(work.pids[0], KILL)
        assert until(lambda: not work.pids)
        assert await work.run(asker, operator.add, 1, 2) == 3

    with_work(use)


@pytest.mark.parametrize("idle", [True, False])
def test_a_process_that_cannot_be_started_is_started_later(
    idle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it died between jobs or in one; nothing stays open of the tries, which are so many
    that a file of another server's in this process makes no difference.
    """
    tries = 20

    def refused(_: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    async def use(work: Work, asker: Any) -> None:
        began = opened()
        with monkeypatch.context() as patch:
            patch.setattr(SpawnProcess, "start", refused)
            if idle:
                os.kill(work.pids[0], KILL)
                assert until(lambda: not work.pids)
            else:
                with pytest.raises(FailedError):
                    await work.run(asker, os._exit, 3)
            for _ in range(tries):
                with pytest.raises(StorageError, match="no more processes"):
                    await work.run(asker, operator.add, 1, 2)
        assert await work.run(asker, operator.add, 1, 2) == 3
        assert opened() < began + tries
        monkeypatch.setattr(SpawnProcess, "start", refused)  # the server ends without one, too
        os.kill(work.pids[0], KILL)

    with_work(use)


def opened() -> int:
    """Files that this process has open; 0 where the system doesn't tell."""
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


def test_a_process_has_only_so_long_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "READY_S", 0.5)
    with pytest.raises(FailedError, match="begin"):
        with_work(nothing, warm=partial(time.sleep, 60))


async def nothing(_work: Work, _asker: Any) -> None:
    """A use."""


@pytest.mark.skipif(not POSIX, reason="signals of POSIX")
@pytest.mark.parametrize("sent", ["SIGTERM", "SIGINT"])
def test_signals_for_the_server_do_not_stop_the_work(sent: str, tmp_path: Path) -> None:
    async def use(work: Work, asker: Any) -> None:
        job = asyncio.ensure_future(work.run(asker, *gated(tmp_path)))
        await comes((tmp_path / "begun").exists)
        os.kill(work.pids[0], getattr(signal, sent))
        (tmp_path / "go").touch()
        assert await job is None

    with_work(use)


def test_nothing_that_libraries_say_is_heard(capfd: pytest.CaptureFixture[str]) -> None:
    async def use(work: Work, asker: Any) -> None:
        assert await work.run(asker, os.write, 2, b"secret") == 6

    with_work(use)
    assert "secret" not in capfd.readouterr().err


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="the system has no disk that is full")
def test_a_full_disk_is_no_bug_and_no_fault_of_the_picture(tmp_path: Path) -> None:
    arrays = tmp_path / "arrays.npz"
    arrays.symlink_to(FULL)

    async def use(work: Work, asker: Any) -> None:
        for write in (partial(FULL.write_bytes, b"some"), partial(np.savez, arrays, np.zeros(9))):
            with pytest.raises(StorageError, match="full"):
                await work.run(asker, write)
        with pytest.raises(FailedError, match="FileNotFoundError"):
            await work.run(asker, Path("/nowhere/at/all").read_bytes)

    with_work(use)
