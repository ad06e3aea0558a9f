"""Whatever is killed at whatever moment, going on makes each output once, and whole."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from batch_work import copy_of, files_below, make_sources
from dask_programs import WORKERS, running, running_scheduler
from pellucid.scale.items import State
from program import TESTS, WITH_TESTS
from served import until

SOURCES = 60
PATIENCE_S = 90.0
BEGIN_S, WORK_S = 1.5, 1.2  # of a run, about: until it has begun, and of its work
EARLY = 0.2  # part of the deaths that come before


def begun(source: Path, target: Path, *more: str) -> subprocess.Popen[str]:
    """A batch that goes on if there is one to go on with."""
    resume = ["resume"] if (target / "pellucid-batch.sqlite").exists() else []
    words = map(str, (TESTS / "batch_work.py", source, target))
    return subprocess.Popen(
        [sys.executable, *words, *resume, *more],
        env=WITH_TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(source: Path, target: Path, *more: str) -> None:
    """Go on to the end."""
    with begun(source, target, *more) as process:
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said
    assert "ended" in said


def check(target: Path, sources: dict[str, bytes]) -> None:
    """Each source has one output, which is whole, and a row; nothing else is left."""
    assert files_below(target) == {copy_of(place): data for place, data in sources.items()}
    assert not (target / ".pellucid").exists()
    with closing(sqlite3.connect(target / "pellucid-batch.sqlite")) as manifest:
        rows = manifest.execute("SELECT state, output FROM picture").fetchall()
    assert sorted(rows) == sorted((State.DONE, copy_of(place)) for place in sources)


def children(process: int) -> list[int]:
    """Numbers of all processes below one."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for number in map(int, task.read_text().split()):
            found += [number, *children(number)]
    return found


def wait(draw: random.Random, target: Path, client: subprocess.Popen[str]) -> None:
    """Until a moment at random: mostly one while outputs are made."""
    if draw.random() < EARLY:
        time.sleep(draw.uniform(0, BEGIN_S))
        return
    number = len(files_below(target))  # the lock is one
    assert until(lambda: len(files_below(target)) > number or client.poll() is not None)
    time.sleep(draw.uniform(0, WORK_S))


def workers_of(client: int) -> list[int]:
    """The processes of a client's own workers."""
    return [one for one in children(client) if b"spawn_main" in command_of(one)]


def command_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def kill_client(draw: random.Random, source: Path, target: Path) -> None:
    """A client that is killed, and with it its own workers lose their scheduler."""
    with begun(source, target) as client:
        wait(draw, target, client)
        client.kill()
        client.communicate()


def kill_worker(draw: random.Random, source: Path, target: Path) -> None:
    """A run one of whose workers is killed: it ends all the same."""
    with begun(source, target) as client:
        wait(draw, target, client)
        for worker in draw.sample(there := workers_of(client.pid), min(1, len(there))):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        said, _ = client.communicate(timeout=PATIENCE_S)
    assert client.returncode == 0 or "didn't start" in said, said


def kill_scheduler(draw: random.Random, source: Path, target: Path) -> None:
    """A run whose scheduler is killed: it ends with a word about going on."""
    with ExitStack() as stack:
        address = stack.enter_context(running_scheduler(target.parent, environment=WITH_TESTS))
        workers = stack.enter_context(running([*WORKERS, address], target.parent, WITH_TESTS))
        client = stack.enter_context(begun(source, target, address))
        wait(draw, target, client)
        for scheduler in children(os.getpid()):
            if b"scheduler-file" in command_of(scheduler):
                os.kill(scheduler, signal.SIGKILL)
        said, _ = client.communicate(timeout=PATIENCE_S)
        workers.kill()  # they would wait for another scheduler
    assert client.returncode == 0 or "--resume" in said or "no Dask scheduler" in said, said
    assert client.returncode == 0 or "\npellucid.errors." in said, said  # nothing of Dask's own
    (target.parent / "scheduler.json").unlink()


VICTIMS = {"client": kill_client, "worker": kill_worker, "scheduler": kill_scheduler}


def kill_often(victim: str, times: int, folder: Path) -> None:
    """Begin, kill, and go on, again and again; after each end nothing is missing or double."""
    seed = random.randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")  # which pytest shows of a test that fails
    draw = random.Random(seed)
    for number in range(times):
        source, target = folder / f"source{number}", folder / f"target{number}"
        sources = make_sources(source, SOURCES)
        target.mkdir()
        for _ in range(draw.randint(1, 2)):
            VICTIMS[victim](draw, source, target)
        finish(source, target)
        check(target, sources)


@pytest.mark.parametrize("victim", VICTIMS)
def test_each_source_has_one_output(victim: str, tmp_path: Path) -> None:
    kill_often(victim, 1, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("victim", "times"), [("client", 20), ("worker", 20), ("scheduler", 10)])
def test_killed_fifty_times(victim: str, times: int, tmp_path: Path) -> None:
    kill_often(victim, times, tmp_path)
