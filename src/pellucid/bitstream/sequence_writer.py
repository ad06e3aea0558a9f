"""Frames and attachments -> a sequence, one after the other; `docs/format.md`, section 19.

Each is whole in the file when it was written: its size and checksum stand before it. So whatever
ends the writing costs what was being written then, and `finish` adds the directory to the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from zlib import crc32

from pellucid.bitstream.sequence_about import SequenceAbout
from pellucid.bitstream.sequence_members import (
    ABOUT,
    MOST_ATTACHED,
    attached_name,
    frame_name,
)
from pellucid.bitstream.sequence_source import PIECE
from pellucid.bitstream.zip_records import Member, directory, local_header
from pellucid.errors import InputError, OptionError, reading


class SequenceOut:
    """A sequence that is written to a new binary file, at its start.

    What can't be written raises OSError; then the file ends with the last whole member.
    """

    def __init__(self, file: BinaryIO, about: SequenceAbout) -> None:
        # A buffer would keep what a full disk has refused, and try it again and again.
        self._file = getattr(file, "raw", file)
        self._members: list[Member] = []
        self._frames = 0
        data = about.pack()
        self._put(ABOUT, len(data), crc32(data), [data])

    @property
    def length(self) -> int:
        """Bytes of all members."""
        return self._members[-1].least_end if self._members else 0

    def frame(self, data: bytes, timestamp: int, duration: int) -> None:
        """Write the next frame, a .pel file; times in ticks. OptionError for times out of range."""
        name = frame_name(self._frames, timestamp, duration)
        self._put(name, len(data), crc32(data), [data])
        self._frames += 1

    def attach(self, name: str, data: bytes | str | os.PathLike[str]) -> None:
        """Write bytes, or a file by its path.

        Raises OptionError for a name it can't have, InputError if the file can't be read,
        LimitError for 4 GiB.
        """
        member = attached_name(name)
        there = [each.name for each in self._members]
        if member in there or len(there) - self._frames > MOST_ATTACHED:
            raise OptionError(
                f"{name!r} can't be attached: it is there already, or {MOST_ATTACHED} others are"
            )
        size = crc = 0
        for piece in pieces(data):
            size, crc = size + len(piece), crc32(piece, crc)
        self._put(member, size, crc, pieces(data))

    def finish(self) -> None:
        """Write the directory; without it, as on a full disk, the sequence is one cut short."""
        try:
            self._cut()
            for piece in directory(self._members, self.length):
                self._write(piece)
        except BaseException:
            self._cut()
            raise

    def _put(self, name: str, size: int, crc: int, data: Iterable[bytes]) -> None:
        member = Member(name, self.length, size, crc)
        try:
            self._write(local_header(name, size, crc))
            written = check = 0
            for piece in data:
                self._write(piece)
                written, check = written + len(piece), crc32(piece, check)
            if (written, check) != (size, crc):
                raise InputError(f"{name} changed while it was read; attach a copy of it")
        except BaseException:
            self._cut()
            raise
        self._members.append(member)

    def _write(self, data: bytes) -> None:
        """All of it: a file without a buffer may take a part."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _cut(self) -> None:
        """End the file with its last whole member."""
        self._file.seek(self.length)
        self._file.truncate()


def pieces(data: bytes | str | os.PathLike[str]) -> Iterator[bytes]:
    """Bytes, or those of the file at a path, piece by piece."""
    if isinstance(data, bytes):
        yield data
        return
    if not isinstance(data, str | os.PathLike):
        raise OptionError(f"what is attached must be bytes or a path, not {type(data).__name__}")
    with reading(data, "file"), open(data, "rb") as file:
        while piece := file.read(PIECE):
            yield piece
