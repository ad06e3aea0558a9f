"""The bytes of a sequence -> frames and attachments, each read where it lies.

`docs/format.md`, section 19: a ZIP archive of stored members. The directory at its end says where
each is; the local header before a member, which says its name again, and its CRC-32 are checked
when it is read, so that damage costs that member only. A tolerant reader does without a directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Self, TypeVar
from zlib import crc32

from pellucid.bitstream.limits import DEFAULT_LIMITS, SIGNATURE, Limits
from pellucid.bitstream.sequence_about import MOST_BYTES, SequenceAbout
from pellucid.bitstream.sequence_members import Contents, Frame, check_count
from pellucid.bitstream.sequence_source import Source
from pellucid.bitstream.zip_records import (
    ENDS,
    ENTRY_MARK,
    LOCAL_MARK,
    Member,
    find_directory,
    parse_directory,
)
from pellucid.errors import (
    DamagedFileError,
    LimitError,
    NotPelFileError,
    OptionError,
    PellucidError,
    UnsupportedError,
)

AGAIN = "get the file again, or keep what is whole with keep_going (--keep-going)"
Data = TypeVar("Data")
_TRY, _PASSES, _SPARE = 2**10, 4, 2**24  # what a search may cost, as in `salvage.py`


@dataclass(frozen=True, slots=True)
class SequenceFile:
    """A sequence that is open: `frames` by number, of which None is one that is missing.

    Of a tolerant reader `damage` says what is wrong beside frames, and `about` is None if lost.
    """

    about: SequenceAbout | None
    frames: tuple[Frame | None, ...]
    attached: dict[str, Member]
    damage: tuple[str, ...] = ()
    source: Source = field(kw_only=True, repr=False)

    @classmethod
    def open(
        cls, file: BinaryIO, *, limits: Limits = DEFAULT_LIMITS, tolerant: bool = False
    ) -> Self:
        """Read the directory of a seekable file, which must not change while the result is used.

        Raises NotPelFileError, VersionError, LimitError, UnsupportedError (compressed members) or,
        unless it is tolerant, DamagedFileError. A tolerant reader without a directory goes from
        member to member and takes what is there; without any it raises DamagedFileError too.
        """
        source, damage = Source(file), list[str]()
        try:
            contents = Contents(_listed(source, limits), limits, source.length)
            if problem := contents.order_problem():
                raise DamagedFileError(problem)
        except (DamagedFileError, UnsupportedError, LimitError) as error:
            contents = _made_anew(source, limits, error, tolerant=tolerant)
            damage.append(f"the directory is damaged or cut off: {error}")
            damage += filter(None, [contents.order_problem()])
        about = None
        try:
            about, problem = _read_about(source, contents, tolerant=tolerant)
            damage += filter(None, [problem])
        except DamagedFileError as error:
            if not tolerant or not contents.frames:
                raise
            damage.append(f"rate and tags are lost: {error}")
        return cls(about, contents.by_number(), contents.attached, tuple(damage), source=source)

    def frame(self, number: int) -> Frame:
        """A frame; DamagedFileError if it is missing, OptionError if there is no such number."""
        if not 0 <= number < len(self.frames):
            raise OptionError(
                f"there is no frame {number}: the sequence has {len(self.frames)}, from 0"
            )
        frame = self.frames[number]
        if frame is None:
            raise DamagedFileError(f"frame {number} is missing; get the file again")
        return frame

    def read(self, number: int) -> bytes:
        """The .pel file of a frame; DamagedFileError if it is damaged, and what `frame` raises."""
        data, problem = self.read_anyway(number)
        if problem is not None:
            raise DamagedFileError(f"frame {number} is damaged: {problem}; get the file again")
        return data

    def read_anyway(self, number: int) -> tuple[bytes, str | None]:
        """The bytes of a frame, and what is wrong with them if anything is."""
        return self.source.data(self.frame(number).member)

    def read_attached(self, name: str) -> bytes:
        """What is attached; DamagedFileError if it is damaged, OptionError if there is no such."""
        return self._attachment(name, self.source.data)

    def open_attached(self, name: str) -> BinaryIO:
        """The same, to be read where it lies while the sequence is open."""
        return self._attachment(name, self.source.view)

    def _attachment(self, name: str, read: Callable[[Member], tuple[Data, str | None]]) -> Data:
        if name not in self.attached:
            there = ", ".join(self.attached) or "nothing"
            raise OptionError(f"{name!r} isn't attached to the sequence: {there} is")
        data, problem = read(self.attached[name])
        if problem is not None:
            raise DamagedFileError(f"{name} is damaged: {problem}; get the file again")
        return data


def check_start(start: bytes) -> None:
    """Raise NotPelFileError if a file that begins so is no ZIP archive."""
    if start.startswith(LOCAL_MARK) or (start and LOCAL_MARK.startswith(start)):
        return
    if start.startswith(SIGNATURE):
        raise NotPelFileError("this is one picture and no sequence: pellucid.decompress reads it")
    said = f"begins with {start[:4].hex(' ')}, not {LOCAL_MARK.hex(' ')}" if start else "is empty"
    raise NotPelFileError(f"this is no sequence of .pel files: it {said}")


def _listed(source: Source, limits: Limits) -> list[Member]:
    """The members of the directory. Raises DamagedFileError, UnsupportedError or LimitError."""
    at, size, count = find_directory(source.read(source.length - ENDS, ENDS), source.length)
    check_count(count, limits)
    return parse_directory(source.read(at, size), count, at)


def _made_anew(source: Source, limits: Limits, error: PellucidError, *, tolerant: bool) -> Contents:
    """What there is without a directory, of which `error` is said; raises it if that is nothing."""
    check_start(source.read(0, len(SIGNATURE)))
    if tolerant:
        contents = Contents(_scanned(source, limits), limits, source.length, tolerant=True)
        if contents.frames:
            return contents
    if not isinstance(error, DamagedFileError):
        raise error
    way_out = "get the whole file again" if tolerant else AGAIN
    raise DamagedFileError(f"the sequence is damaged or cut short: {error}; {way_out}") from error


def _scanned(source: Source, limits: Limits) -> Iterator[Member]:
    """The members that are there, found by their local headers.

    Where none follows a member, its size may be what is damaged: then it is taken only if its
    checksum is right, and else searched for others. What that costs is bounded.
    """
    at, budget, count = 0, _PASSES * source.length + _SPARE, 0
    while at < source.length and budget > 0:
        with suppress(DamagedFileError, UnsupportedError):
            member, end = source.member(at)
            follows = source.read(end, len(LOCAL_MARK)) in (LOCAL_MARK, ENTRY_MARK, b"")
            if not follows:
                budget -= member.size
            if follows or source.is_whole(member, end):
                count, at = count + 1, end
                check_count(count, limits)
                yield member
                continue
        if source.read(at, len(ENTRY_MARK)) == ENTRY_MARK:
            return
        budget -= _TRY
        at = source.search(at + 1)


def _read_about(
    source: Source, contents: Contents, *, tolerant: bool
) -> tuple[SequenceAbout, str | None]:
    """What `sequence.json` says, and what a tolerant reader found wrong with its local header.

    Raises DamagedFileError, VersionError or LimitError.
    """
    member = contents.about
    if member is None:
        if not contents.frames:
            raise NotPelFileError(
                "this is no sequence of .pel files, but another ZIP archive: it has no "
                "sequence.json"
            )
        raise DamagedFileError(f"it has no sequence.json; {AGAIN}")
    if member.size > MOST_BYTES:
        raise LimitError(f"sequence.json has {member.size} bytes, and may have {MOST_BYTES}")
    data, problem = source.data(member)
    if problem is not None:
        problem = f"sequence.json is damaged: {problem}"
        if not tolerant or crc32(data) != member.crc:
            raise DamagedFileError(f"{problem}; {AGAIN}")
    return SequenceAbout.unpack(data), problem
