"""A folder for a server's files, and one in it for each request; a full disk is a StorageError.

A server that is killed can't remove its folder, so the next one does: the folder of a server that
runs is locked by it, which the system ends with the server.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir, mkdtemp

from pellucid.serve.process import StorageError

if sys.platform != "win32":  # which has no such locks: there old folders stay
    import fcntl

PREFIX = "pellucid-serve-"


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder that is gone after the block, as are those of servers that were killed."""
    if sys.platform != "win32":
        for old in Path(gettempdir()).glob(f"{PREFIX}*"):
            with suppress(OSError), locked(old):
                rmtree(old, ignore_errors=True)
    prefix = f"{PREFIX}{os.getpid()}-"
    with TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as made, locked(Path(made)):
        yield Path(made)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """A folder that is locked while the block lasts; OSError if another server has it locked."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextmanager
def storing() -> Iterator[None]:
    """What the system says in the block against writing a file is a StorageError."""
    try:
        yield
    except OSError as error:
        said = error.strerror or "its disk has no room"
        raise StorageError(f"the server can't keep the picture: {said}") from error


@asynccontextmanager
async def request_folder(parent: Path) -> AsyncIterator[Path]:
    """A folder of its own for a request, gone after the block; StorageError on a full disk."""
    with storing():
        made = Path(mkdtemp(dir=parent))
    try:
        yield made
    finally:
        rmtree(made, ignore_errors=True)
