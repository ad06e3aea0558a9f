"""The pictures of the page: each in a folder of its own, found by a random id, and forgotten when
unused or when there are too many.

Nothing is lost with one that is forgotten: the browser has the file and sends it again.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Self

from pellucid.serve.storage import storing

__all__ = ["Store"]

UNUSED = 900.0  # seconds after which a picture is forgotten


@dataclass
class _Entry:
    used: float  # when
    room: int  # bytes that it may take


class Store:
    """Pictures that take at most `most` bytes, in a folder that is gone after the `with` block."""

    def __init__(self, most: int, *, unused: float = UNUSED, parent: Path | None = None) -> None:
        self._most, self._unused = most, unused
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # the latest used last
        self._folder = TemporaryDirectory(prefix="page-", dir=parent, ignore_cleanup_errors=True)

    @property
    def root(self) -> Path:
        """Where the folders of pictures are."""
        return Path(self._folder.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def new(self) -> str:
        """The id of an empty folder, which isn't forgotten before it is filled."""
        name = secrets.token_urlsafe(16)
        with storing():
            (self.root / name).mkdir()
        self._entries[name] = _Entry(time.monotonic(), 0)
        return name

    def fill(self, name: str, room: int) -> None:
        """Say how many bytes a picture may take; others are forgotten for it."""
        self._entries[name].room = room
        self.forget(but=name)

    def forget(self, but: str = "") -> None:
        """Forget what is unused for long, and the longest unused until the others have room."""
        now, total = time.monotonic(), sum(entry.room for entry in self._entries.values())
        for name, entry in list(self._entries.items()):
            old = now - entry.used > self._unused
            if name != but and entry.room and (old or total > self._most):
                total -= entry.room
                self.drop(name)

    def folder(self, name: str) -> Path | None:
        """That of a picture, which counts as used; None if there is none of this id."""
        if name not in self._entries:
            return None
        self._entries[name].used = time.monotonic()
        self._entries.move_to_end(name)
        return self.root / name

    def drop(self, name: str) -> None:
        """Forget a picture, if it is there."""
        if self._entries.pop(name, None) is not None:
            rmtree(self.root / name, ignore_errors=True)
