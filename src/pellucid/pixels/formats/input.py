"""A path, the bytes of a file or a binary file object, read once.

A format is recognised by the first bytes. Of a regular file these are looked at and the file is
opened again by whoever reads it; whatever else has a name, such as a pipe, gives its bytes only
once, so all of them are taken and kept.
"""

from __future__ import annotations

import os
import stat
import time
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pellucid.errors import InputError, OptionError, reading

HEAD = 512  # bytes by which formats are recognised
PATIENCE_S = 10.0  # that a named pipe may be without a writer
_PIECE = 1 << 20


class Input:
    """What messages call it (`name`), its bytes, and its `path` if it is a file or folder on disk.

    Raises InputError if it can't be read or is empty, OptionError for another type.
    """

    def __init__(self, source: Any) -> None:
        self.path: Path | None = None
        self.name = "the input"
        self._given: bytes | None = None
        if isinstance(source, bytes | bytearray | memoryview):
            self._given = bytes(source)
        elif isinstance(source, str | os.PathLike):
            self.name = os.fsdecode(source)
            with reading(self.name):
                kind = os.stat(source).st_mode
            if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
                self.path = Path(os.fsdecode(source))
            else:
                with reading(self.name):
                    self._given = _all_of(source, wait=stat.S_ISFIFO(kind))
        elif hasattr(source, "read"):
            self.name = str(getattr(source, "name", self.name))
            with reading(self.name):
                self._given = source.read()
        else:
            raise OptionError(
                "a picture must be a path, bytes, a binary file object, an array or a Pillow "
                f"image, not {type(source).__name__}"
            )
        if self.path is None and not isinstance(self._given, bytes):
            raise OptionError(f"{self.name} must be opened in binary mode")
        if not self.is_folder and not self.head:
            raise InputError(f"{self.name} is empty (0 bytes)")

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, as a Zarr store is."""
        return self.path is not None and self.path.is_dir()

    @property
    def suffix(self) -> str:
        """The end of its name, in small letters."""
        return Path(self.name).suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first bytes; none of a folder."""
        if self.is_folder:
            return b""
        with self.open() as file:
            return file.read(HEAD)

    @cached_property
    def data(self) -> bytes:
        """All bytes."""
        if self._given is not None:
            return self._given
        with self.open() as file:
            return file.read()

    def open(self) -> BinaryIO:
        """A new file object over all bytes, to be closed by the caller."""
        if self.path is None:
            return BytesIO(self.data)
        with reading(self.name):
            return self.path.open("rb")


def _all_of(path: str | os.PathLike[str], *, wait: bool) -> bytes:
    """All that a pipe or device gives; InputError if no one writes to a named pipe (`wait`)."""
    if not wait or not hasattr(os, "O_NONBLOCK") or os.fspath(path).startswith(("/dev/", "/proc/")):
        with open(path, "rb") as file:
            return file.read()
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb", buffering=0) as pipe:
        parts: list[bytes] = []
        deadline = time.monotonic() + PATIENCE_S
        while not parts:
            first = pipe.read(_PIECE)  # None: someone writes, and nothing is there yet
            if first:
                parts.append(first)
            elif first == b"" and time.monotonic() > deadline:
                raise InputError(f"{os.fsdecode(path)} is a pipe, and no one writes to it")
            else:
                time.sleep(0.01)
        os.set_blocking(descriptor, True)
        return b"".join([*parts, pipe.readall()])
