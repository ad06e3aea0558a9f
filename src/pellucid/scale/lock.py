"""One batch at a time on a target: a small file there says who works, and that it still does."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pellucid.errors import OutputError, PellucidError
from pellucid.scale.target import OWN, Target

PLACE = f"{OWN}/lock"
BEAT_S = 20.0  # between two signs of life
DEAD_S = 120.0  # without one, after which another may take over
_here = set[str]()  # runs of this process: a process of before may have had its number


class Lock:
    """Held by this process. `lost`: another has taken it over."""

    def __init__(self, target: Target, run: str) -> None:
        self._target, self.lost = target, False
        self._mine = {
            "run": run,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        }
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lock", daemon=True)

    def take(self) -> None:
        """Raise OutputError if another batch holds it and is alive."""
        try:
            self._target.write(PLACE, self._said(), new=True)
        except FileExistsError:
            other = self._other()
            if other and is_alive(other):
                raise OutputError(
                    f"another batch works on {self._target.url}: process {other.get('pid')} on "
                    f"{other.get('host')}, since {other.get('since')}; wait for it, or end it"
                ) from None
            self._target.write(PLACE, self._said())
        self._thread.start()

    def free(self) -> None:
        """Let others in."""
        self._ended.set()
        self._thread.join()
        if not self.lost:
            with suppress(PellucidError):
                self._target.remove([PLACE])
        self._target.tidy()

    def _said(self) -> bytes:
        return json.dumps({**self._mine, "alive": time.time()}).encode()

    def _other(self) -> dict[str, Any]:
        """Who holds it; nothing if that can't be read."""
        with suppress(ValueError):
            found = json.loads(self._target.read(PLACE) or b"{}")
            return found if isinstance(found, dict) else {}
        return {}

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            with suppress(PellucidError):  # storage that fails for a while is no end of it
                other = self._other()
                self.lost = any(other.get(name) != self._mine[name] for name in self._mine)
                if self.lost:
                    return
                self._target.write(PLACE, self._said())


def is_alive(other: dict[str, Any]) -> bool:
    """Whether who holds a lock still works, as far as that can be known from here."""
    try:
        if other.get("host") == socket.gethostname():
            pid = int(other["pid"])
            return other.get("run") in _here if pid == os.getpid() else process_lives(pid)
        return time.time() - float(other["alive"]) < DEAD_S
    except (KeyError, TypeError, ValueError):
        return False


def process_lives(pid: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def held(target: Target, run: str) -> Iterator[Lock]:
    """The lock of a target, while the block lasts; OutputError if another batch has it."""
    lock = Lock(target, run)
    lock.take()
    _here.add(run)
    try:
        yield lock
    finally:
        lock.free()
        _here.discard(run)
