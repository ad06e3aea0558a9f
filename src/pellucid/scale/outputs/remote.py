"""Outputs in file systems that aren't on this machine: they appear whole, and replace nothing.

An object store: one PUT, which appears whole or not at all, on the condition that there is nothing.
A temporary key, its copy and its removal would cost two more requests each. Any other file system:
a temporary name, then a move; between the look whether there is something and the move another may
write, as few of these know a move that replaces nothing.
"""

from __future__ import annotations

import errno
import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.scale.retrying import CutError, kinds_of, retried

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = ["Remote"]

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "az", "oci", "oss"}
S3 = {"s3", "s3a"}


class Remote:
    """A file system of fsspec; keys are paths in it."""

    def __init__(self, system: AbstractFileSystem) -> None:
        self._system: Any = system
        self.kinds = kinds_of(system)
        put = getattr(system, "_put_file", system.put_file)
        knows = "mode" in inspect.signature(put).parameters
        self.is_store = bool(self.kinds & OBJECT_STORES) and knows
        self.heeds = True  # the condition of a PUT that nothing is there

    def find(self, key: str) -> int | None:
        """Bytes of what is there; None if nothing is. With S3 it's one request, and no listing."""
        try:
            if self.kinds & S3:
                bucket, name, _ = self._system.split_path(key)
                head = retried(self._system.call_s3, "head_object", Bucket=bucket, Key=name)
                return int(head["ContentLength"])
            self._system.invalidate_cache(parent_of(key))
            return int(retried(self._system.info, key)["size"] or 0)
        except FileNotFoundError:
            return None

    def publish(self, path: Path, size: int, key: str, passing: str, *, force: bool) -> None:
        """Send a file, which then has this key; `passing` is a name that it may have meanwhile.

        Raises FileExistsError if there is something and `force` is false, or what storage does.
        """
        if self.is_store:
            self._create(partial(self._put, path, size, key), key, force=force)
            return
        self._make_folder(parent_of(passing))
        try:
            retried(self._put, path, size, passing, mode="overwrite")
            if not force and self.find(key) is not None:
                raise FileExistsError(key)
            self._make_folder(parent_of(key))
            self._move(passing, key, force=force)
        except BaseException:
            with suppress(Exception):  # the first failure is what matters
                self._system.rm_file(passing)
            raise

    def _move(self, passing: str, key: str, *, force: bool) -> None:
        try:
            retried(self._system.mv, passing, key)
        except FileExistsError:  # of one that never replaces
            if not force:
                raise
            retried(self._system.rm_file, key)
            retried(self._system.mv, passing, key)

    def _create(self, put: Callable[..., None], key: str, *, force: bool) -> None:
        """Do a PUT that replaces nothing without `force`: on that condition, or after a look."""
        conditional = self.heeds and not force
        if not (self.heeds or force) and self.find(key) is not None:
            raise FileExistsError(key)
        try:
            retried(put, mode="create" if conditional else "overwrite")
        except OSError as error:
            if not (conditional and is_unknown(error)):
                raise
            self.heeds = False
            self._create(put, key, force=False)

    def _put(self, path: Path, size: int, key: str, *, mode: str) -> None:
        self._system.put_file(str(path), key, mode=mode)
        if self.kinds & S3:
            return  # it has compared the checksum that was sent along
        arrived = self.find(key)
        if arrived != size:
            with suppress(FileNotFoundError):
                self._system.rm_file(key)
            raise CutError(f"{arrived or 0:,} bytes of {size:,} arrived")

    def write(self, key: str, data: bytes, *, new: bool) -> None:
        """Keep a few bytes; FileExistsError if they must be `new` and aren't."""
        self._make_folder(parent_of(key))
        self._create(partial(self._system.pipe_file, key, data), key, force=not new)

    def _make_folder(self, key: str) -> None:
        """Object stores have none."""
        if self.kinds & OBJECT_STORES:
            return
        try:
            retried(self._system.makedirs, key, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(errno.ENOTDIR, f"{key} must be a folder") from error

    def remove_folder(self, key: str) -> None:
        """Remove one that is empty."""
        if not self.kinds & OBJECT_STORES:
            with suppress(Exception):  # one that isn't stays; kinds of errors differ
                self._system.rmdir(key)


def parent_of(key: str) -> str:
    """The key of the folder that a key is in."""
    return key.rpartition("/")[0]


def is_unknown(error: OSError) -> bool:
    """Whether a server says that it knows no conditional requests."""
    return "NotImplemented" in f"{error} {error.__cause__}"
