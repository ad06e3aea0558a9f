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
def only_run(output: Path) -> Iterator[None]:
    """Hold the file `output` for this process by a hidden file beside it; makes their folder.

    Raises:
        OutputError: another process holds it, or the folder can't be written to.
    """
    path = output.with_name(f".{output.name}.lock")
    file = lock(path, output)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # not on Windows, where it is still open
        os.close(file)


def lock(path: Path, output: Path) -> int:
    """Make and lock the file `path`; returns its descriptor, which must stay open."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OutputError(
                f"cannot write to {path.parent}: {error.strerror or error}"
            ) from error
        try:
            take(file)
        except OSError as error:
            holder = os.read(file, 20).decode(errors="replace") or "unknown"
            os.close(file)
            raise OutputError(
                f"another run, process {holder}, writes {output}; wait for its end, or choose "
                "another -o"
            ) from error
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            os.ftruncate(file, 0)
            os.write(file, str(os.getpid()).encode())
            return file
        os.close(file)  # the run before has just ended and removed it
