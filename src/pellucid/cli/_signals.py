"""Signals that end a command do so as exceptions, so that its temporary files are removed.

By default SIGTERM and SIGHUP end a process on the spot. Here they raise `Stopped`, a kind of
KeyboardInterrupt, which passes through every `finally` on its way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# What a person is told; SIGHUP, of a terminal that was closed, doesn't exist on Windows.
REASONS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminal closed"}


class Stopped(KeyboardInterrupt):
    """The command was asked to end by a signal; `exit_code` is 128 plus its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.reason = REASONS[signal.Signals(number).name]
        self.exit_code = 128 + number


@contextmanager
def heeded() -> Iterator[None]:
    """While the block lasts these signals raise `Stopped` in it, unless they are ignored.

    Nothing changes outside of the main thread, where Python delivers no signals.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in REASONS if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        before = {n: there for n, there in before.items() if there not in (signal.SIG_IGN, None)}

    def stop(number: int, _frame: object) -> None:
        for each in before:  # a second one mustn't end the clearing up that the first began
            if each != signal.SIGINT:
                signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, there in before.items():
            signal.signal(number, there)
