"""The container of a sequence: round trip, damage anywhere, hostile archives, full disks."""

from __future__ import annotations

import errno
import json
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from pellucid.bitstream import Limits
from pellucid.bitstream.sequence import SequenceFile
from pellucid.bitstream.sequence_about import SequenceAbout
from pellucid.bitstream.sequence_members import LEAST_BYTES, frame_name
from pellucid.bitstream.sequence_writer import SequenceOut
from pellucid.bitstream.zip_records import (
    Member,
    directory,
    find_directory,
    local_header,
    parse_directory,
)
from pellucid.errors import (
    DamagedFileError,
    InputError,
    LimitError,
    NotPelFileError,
    OptionError,
    PellucidError,
    UnsupportedError,
    VersionError,
)
from spec_files import spec_sequence

ABOUT = SequenceAbout(
    width=4, height=3, channels=1, dtype="uint8", rate=Fraction(25), time_base=Fraction(1, 90000)
)
FRAMES = [bytes([n]) * (7 + 5 * n) for n in range(5)]
TIMES = [(-3600, 3600), (0, 3600), (3601, 7200), (10800, 0), (2**62, 1)]
SOUND = b"sound PK\3\4 and text"


def written(file: Any, frames: list[bytes] = FRAMES) -> None:
    out = SequenceOut(file, ABOUT)
    out.attach("streams.mka", SOUND)
    for frame, times in zip(frames, TIMES, strict=True):
        out.frame(frame, *times)
    out.finish()


def made() -> bytes:
    file = BytesIO()
    written(file)
    return file.getvalue()


def opened(data: bytes, *, tolerant: bool = False, **limits: int) -> SequenceFile:
    return SequenceFile.open(BytesIO(data), limits=Limits(**limits), tolerant=tolerant)


def read(file: SequenceFile, number: int) -> bytes | None:
    try:
        return file.read(number)
    except DamagedFileError:
        return None


def ends(data: bytes) -> list[int]:
    """Where each frame ends."""
    return [frame.member.least_end for frame in opened(data).frames if frame]


class Counted(BytesIO):
    """Says how many bytes were read."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.count += len(found)
        return found


class Full(BytesIO):
    """A disk with room for so many bytes; like a raw file it takes a part of what it is given."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any) -> int:
        left = self.room - self.tell()
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(bytes(data)[: min(left, 11)])


def test_round_trip() -> None:
    file = opened(made())
    assert file.about == ABOUT
    assert not file.damage
    assert [file.read(n) for n in range(5)] == FRAMES
    assert [(frame.timestamp, frame.duration) for frame in file.frames if frame] == TIMES
    assert file.read_attached("streams.mka") == SOUND
    for call in (lambda: file.read(5), lambda: file.read(-1), lambda: file.read_attached("x")):
        with pytest.raises(OptionError):
            call()


def test_the_same_frames_give_the_same_bytes_and_any_zip_tool_reads_them() -> None:
    data = made()
    assert data == made()
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "sequence.json"
        assert archive.read(frame_name(3, *TIMES[3])) == FRAMES[3]


def test_the_second_reader_agrees() -> None:
    about, frames, attached = spec_sequence.frames_of(made())
    assert (about["rate"], about["time_base"]) == ([25, 1], [1, 90000])
    expected = [(*times, frame) for times, frame in zip(TIMES, FRAMES, strict=True)]
    assert [tuple(frame) for frame in frames.values()] == expected
    assert attached == {"streams.mka": SOUND}


def test_what_other_tools_packed_is_read(tmp_path: Path) -> None:
    """Unpacked and packed again by zipfile, in another order of frames and with other times."""
    with zipfile.ZipFile(BytesIO(made())) as source, zipfile.ZipFile(tmp_path / "a", "w") as target:
        for name in [*source.namelist()[:2], *source.namelist()[:1:-1], "readme.txt"]:
            target.writestr(name, b"" if name == "readme.txt" else source.read(name))
    with (tmp_path / "a").open("rb") as file:
        found = SequenceFile.open(file)
        assert [found.read(n) for n in range(5)] == FRAMES


def test_a_frame_is_read_alone() -> None:
    frames = [bytes(10_000)] * 5
    file = BytesIO()
    written(file, frames)
    counted = Counted(file.getvalue())
    found = SequenceFile.open(counted)
    assert counted.count < 2000
    counted.count = 0
    found.read(3)
    assert counted.count < 10_000 + 200


def test_cut_anywhere() -> None:
    """All frames that are whole before the cut are there, and nothing else."""
    data = made()
    stops = ends(data)
    for length in range(len(data)):
        cut = data[:length]
        with pytest.raises((DamagedFileError, NotPelFileError)):
            opened(cut)
        whole = sum(stop <= length for stop in stops)
        if not whole:
            with pytest.raises((DamagedFileError, NotPelFileError)):
                opened(cut, tolerant=True)
            continue
        found = opened(cut, tolerant=True)
        assert [read(found, n) for n in range(len(found.frames))] == FRAMES[:whole]
        assert [(f.timestamp, f.duration) for f in found.frames if f] == TIMES[:whole]
        assert found.about == ABOUT
        assert found.damage


@pytest.mark.parametrize("change", [0x01, 0x08, 0x80, 0xFF])
def test_a_changed_byte_costs_one_frame_at_most(change: int) -> None:
    data = made()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= change
        found = opened(bytes(changed), tolerant=True)
        intact = [n for n in range(5) if n < len(found.frames) and read(found, n) == FRAMES[n]]
        assert len(intact) >= 4, (place, found)
        for number in intact:
            frame = found.frame(number)
            assert (frame.timestamp, frame.duration) == TIMES[number]
        for number in range(len(found.frames)):  # nothing false is given as whole
            assert read(found, number) in (None, *FRAMES[number : number + 1])
        if found.about != ABOUT:
            assert found.about is None
            assert found.damage
        try:  # without being asked to continue it is refused, or costs the same frame
            strict = opened(bytes(changed))
        except PellucidError:
            continue
        assert sum(read(strict, n) == FRAMES[n] for n in range(len(strict.frames[:5]))) >= 4


def test_a_piece_overwritten_in_a_file_without_directory() -> None:
    """A frame's header is gone: the search finds those behind it."""
    data = bytearray(made()[: ends(made())[-1]])
    at = opened(made()).frame(1).member.offset
    data[at : at + 40] = bytes(40)
    found = opened(bytes(data), tolerant=True)
    assert [read(found, n) for n in range(5)] == [FRAMES[0], None, *FRAMES[2:]]
    with pytest.raises(DamagedFileError, match="frame 1 is missing"):
        found.read(1)


def test_a_wrong_size_in_a_file_without_directory() -> None:
    data = bytearray(made()[: ends(made())[-1]])
    at = opened(made()).frame(1).member.offset
    data[at + 18 : at + 26] = struct.pack("<2I", 30, 30)  # into the next member
    found = opened(bytes(data), tolerant=True)
    assert [read(found, n) for n in range(5)] == [FRAMES[0], None, *FRAMES[2:]]


def archive(
    *members: tuple[str, bytes], listed: Callable[[list[Member]], list[Member]] = list
) -> bytes:
    """An archive with these members behind a right sequence.json, of which `listed` are listed."""
    data, found = b"", []
    for name, content in (("sequence.json", ABOUT.pack()), *members):
        member = Member(name, len(data), len(content), zlib.crc32(content))
        found.append(member)
        data += local_header(name, member.size, member.crc) + content
    return data + b"".join(directory(listed(found), len(data)))


def frame(number: int, timestamp: int = 0) -> tuple[str, bytes]:
    return frame_name(number, timestamp, 1), b"frame"


def replaced(place: int, **fields: Any) -> Callable[[list[Member]], list[Member]]:
    def change(listed: list[Member]) -> list[Member]:
        listed[place] = listed[place]._replace(**fields)
        return listed

    return change


TWO = (frame(0), frame(1, 1))
HOSTILE = {
    "doubled name": (archive(frame(0), frame(0)), DamagedFileError),
    "doubled number": (archive(frame(0), frame(0, 5)), DamagedFileError),
    "times descend": (archive(frame(0, 5), frame(1, 4)), DamagedFileError),
    "overlap": (archive(*TWO, listed=replaced(2, offset=40)), DamagedFileError),
    "same place": (archive(*TWO, listed=lambda found: [*found, found[-1]]), DamagedFileError),
    "a size of 4 GiB": (archive(*TWO, listed=replaced(2, size=2**32 - 2)), DamagedFileError),
    "a place of 2^63": (archive(*TWO, listed=replaced(2, offset=2**63)), DamagedFileError),
    "a frame of number 99999999": (archive(frame(99999999)), DamagedFileError),
    "a frame of number 1048575": (archive(frame(1048575)), DamagedFileError),
    "65 attachments": (archive(*((f"attached/{n}", b"") for n in range(65))), LimitError),
    "another sequence.json": (archive(frame(0)).replace(b"uint8", b"uint9"), DamagedFileError),
    "a comment": (made()[:-2] + b"\1\0!", DamagedFileError),
    "something behind it": (made() + b"\0", DamagedFileError),
    "something before it": (b"PK\3\4" + made(), DamagedFileError),
    "two of them": (made() + made(), DamagedFileError),
    "a picture": (b"\x89PEL\r\n\x1a\n" + bytes(80), NotPelFileError),
    "nothing": (b"", NotPelFileError),
    "text": (b"hello, world" * 9, NotPelFileError),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives(name: str) -> None:
    data, error = HOSTILE[name]
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            opened(data)
        assert type(caught.value) is error
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def end_of(**fields: int) -> bytes:
    """An archive whose end says something else."""
    names = ("disk", "first", "here", "count", "size", "at")
    values = dict(zip(names, struct.unpack("<4H2I", made()[-18:-2]), strict=True)) | fields
    return made()[:-18] + struct.pack("<4H2I", *(values[name] for name in names)) + b"\0\0"


@pytest.mark.parametrize(
    "fields",
    [
        {"count": 60_000},
        {"count": 0xFFFF},
        {"size": 2**32 - 2},
        {"at": 2**32 - 2},
        {"size": 2**32 - 1, "at": 2**32 - 1},
        {"count": 0},
    ],
)
def test_a_false_end(fields: dict[str, int]) -> None:
    data = end_of(**fields)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedFileError):
            opened(data)
        found = opened(data, tolerant=True)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert [read(found, n) for n in range(5)] == FRAMES


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressed_members_are_refused(kind: int) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", kind) as target:
        target.writestr("sequence.json", ABOUT.pack())
        target.writestr(*frame(0))
    for tolerant in (False, True):
        with pytest.raises(UnsupportedError, match="without compression"):
            opened(file.getvalue(), tolerant=tolerant)


def test_other_archives_are_no_sequences() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        target.writestr("../../etc/passwd", b"")
    with pytest.raises(NotPelFileError, match="another ZIP archive"):
        opened(file.getvalue())


def test_frames_are_bounded() -> None:
    data = archive(*(frame(n, n) for n in range(9)))
    assert len(opened(data, max_frames=9).frames) == 9
    for tolerant in (False, True):
        with pytest.raises(LimitError, match="max_frames"):
            opened(data, max_frames=8, tolerant=tolerant)
        with pytest.raises(LimitError, match="max_frames"):
            opened(data[:-5], max_frames=8, tolerant=True)


def test_a_missing_frame_is_named() -> None:
    found = opened(archive(frame(0), frame(2, 2)))
    assert [frame and frame.number for frame in found.frames] == [0, None, 2]
    with pytest.raises(DamagedFileError, match="frame 1 is missing"):
        found.read(1)


def test_a_gap_costs_no_more_than_the_file_has_bytes() -> None:
    """Numbers go up to what a file of this length has room for."""
    padding = ("readme.txt", bytes(53_000))
    data = archive(frame(0), frame(1000, 1), padding)
    assert len(data) // LEAST_BYTES > 1001
    assert len(opened(data).frames) == 1001
    data = archive(frame(0), frame(1048575, 1), padding)
    with pytest.raises(DamagedFileError, match=r"frames/01048575_1_1.pel can't be in a file of"):
        opened(data)
    found = opened(data, tolerant=True)
    assert [read(found, n) for n in range(len(found.frames))] == [b"frame"]
    assert "01048575" in found.damage[0]


def test_false_starts_cost_a_bounded_time() -> None:
    """A local header at every 40th byte, each with a size up to the end and no right checksum."""
    count = 3000
    total = 40 * count
    data = b"".join(
        local_header("frames/9", total - 40 * n - 38, 1).ljust(40, b"\0") for n in range(count)
    )
    begun = archive(frame(0))
    cut = begun[: begun.index(b"PK\1\2")] + b"?" + data
    counted = Counted(cut)
    found = SequenceFile.open(counted, tolerant=True)
    assert read(found, 0) == b"frame"
    assert counted.count < 40 * (len(cut) + 2**24)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"version": 2}, VersionError),
        ({"version": 0}, DamagedFileError),
        ({"width": 0}, DamagedFileError),
        ({"width": 2**40}, DamagedFileError),
        ({"width": True}, DamagedFileError),
        ({"dtype": "object"}, DamagedFileError),
        ({"dtype": ["uint8"]}, DamagedFileError),
        ({"rate": [1, 0]}, DamagedFileError),
        ({"rate": [0, 1]}, DamagedFileError),
        ({"rate": 25}, DamagedFileError),
        ({"time_base": None}, DamagedFileError),
        ({"time_base": [1, 2**63]}, DamagedFileError),
        ({"rotation": 45}, DamagedFileError),
        ({"tags": {"a": 1}}, DamagedFileError),
        ({"tags": ["a"]}, DamagedFileError),
        ({"tags": {str(n): "" for n in range(257)}}, DamagedFileError),
        ({"format": "another"}, DamagedFileError),
    ],
)
def test_wrong_facts(change: dict[str, Any], error: type[Exception]) -> None:
    said = json.loads(ABOUT.pack())
    assert SequenceAbout.unpack(json.dumps(said | {"more": 1}).encode()) == ABOUT
    with pytest.raises(error):
        SequenceAbout.unpack(json.dumps(said | change).encode())


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"{" * 10**5, b"[" * 10**6, b"\xff", b'{"format": ' + b"9" * 5000]
)
def test_facts_that_are_no_facts(data: bytes) -> None:
    with pytest.raises(DamagedFileError):
        SequenceAbout.unpack(data)


def test_a_full_disk_keeps_what_was_finished() -> None:
    """Room for any number of bytes: each frame that was written whole can be read."""
    for room in range(len(made())):
        disk = Full(room)
        done = 0
        try:
            out = SequenceOut(disk, ABOUT)  # type: ignore[arg-type]
        except OSError:
            assert not disk.getvalue()
            continue
        try:
            for data, times in zip(FRAMES, TIMES, strict=True):
                out.frame(data, *times)
                done += 1
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017
        try:
            out.finish()
        except OSError:
            assert len(disk.getvalue()) == out.length
        if done:
            found = opened(disk.getvalue(), tolerant=True)
            assert [read(found, n) for n in range(len(found.frames))] == FRAMES[:done]


def test_many_frames_and_far_places() -> None:
    """More than 65535 members, and places from 4 GiB on, take ZIP64."""
    file = BytesIO()
    out = SequenceOut(file, ABOUT)
    for number in range(65_600):
        out.frame(b"", number, 1)
    out.finish()
    data = file.getvalue()
    found = opened(data)
    assert len(found.frames) == 65_600
    assert found.frame(65_599).timestamp == 65_599
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert len(archive.namelist()) == 65_601
    assert len(spec_sequence.frames_of(data)[1]) == 65_600
    far = [Member("a", 0, 2**32 - 2, 1), Member("b", 2**33, 5, 2)]
    at = 2**33 + 100
    records = b"".join(directory(far, at))
    place, size, count = find_directory(records[-98:], at + len(records))
    assert (place, count) == (at, 2)
    assert parse_directory(records[:size], count, at) == far


def test_what_cannot_be_attached(tmp_path: Path) -> None:
    out = SequenceOut(BytesIO(), ABOUT)
    out.attach("a", b"1")
    for name in ("", "a", "../b", "b/c", ".b", "-b", "é", "x" * 101, "a\0"):
        with pytest.raises(OptionError):
            out.attach(name, b"")
    with pytest.raises(InputError):
        out.attach("b", tmp_path / "missing")
    with pytest.raises(OptionError):
        out.attach("b", 3)  # type: ignore[arg-type]
    (tmp_path / "c").write_bytes(SOUND * 100_000)
    out.attach("c", tmp_path / "c")
    for number in range(62):
        out.attach(f"n{number}", b"")
    with pytest.raises(OptionError):
        out.attach("one_more", b"")
    with pytest.raises(LimitError):
        local_header("b", 2**32, 0)
