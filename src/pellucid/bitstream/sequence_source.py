"""A file that is read in pieces, and the members of an archive in it."""

from __future__ import annotations

import os
import zlib
from io import BufferedReader, RawIOBase
from threading import Lock
from typing import Any, BinaryIO

from pellucid.bitstream.zip_records import (
    LOCAL,
    LOCAL_MARK,
    MOST_NAME,
    LocalHeader,
    Member,
    parse_local,
)
from pellucid.errors import DamagedFileError, InputError, UnsupportedError

PIECE = 2**20  # bytes read at once in a search, or when a member is copied


class Source:
    """A binary file that is read in pieces, by any thread; `length` in bytes.

    Raises InputError where it can't be.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._lock = file, Lock()
        try:
            self.length = file.seek(0, os.SEEK_END)
        except (OSError, AttributeError) as error:
            raise InputError(
                f"a sequence is read out of order, and this can't be: {error}; give a path"
            ) from error

    def read(self, at: int, size: int) -> bytes:
        """So many bytes, fewer at the end; never are more asked for than there are."""
        size = min(size, self.length - at)
        if at < 0 or size <= 0:
            return b""
        try:
            with self._lock:
                self._file.seek(at)
                return self._file.read(size)
        except OSError as error:
            raise InputError(f"the sequence cannot be read: {error.strerror or error}") from error

    def local(self, offset: int) -> LocalHeader:
        """The local header at `offset`; raises what `parse_local` does."""
        return parse_local(self.read(offset, LOCAL.size + MOST_NAME))

    def member(self, offset: int) -> tuple[Member, int]:
        """The member whose local header is at `offset`, and the byte after it; unchecked data.

        Raises DamagedFileError if the file ends within it, and what `parse_local` does.
        """
        name, size, crc, length = self.local(offset)
        end = offset + length + size
        if end > self.length:
            raise DamagedFileError(f"the file ends within {name}; get the whole file again")
        return Member(name, offset, size, crc), end

    def data(self, member: Member) -> tuple[bytes, str | None]:
        """The data of a member, and what is wrong with them or with what stands before them."""
        end, problem = self._end(member)
        data = self.read(end - member.size, member.size)
        return data, _wrong(zlib.crc32(data), member) or problem

    def view(self, member: Member) -> tuple[BinaryIO, str | None]:
        """The same, as a file that reads the data where they lie; they are checked in pieces."""
        end, problem = self._end(member)
        file = BufferedReader(Part(self, end - member.size, member.size))
        return file, _wrong(self._crc(member, end), member) or problem

    def is_whole(self, member: Member, end: int) -> bool:
        """Whether the data of a member, up to byte `end`, have its checksum."""
        return self._crc(member, end) == member.crc

    def _end(self, member: Member) -> tuple[int, str | None]:
        """The byte after a member, and what is wrong with its local header."""
        try:
            found, end = self.member(member.offset)
        except (DamagedFileError, UnsupportedError) as error:
            return member.least_end, str(error)
        if found == member:
            return end, None
        problem = f"its local header is that of {found.name}, {found.size} bytes"
        return member.least_end, problem

    def _crc(self, member: Member, end: int) -> int:
        crc = 0
        for at in range(end - member.size, end, PIECE):
            crc = zlib.crc32(self.read(at, min(PIECE, end - at)), crc)
        return crc

    def search(self, at: int) -> int:
        """The first place from `at` on where a local header might begin; `length` if none might."""
        size = 2**12  # and then twice as much: the next is likely near
        while piece := self.read(at, size + len(LOCAL_MARK) - 1):
            place = piece.find(LOCAL_MARK)
            if place >= 0:
                return at + place
            at, size = at + size, min(2 * size, PIECE)
        return self.length


class Part(RawIOBase):
    """So many bytes of a source from `start` on, as a file that is only read."""

    def __init__(self, source: Source, start: int, size: int) -> None:
        self._source, self._start, self._size, self._at = source, start, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte, as in other files; ValueError for one before the first."""
        at = offset + (0, self._at, self._size)[whence]
        if at < 0:
            raise ValueError(f"byte {at} is before the file's first")
        self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there are bytes; raises what `Source.read` does."""
        data = self._source.read(self._start + self._at, min(len(buffer), self._size - self._at))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _wrong(crc: int, member: Member) -> str | None:
    """What is wrong with data of this checksum, if anything is."""
    return None if crc == member.crc else f"its CRC-32 is {crc:08x}, the file says {member.crc:08x}"
