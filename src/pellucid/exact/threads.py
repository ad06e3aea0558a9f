"""Threads for tiles, which the threads of the matrix library stay out of."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

from pellucid.runtime.session import thread_count


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """Threads for tiles, one for each core; matrix products keep to the thread that asks for them.

    Otherwise the threads of the tiles and those of the matrix library wait for each other.
    """
    with OneThread(), ThreadPoolExecutor(thread_count()) as pool:
        yield pool


class OneThread:
    """Limits the matrix library to one thread while any caller is inside.

    The limit is the process's, so the first to come sets it and the last to go takes it back.
    """

    _lock = Lock()
    _inside = 0
    _limit: Any = None

    def __enter__(self) -> None:
        kind = type(self)
        with self._lock:
            if kind._inside == 0:
                kind._limit = matrix_library().limit(limits=1, user_api="blas")
            kind._inside += 1

    def __exit__(self, *_: object) -> None:
        kind = type(self)
        with self._lock:
            kind._inside -= 1
            if kind._inside == 0:
                kind._limit.restore_original_limits()


@cache
def matrix_library() -> ThreadpoolController:
    """What NumPy multiplies matrices with, looked up once."""
    return ThreadpoolController()
