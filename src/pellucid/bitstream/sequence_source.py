"""A file that is read in pieces, and the members of an archive in it."""

from __future__ import annotations

import os
import zlib
from threading import Lock
from typing import BinaryIO

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
        problem, end = None, member.least_end
        try:
            found, end = self.member(member.offset)
            if found != member:
                problem = f"its local header is that of {found.name}, {found.size} bytes"
                end = member.least_end
        except (DamagedFileError, UnsupportedError) as error:
            problem = str(error)
        data = self.read(end - member.size, member.size)
        if zlib.crc32(data) != member.crc:
            problem = f"its CRC-32 is {zlib.crc32(data):08x}, the file says {member.crc:08x}"
        return data, problem

    def is_whole(self, member: Member, end: int) -> bool:
        """Whether the data of a member, up to byte `end`, have its checksum."""
        crc = 0
        for at in range(end - member.size, end, PIECE):
            crc = zlib.crc32(self.read(at, min(PIECE, end - at)), crc)
        return crc == member.crc

    def search(self, at: int) -> int:
        """The first place from `at` on where a local header might begin; `length` if none might."""
        size = 2**12  # and then twice as much: the next is likely near
        while piece := self.read(at, size + len(LOCAL_MARK) - 1):
            place = piece.find(LOCAL_MARK)
            if place >= 0:
                return at + place
            at, size = at + size, min(2 * size, PIECE)
        return self.length
