"""Files on this machine's disks, found while folders are read: nothing is sorted or kept."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pellucid.pixels import ZARR
from pellucid.pixels.formats.zarr import MARKS
from pellucid.scale.sources.wanted import Wanted

_SLASHES = f"/{os.sep}"

Told = Callable[[str], None]


class Found(NamedTuple):
    """What is below a folder: its names from there with "/" between, bytes, and a stamp."""

    below: str
    size: int | None = None
    stamp: str = ""


def is_zarr(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is called like a Zarr store."""
    return os.path.splitext(os.fspath(path).rstrip(_SLASHES))[1].lower() == ZARR


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder of files; a Zarr store, and an array in one, is a picture."""
    if not os.path.isdir(path) or is_zarr(path):
        return False
    within = any(is_zarr(folder) for folder in Path(path).absolute().parents)
    return not (within and any(Path(path, mark).is_file() for mark in MARKS))


def walk_disk(
    root: str, wanted: Wanted, skip: os.stat_result | None, told: Told
) -> Iterator[Found]:
    """What is wanted below a folder, in the order of the disk; links to folders aren't followed.

    Memory holds the names of folders that wait to be read. `told` hears of those that can't be;
    `skip` is one that isn't entered. Raises OSError if `root` itself can't be read.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        path = os.path.join(root, folder) if folder else root
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    below = f"{folder}/{entry.name}" if folder else entry.name
                    try:
                        if entry.is_dir() and not is_zarr(entry.name):
                            if _entered(entry, below, wanted, skip):
                                waiting.append(below)
                        elif wanted.take(below) and (found := _found(entry, below, told)):
                            yield found
                    except OSError as error:  # it has gone since, say; the others are there
                        told(f"{entry.path}: it can't be looked at: {error.strerror}")
        except OSError as error:
            if not folder:
                raise
            told(f"{path}: the folder can't be read: {error.strerror}")


def is_text(name: str) -> bool:
    """Whether a name is valid Unicode; on disks of Unix it may be any bytes."""
    try:
        return name.isascii() or name.encode() is not None
    except UnicodeEncodeError:
        return False


def looked_up(path: str) -> Found:
    """Size and stamp of a file; neither for what isn't one: whoever opens it says why."""
    with suppress(OSError, ValueError):
        status = os.stat(path)
        if stat.S_ISREG(status.st_mode):
            return _stamped("", status)
    return Found("")


def _entered(
    entry: os.DirEntry[str], below: str, wanted: Wanted, skip: os.stat_result | None
) -> bool:
    if entry.is_symlink() or not wanted.enter(below):
        return False
    return skip is None or not os.path.samestat(os.stat(entry.path), skip)


def _found(entry: os.DirEntry[str], below: str, told: Told) -> Found | None:
    """A file, a link to one, or a store; None for what is something else."""
    if entry.is_dir():
        return Found(below)
    if not entry.is_file():
        told(f"{entry.path}: neither a file nor a link to one")
        return None
    return _stamped(below, entry.stat())


def _stamped(below: str, status: os.stat_result) -> Found:
    return Found(below, status.st_size, str(status.st_mtime_ns))
