"""One batch at a time: who is alive is respected, and who is dead is succeeded."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pellucid.errors import OutputError
from pellucid.scale.outputs import lock as locks
from pellucid.scale.outputs.lock import PLACE, Lock, began, held
from pellucid.scale.outputs.target import OWN, Target
from program import ENVIRONMENT
from served import until
from targets import on_disk_and_s3

HOLDING = """
import sys
from pellucid.scale.outputs.lock import held
from pellucid.scale.outputs.target import Target
with held(Target(sys.argv[1]), "theirs"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "BEAT_S", 0.02)
    monkeypatch.setattr(locks, "SETTLE_S", 0.0)


def said(target: Target) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(target.read(PLACE) or b"{}")
    return found


def leave(target: Target, **more: Any) -> dict[str, Any]:
    """A lock that a batch on another machine has left."""
    other = {
        "run": "theirs",
        "host": "elsewhere",
        "pid": 7,
        "began": 1.0,
        "since": "2026-01-01 00:00:00 UTC",
        "token": "t",
        "alive": time.time() - 1000,
    }
    other |= more
    target.write(PLACE, json.dumps(other).encode())
    return other


@on_disk_and_s3
def test_it_is_held_and_freed(target: Target) -> None:
    with held(target, "mine") as lock:
        found = said(target)
        assert found["run"] == "mine"
        assert found["host"] == socket.gethostname()
        assert found["pid"] == os.getpid()
        with pytest.raises(OutputError, match=f"another batch works on .*process {os.getpid()} on"):
            held(target, "other").__enter__()
        assert said(target) == found
        assert not lock.lost
    assert target.own(OWN) == []
    with held(target, "again"):
        pass


@on_disk_and_s3
def test_it_is_freed_when_the_work_fails(target: Target) -> None:
    with pytest.raises(ZeroDivisionError), held(target, "mine"):
        raise ZeroDivisionError
    assert target.read(PLACE) is None


@on_disk_and_s3
def test_it_gives_signs_of_life(target: Target, quick: None) -> None:
    with held(target, "mine"):
        first = said(target)["alive"]
        assert until(lambda: said(target)["alive"] > first)


def test_processes_of_this_machine(local: Target, quick: None) -> None:
    """One that lives is respected, one that was killed is succeeded."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, local.url],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(
            OutputError, match=rf"process {child.pid} on .*; wait for it, or end it"
        ):
            held(local, "mine").__enter__()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
        with pytest.raises(ValueError, match="is dead"):
            began(child.pid)
        with held(local, "mine"):
            assert said(local)["run"] == "mine"


@pytest.mark.parametrize("pid", [os.getppid(), os.getpid()], ids=["other", "own"])
def test_a_number_that_another_process_has_now(pid: int, local: Target, quick: None) -> None:
    leave(local, host=socket.gethostname(), pid=pid, began=began(pid) - 1000, alive=time.time())
    with held(local, "mine"):
        assert said(local)["run"] == "mine"


def test_a_clock_that_was_set_meanwhile(local: Target) -> None:
    pid = os.getppid()
    leave(local, host=socket.gethostname(), pid=pid, began=began(pid) - 5, alive=0)
    with pytest.raises(OutputError, match=f"process {pid}"):
        held(local, "mine").__enter__()


@on_disk_and_s3
def test_another_machine_that_lives(target: Target) -> None:
    leave(target, alive=time.time())
    with pytest.raises(
        OutputError, match="process 7 on elsewhere, since 2026-01-01 00:00:00 UTC; wait for it"
    ):
        held(target, "mine").__enter__()
    assert said(target)["run"] == "theirs"


@pytest.mark.parametrize("late", [1000, -1000])
@on_disk_and_s3
def test_another_machine_that_gives_no_sign_of_life(
    late: float, target: Target, quick: None
) -> None:
    leave(target, alive=time.time() - late)
    with held(target, "mine"):
        assert said(target)["run"] == "mine"


def test_another_machine_whose_clock_is_wrong(
    local: Target, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It seems dead, and gives a sign of life while it is watched."""
    leave(local)
    monkeypatch.setattr(time, "sleep", lambda _s: leave(local, alive=time.time() - 999))
    with pytest.raises(OutputError, match="process 7 on elsewhere"):
        held(local, "mine").__enter__()


def test_of_two_that_take_over_one_goes_on(
    local: Target, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(local, host=socket.gethostname(), pid=os.getpid())
    monkeypatch.setattr(time, "sleep", lambda _s: leave(local, token="another"))
    with pytest.raises(OutputError, match="has begun to work on"):
        held(local, "mine").__enter__()
    assert said(local)["token"] == "another"


HOSTILE = [
    b"",
    b"no JSON",
    b"\xff\xfe",
    b"[1, 2]",
    b"[" * 100_000,
    b"{}",
    b'{"host": "elsewhere"}',
    b'{"host": "elsewhere", "alive": "soon"}',
    b'{"host": "elsewhere", "alive": null}',
    b'{"host": "HERE", "pid": "one"}',
    b'{"host": "HERE", "pid": -1, "began": 1}',
    b'{"host": "HERE", "pid": 99999999999999999999, "began": 1}',
    b'{"host": "HERE", "pid": 1e999, "began": 1}',
    b'{"host": ["HERE"], "pid": {}}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: data[:40])
def test_what_is_no_lock_is_replaced(data: bytes, local: Target, quick: None) -> None:
    local.write(PLACE, data.replace(b"HERE", socket.gethostname().encode()))
    with held(local, "mine"):
        assert said(local)["run"] == "mine"


def test_a_folder_that_is_called_so(local: Target) -> None:
    Path(local.key(PLACE), "x").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"lock is a folder, and isn't of a batch"):
        held(local, "mine").__enter__()


@on_disk_and_s3
def test_one_that_is_lost_is_noticed_and_left_alone(target: Target, quick: None) -> None:
    with held(target, "mine") as lock:

        def taken_over() -> bool:
            if said(target).get("run") != "theirs":  # a sign of life may have crossed it
                leave(target)
            return lock.lost

        assert until(taken_over)
    assert said(target)["run"] == "theirs"


@on_disk_and_s3
def test_one_that_was_removed_comes_back(target: Target, quick: None) -> None:
    with held(target, "mine") as lock:
        target.remove([PLACE])
        assert until(lambda: said(target).get("run") == "mine")
        assert not lock.lost


def test_storage_that_fails_for_a_while_is_no_end(
    local: Target, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(local, "mine") as lock:
        tried = threading.Event()

        def fail(*_words: object, **_more: object) -> None:
            tried.set()
            raise OutputError("it fails")

        with monkeypatch.context() as patch:
            patch.setattr(Target, "write", fail)
            assert tried.wait(10)
        first = said(local)["alive"]
        assert until(lambda: said(local)["alive"] > first)
        assert not lock.lost


def test_a_first_try_whose_answer_was_lost(local: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds what the first has written."""
    write = Target.write

    def twice(self: Target, place: str, data: bytes, *, new: bool = False) -> None:
        write(self, place, data, new=new)
        if new:
            write(self, place, data, new=new)

    monkeypatch.setattr(Target, "write", twice)
    with held(local, "mine") as lock:
        assert said(local)["run"] == "mine"
        assert not lock.lost


@on_disk_and_s3
def test_of_many_threads_one_gets_it(target: Target) -> None:
    number, got = 6, list[Lock]()
    barrier = threading.Barrier(number)

    def take() -> None:
        lock = Lock(target, "mine")
        barrier.wait()
        try:
            lock.take()
        except OutputError:
            return
        got.append(lock)

    threads = [threading.Thread(target=take) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (lock,) = got
    lock.free()
    assert target.read(PLACE) is None
