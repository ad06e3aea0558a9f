"""What is wanted below a folder of any file system, as a stream.

    local.py      disks of this machine: folder by folder, as they are read
    s3_pages.py   S3: pages of keys
    here          archives: their whole directory, which is in memory anyway
                  others: folder by folder, so memory is bounded by the largest, and the names of
                  those that wait

Where keys come flat, with no folders between, a Zarr store is found by the first of its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from fsspec.archive import AbstractArchiveFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from pellucid.errors import InputError, PellucidError
from pellucid.scale.retrying import kinds_of
from pellucid.scale.sources.local import Found, Told, is_zarr
from pellucid.scale.sources.s3_pages import keys_below, walk_prefixes
from pellucid.scale.sources.wanted import Wanted
from pellucid.scale.storage import reason_of, retried

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# what file systems call that which changes with a file, the surest first
_STAMPS = (
    *("ETag", "etag", "md5Hash", "content_md5", "CRC", "mtime"),
    *("LastModified", "last_modified", "updated", "modified", "created"),
)


@contextmanager
def listing(name: str) -> Iterator[None]:
    """What goes wrong in the block is an InputError that names what is read."""
    try:
        yield
    except PellucidError:
        raise
    except Exception as error:  # the libraries of clouds raise their own
        reason = reason_of(error)
        if reason == "no such file" or isinstance(error, NotADirectoryError):
            raise InputError(f"{name}: no such file or folder") from error
        raise InputError(f"{name}: cannot be read: {reason}") from error


def walk(
    fs: AbstractFileSystem, path: str, wanted: Wanted, skip: str | None, told: Told
) -> Iterator[Found]:
    """What is wanted below `path`; `skip` is a folder below it that isn't entered.

    `told` hears of folders that are gone or closed. Raises what the file system does for other
    errors, which would cut the listing short.
    """
    if _is_in_memory(fs):
        return _chosen(_all_below(fs, path), wanted, skip)
    if "s3" in kinds_of(fs):
        if wanted.deep:
            return _chosen(keys_below(fs, path, wanted.start), wanted, skip)
        return walk_prefixes(fs, path, wanted, skip)
    return _walk_folders(fs, path, wanted, skip, told)


def stamp_of(info: Mapping[str, Any]) -> str:
    """What changes with a file, of what a file system says of it; "" if it says nothing."""
    said = (info.get(name) for name in _STAMPS)
    value = next(filter(None, said), "")
    return str(value.timestamp() if isinstance(value, datetime) else value).strip('"')


def found_of(below: str, info: Mapping[str, Any]) -> Found:
    """A file with what a file system says of it, or a store."""
    if info["type"] == "directory":
        return Found(below)
    return Found(below, info.get("size"), stamp_of(info))


def start_of(fs: AbstractFileSystem, path: str) -> str:
    """What the names of all that is below a folder begin with."""
    return f"{path.rstrip('/')}/" if path.strip("/") else str(fs.root_marker)


def _is_in_memory(fs: AbstractFileSystem) -> bool:
    """Whether a file system holds all names anyway; its `ls` looks at all of them then."""
    return isinstance(fs, (AbstractArchiveFileSystem, MemoryFileSystem))


def _all_below(fs: AbstractFileSystem, path: str) -> Iterator[Found]:
    """All files of a file system that is in memory."""
    start = start_of(fs, path)
    for name, info in fs.find(path, detail=True).items():
        if name.startswith(start):
            yield found_of(name[len(start) :], info)


def _chosen(keys: Iterable[Found], wanted: Wanted, skip: str | None) -> Iterator[Found]:
    """Those that are wanted, and once each store that some of them lie in."""
    last = ""
    take = lru_cache(maxsize=1000)(wanted.take)  # which counts

    @lru_cache(maxsize=1000)
    def store_of(folder: str) -> str | None:
        """The store that a folder is or lies in, "" for none, None if it isn't entered."""
        names = folder.split("/") if folder else []
        for there in accumulate(names, "{}/{}".format):
            if is_zarr(there):
                return there if take(there) else None
            if there == skip or not wanted.enter(there):
                return None
        return ""

    for found in keys:
        store = store_of(found.below.rpartition("/")[0])
        if store:
            if store != last:
                yield Found(store)
            last = store
        elif store is not None and wanted.take(found.below):
            yield found


def _walk_folders(
    fs: AbstractFileSystem, path: str, wanted: Wanted, skip: str | None, told: Told
) -> Iterator[Found]:
    start, waiting = start_of(fs, path), [path]
    while waiting:
        folder = waiting.pop()
        fs.invalidate_cache()  # or each listing stays in memory
        try:
            infos = retried(fs.ls, folder, detail=True)
        except (FileNotFoundError, PermissionError) as error:
            if folder == path:
                raise
            told(f"{folder}: the folder can't be read: {reason_of(error)}")
            continue
        for info in infos:
            name, is_file = info["name"].rstrip("/"), info["type"] != "directory"
            if not name.startswith(start) or (name == folder and not is_file):
                continue  # some list the folder itself
            below = name[len(start) :]
            if is_file or is_zarr(name):
                if wanted.take(below):
                    yield found_of(below, info)
            elif below != skip and wanted.enter(below):
                waiting.append(name)
