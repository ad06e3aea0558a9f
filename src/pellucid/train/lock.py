"""One run at a time writes a checkpoint: a second one would silently overwrite the first one's.

The operating system holds the lock and lets go of it when a process ends, however that ends, so a
file that a killed run left behind is no obstacle. The file says which process holds it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pellucid.errors import OutputError

if sys.platform == "win32":
    import msvcrt

    def take(file: int) -> None:
        """Lock an open file, or raise OSError at once if another process has it."""
        os.lseek(file, 1 << 20, os.SEEK_SET)  # far behind the text, which stays readable
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def take(file: int) -> None:
        """Lock an open file, or raise OSError at once if another process has it."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def only_run(checkpoint: Path) -> Iterator[None]:
    """Hold `checkpoint` for this process; the lock is a hidden file beside it, gone afterwards.

    Raises:
        OutputError: another process holds it, or the folder can't be written to.
    """
    path = checkpoint.with_name(f".{checkpoint.name}.lock")
    file = lock(path, checkpoint)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # not on Windows, where it is still open
        os.close(file)


def lock(path: Path, checkpoint: Path) -> int:
    """Make and lock the file `path`; returns its descriptor, which must stay open."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
        try:
            take(file)
            if is_at(file, path):
                os.ftruncate(file, 0)
                os.write(file, str(os.getpid()).encode())
                return file
            os.close(file)  # the run before has just ended and removed it
        except OSError as error:
            holder = os.read(file, 20).decode(errors="replace") or "unknown"
            os.close(file)
            raise OutputError(
                f"another run, process {holder}, writes {checkpoint}; wait for its end, or choose "
                "another -o"
            ) from error


def is_at(file: int, path: Path) -> bool:
    """Whether the open file is still the one at `path`."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False
