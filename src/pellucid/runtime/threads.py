"""Threads for tiles, and how those of the matrix library stay out of the way.

The latter wait for work by spinning, for a tenth of a second after each product (OpenBLAS 0.3), so
that a network that runs next has one core less.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from pellucid.pixels.extras import Together
from pellucid.runtime.session import thread_count


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """Threads for tiles, one for each core; matrix products keep to the thread that asks for them.

    Otherwise the threads of the tiles and those of the matrix library wait for each other.
    """
    with ONE_THREAD, ThreadPoolExecutor(thread_count()) as pool:
        yield pool


@cache
def matrix_library() -> ThreadpoolController:
    """What NumPy multiplies matrices with, looked up once."""
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for the matrix library, in all threads; any may be the one that ends the block.

    As a context manager of its own threadpoolctl's limit would have to end in the same thread.
    """
    take_over()
    limit = matrix_library().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        take_over()
        limit.restore_original_limits()
        take_over()


def take_over() -> None:
    """Let any thread be the next to set a limit; `Together` sees to it that it is one at a time.

    The first one to set a limit for OpenBLAS, usually the main thread, keeps that right as long as
    it lives (threadpoolctl 3.8), and those of others have no effect.
    """
    for library in matrix_library().lib_controllers:
        clear = getattr(library, "clear_controlling_thread", None)
        if clear is not None:
            clear(force=True)


ONE_THREAD = Together(one_thread)
