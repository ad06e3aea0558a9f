"""Write a file whole or not at all.

The bytes go to a temporary name in the same folder, are flushed to the disk, and only then take
the real name. With ``force`` that is a rename over the old file; without it, it is a hard link,
which fails if the name exists, so that not even a race can overwrite a file. File systems without
hard links get an exclusive create of an empty file instead, and a rename over that.

Source: the write-fsync-rename pattern of SQLite ("Atomic Commit In SQLite") and POSIX link(2).
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pellucid.errors import OutputError, PellucidError

Ours = Callable[[Path], bool]

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    """What goes wrong in the block is an OutputError that names the target."""
    try:
        yield
    except PellucidError:
        raise
    except FileExistsError as error:
        raise _exists(target) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {target}: {reason}") from error


def check_target(path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Return `path` as a Path if a file may be written there; a cheap test before the work.

    Raises OutputError if the folder is missing or no folder, if the name is a folder or a device,
    or if it exists and `force` is false.
    """
    target = Path(path)
    with _writing(target):
        if not target.parent.is_dir():
            raise OutputError(f"cannot write {target}: the folder {target.parent} does not exist")
        if target.is_dir():
            raise OutputError(f"cannot write {target}: it is a folder; give a file name")
        if os.path.lexists(target) and not force:
            raise _exists(target)
        if target.exists() and not target.is_file():
            raise OutputError(f"cannot write {target}: it is not a regular file")
    return target


def write_atomic(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Write `data` to `path`, whole or not at all.

    Raises OutputError if the file exists and `force` is false, or if it can't be written; no
    temporary file is left behind.
    """
    with new_file(path, force=force) as file:
        file.write(data)


@contextlib.contextmanager
def new_file(path: str | os.PathLike[str], *, force: bool = False) -> Iterator[BinaryIO]:
    """A file to write in any order; it has its name when the block ends, flushed, or never.

    Raises OutputError as `write_atomic` does.
    """
    target = check_target(path, force=force)
    temporary = _beside(target)
    with _writing(target):
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            give_name(temporary, target, force=force)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()


def give_name(temporary: Path, target: Path, *, force: bool) -> None:
    """Rename a finished file or folder on one file system, so that it is there whole or not at all.

    Raises FileExistsError if there is something and `force` is false, and other OSErrors.
    """
    old = temporary.with_name(f"{temporary.name}.old")
    if not temporary.is_dir():
        if force:
            os.replace(temporary, target)
        else:
            _link_new(temporary, target)
            temporary.unlink(missing_ok=True)
    elif not os.path.lexists(target):
        os.rename(temporary, target)
    elif not force:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    else:
        os.rename(target, old)
        os.rename(temporary, target)
        shutil.rmtree(old)
    _sync_folder(target.parent)


@contextlib.contextmanager
def new_folder(path: str | os.PathLike[str], *, force: bool, ours: Ours) -> Iterator[Path]:
    """The name of a folder to be made; it takes the name `path` when the block ends, or never.

    With `force` it takes the place of a folder that is `ours`, and of no other. Raises OutputError.
    """
    target = Path(path)
    replaced = os.path.isdir(target) and not os.path.islink(target)
    if replaced and not force:
        raise _exists(target)
    if replaced and not ours(target):
        raise OutputError(f"cannot write {target}: it is a folder with other things in it")
    if not replaced:
        check_target(target)
    temporary = _beside(target)
    old = temporary.with_suffix(".old")
    with _writing(target):
        try:
            yield temporary
            if replaced:
                os.rename(target, old)
            os.rename(temporary, target)
        finally:
            if old.exists() and not target.exists():
                os.rename(old, target)
            for folder in (temporary, old):
                shutil.rmtree(folder, ignore_errors=True)
    _sync_folder(target.parent)


def _exists(target: Path) -> OutputError:
    return OutputError(f"{target} exists already; overwrite it with --force (force=True)")


def _beside(target: Path) -> Path:
    return target.parent / f".pellucid-{secrets.token_hex(8)}.tmp"


def _link_new(temporary: Path, target: Path) -> None:
    """Give the finished file its name, or raise FileExistsError."""
    try:
        return os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    target.open("xb").close()  # the name is ours, so that nothing else is replaced
    try:
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Flush the folder's entry where the system can; the file is complete either way."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
