"""The records of a ZIP archive, as far as a sequence needs them: `docs/format.md`, section 19.

    local header, name, data    of each member, one after the other
    directory                   of each member again, with the place of its local header
    end                         where the directory lies

Members are stored, so that a frame is read where it lies, and their sizes stand before them, so
that they are found without the directory. Source: PKWARE's APPNOTE 6.3, and ISO/IEC 21320-1. The
module zipfile takes a directory of any length for granted, writes sizes only after the data, and
finds nothing without a directory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pellucid.errors import DamagedFileError, LimitError, UnsupportedError

LOCAL = struct.Struct("<4s5H3I2H")
ENTRY = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR = struct.Struct("<4sIQI")
LOCAL_MARK, ENTRY_MARK, END_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6"
END64_MARK, LOCATOR_MARK = b"PK\6\6", b"PK\6\7"
ENDS = END64.size + LOCATOR.size + END.size
VERSION, VERSION64 = 10, 45  # of the APPNOTE that a reader must know: stored members, ZIP64
DATE = 0x21  # 1980-01-01, of all members: the same frames give the same bytes
IGNORED = 0x0806  # flags: names in UTF-8, and hints of compressors
FULL16, FULL32 = 2**16 - 1, 2**32 - 1  # the number stands in a ZIP64 record
MOST_NAME = 128  # bytes
OFFSET64 = struct.Struct("<2HQ")  # the extra field of ZIP64 with an offset alone


class Member(NamedTuple):
    """Where a member lies: `offset` of its local header, `size` of its data in bytes."""

    name: str
    offset: int
    size: int
    crc: int

    @property
    def least_end(self) -> int:
        """The first byte after it, if its local header has no extra field."""
        return self.offset + LOCAL.size + len(self.name) + self.size


class LocalHeader(NamedTuple):
    """What stands before a member's data, `length` bytes in all."""

    name: str
    size: int
    crc: int
    length: int


def local_header(name: str, size: int, crc: int) -> bytes:
    """The bytes before a member's data; LimitError for 4 GiB and more."""
    if size >= FULL32:
        raise LimitError(
            f"{name} has {size} bytes; a member has less than {FULL32}: make it smaller"
        )
    fixed = (LOCAL_MARK, VERSION, 0, 0, 0, DATE, crc, size, size, len(name), 0)
    return LOCAL.pack(*fixed) + name.encode("ascii")


def directory(members: Sequence[Member], at: int) -> Iterable[bytes]:
    """The pieces of the directory, which begins at byte `at`, and of what ends an archive."""
    size = 0
    for name, offset, length, crc in members:
        far = offset >= FULL32
        extra = OFFSET64.pack(1, 8, offset) if far else b""
        version = VERSION64 if far else VERSION
        entry = ENTRY.pack(
            *(ENTRY_MARK, version, version, 0, 0, 0, DATE, crc, length, length, len(name)),
            *(len(extra), 0, 0, 0, 0, FULL32 if far else offset),
        )
        piece = entry + name.encode("ascii") + extra
        size += len(piece)
        yield piece
    count = len(members)
    if count >= FULL16 or at + size >= FULL32:
        versions = (VERSION64, VERSION64, 0, 0)
        yield END64.pack(END64_MARK, END64.size - 12, *versions, count, count, size, at)
        yield LOCATOR.pack(LOCATOR_MARK, 0, at + size, 1)
    shown = min(count, FULL16)
    yield END.pack(END_MARK, 0, 0, shown, shown, min(size, FULL32), min(at, FULL32), 0)


def parse_local(data: bytes) -> LocalHeader:
    """The local header at the start of `data`, which has `LOCAL.size` + `MOST_NAME` bytes if there
    are so many. Raises DamagedFileError or UnsupportedError.
    """
    if len(data) < LOCAL.size:
        raise DamagedFileError("the file ends within a local header")
    mark, _, flags, method, _, _, crc, packed, size, named, extra = LOCAL.unpack_from(data)
    if mark != LOCAL_MARK:
        raise DamagedFileError(f"no local header begins with {mark!r}")
    name = _name(data[LOCAL.size : LOCAL.size + named], named)
    _check_stored(name, flags, method, packed, size)
    return LocalHeader(name, size, crc, LOCAL.size + named + extra)


def find_directory(tail: bytes, length: int) -> tuple[int, int, int]:
    """Offset, size and number of entries of the directory of an archive of `length` bytes.

    `tail` are its last bytes, `ENDS` if it has so many. Raises DamagedFileError.
    """
    short = DamagedFileError(f"its last {END.size} bytes are no end of a ZIP archive")
    if len(tail) < END.size:
        raise short
    mark, *_, count, size, at, comment = END.unpack(tail[-END.size :])
    if mark != END_MARK or comment:
        raise short
    end = length - END.size
    if count == FULL16 or FULL32 in (size, at):
        if len(tail) < ENDS or tail[END64.size :][:4] != LOCATOR_MARK:
            raise DamagedFileError("its end points to a ZIP64 record that isn't before it")
        mark64, *_, count, size, at = END64.unpack(tail[-ENDS:][: END64.size])
        if mark64 != END64_MARK:
            raise DamagedFileError("its end points to a ZIP64 record that isn't before it")
        end = length - ENDS
    if at + size != end:
        raise DamagedFileError(
            f"its directory would be {size} bytes at byte {at}, and ends at byte {end}"
        )
    return at, size, count


def parse_directory(data: bytes, count: int, at: int) -> list[Member]:
    """The members of a directory at byte `at`, in file order; none overlaps another.

    Raises DamagedFileError or UnsupportedError.
    """
    members, place, end = [], 0, 0
    for _ in range(count):
        member, place = _parse_entry(data, place)
        if member.offset < end:
            raise DamagedFileError(f"{member.name} lies over what is before it")
        end = member.least_end
        members.append(member)
    if place != len(data) or end > at:
        raise DamagedFileError(f"its directory of {len(data)} bytes isn't that of {count} members")
    return members


def _parse_entry(data: bytes, place: int) -> tuple[Member, int]:
    """The entry at `place`, and where the next one begins."""
    if len(data) - place < ENTRY.size:
        raise DamagedFileError("its directory ends within an entry")
    mark, _, _, flags, method, _, _, crc, packed, size, named, extra, said, *_, offset = (
        ENTRY.unpack_from(data, place)
    )
    place += ENTRY.size
    end = place + named + extra + said
    if mark != ENTRY_MARK or end > len(data):
        raise DamagedFileError("its directory has something that is no entry")
    name = _name(data[place : place + named], named)
    _check_stored(name, flags, method, packed, size)
    if offset == FULL32:
        offset = _far(data[place + named : place + named + extra], name)
    return Member(name, offset, size, crc), end


def _far(extra: bytes, name: str) -> int:
    """The offset in the ZIP64 field of an entry."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1 and length >= 8 and place + 12 <= len(extra):
            return int(OFFSET64.unpack_from(extra, place)[2])
        place += 4 + length
    raise DamagedFileError(f"the place of {name} is missing")


def _name(data: bytes, length: int) -> str:
    if not 0 < length <= MOST_NAME or len(data) != length or not data.isascii():
        raise DamagedFileError(f"a member's name has {length} bytes, or isn't ASCII: {data!r}")
    return data.decode("ascii")


def _check_stored(name: str, flags: int, method: int, packed: int, size: int) -> None:
    if method or flags & ~IGNORED:
        raise UnsupportedError(
            f"{name} is compressed, encrypted or has its size after it (method {method}, flags "
            f"{flags:#x}); pack the members anew without compression: zip -0"
        )
    if packed != size:
        raise DamagedFileError(f"{name} has two sizes, {packed} and {size} bytes")
