"""One batch at a time on a target: a small file there says who works, and that it still does.

Whether another still works: on this machine its process says so, and on others the file, which is
written anew every 20 seconds. Clocks differ, so that one that seems old is watched for a while.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Any

from pellucid.errors import OutputError, PellucidError
from pellucid.pixels.extras import science
from pellucid.scale.outputs.target import OWN, Target

PLACE = f"{OWN}/lock"
BEAT_S = 20.0  # between two signs of life
DEAD_S = 120.0  # without one, after which another may take over
SETTLE_S = 1.0  # after which of two that take over at once one is the last
CLOCK_S = 60.0  # by which a process may seem to have begun at another time, as clocks are set
_here = set[str]()  # tokens of this process: one of before may have had its number


class Lock:
    """Held by this process. `lost`: another has taken it over."""

    def __init__(self, target: Target, run: str) -> None:
        self._target, self.lost = target, False
        self._token = token_hex(8)
        self._mine: dict[str, Any] = {
            "run": run,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "began": began(os.getpid()),
            "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
            "token": self._token,
        }
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lock", daemon=True)

    def take(self) -> None:
        """Raise OutputError if another batch holds it and is alive."""
        _here.add(self._token)
        try:
            if not self._write_new():
                self._take_over()
        except BaseException:
            _here.discard(self._token)
            raise
        self._thread.start()

    def free(self) -> None:
        """Let others in."""
        self._ended.set()
        self._thread.join()
        with suppress(PellucidError):
            if not self.lost and self._is_mine():
                self._target.remove([PLACE])
        self._target.tidy()
        _here.discard(self._token)

    def _write_new(self) -> bool:
        with suppress(FileExistsError):
            self._target.write(PLACE, self._said(), new=True)
            return True
        return self._is_mine()  # the answer to a first try may have been lost

    def _take_over(self) -> None:
        other = self._other()
        if is_alive(other) or (other.get("host") != self._mine["host"] and self._moves(other)):
            raise OutputError(
                f"another batch works on {self._target.url}: process {other.get('pid')} on "
                f"{other.get('host')}, since {other.get('since')}; wait for it, or end it; "
                f"if it is long gone, remove {self._target.name(PLACE)}"
            )
        self._target.write(PLACE, self._said())
        time.sleep(SETTLE_S)
        if not self._is_mine():
            raise OutputError(f"another batch has begun to work on {self._target.url} just now")

    def _moves(self, other: dict[str, Any]) -> bool:
        """Whether one of another machine gives a sign of life, whatever its clock says."""
        if not other:
            return False
        time.sleep(1.5 * BEAT_S)
        now = self._other()
        return bool(now) and now != other

    def _said(self) -> bytes:
        return json.dumps({**self._mine, "alive": time.time()}).encode()

    def _is_mine(self) -> bool:
        return self._other().get("token") == self._token

    def _other(self) -> dict[str, Any]:
        """Who holds it; nothing if no one does, or if what is there can't be of a batch."""
        with suppress(ValueError, RecursionError):
            found = json.loads(self._target.read(PLACE) or b"{}")
            return found if isinstance(found, dict) else {}
        return {}

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            with suppress(PellucidError, FileExistsError):  # it is no end if that fails for a while
                gone = self._target.find(PLACE) is None
                self.lost = not gone and not self._is_mine()
                if self.lost:
                    return
                self._target.write(PLACE, self._said(), new=gone)


def is_alive(other: dict[str, Any]) -> bool:
    """Whether who holds a lock still works, as far as that can be known at once from here."""
    try:
        if other["host"] != socket.gethostname():
            return abs(time.time() - float(other["alive"])) < DEAD_S
        pid = int(other["pid"])
        if pid == os.getpid():
            return other["token"] in _here
        return abs(began(pid) - float(other["began"])) < CLOCK_S
    except (KeyError, TypeError, ValueError, OverflowError):
        return False


def began(pid: int) -> float:
    """When a process of this machine began, in seconds; ValueError if there is none.

    So one that later got the number of a dead one isn't taken for it.
    """
    psutil = science("psutil", "scale")
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise ValueError(f"process {pid} is dead")
        return float(process.create_time())
    except psutil.NoSuchProcess as error:
        raise ValueError(f"there is no process {pid}") from error


@contextmanager
def held(target: Target, run: str) -> Iterator[Lock]:
    """The lock of a target, while the block lasts; OutputError if another batch has it."""
    lock = Lock(target, run)
    lock.take()
    try:
        yield lock
    finally:
        lock.free()
