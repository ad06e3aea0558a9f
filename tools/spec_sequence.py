"""A second reader for sequences (.pels), written from section 19 of docs/format.md alone.

    python tools/spec_sequence.py clip.pels        lists the frames: number, ticks, bytes

It reads the whole file, and shares no code with the package. `frames_of` gives the `.pel` files,
for `spec_decoder.py` and the others.
"""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

FRAME = re.compile(r"frames/(\d{8})_(0|-?[1-9]\d*)_(0|[1-9]\d*)\.pel", re.ASCII)


class Frame(NamedTuple):
    """Ticks, and the bytes of a .pel file; or why they can't be had."""

    timestamp: int
    duration: int
    data: bytes | str


def entries(data: bytes) -> list[tuple[str, int, int, int]]:
    """Name, offset, size and CRC-32 of each member, as the directory says."""
    sign, *_, count, size, at, comment = struct.unpack("<4s4H2IH", data[-22:])
    if sign != b"PK\5\6" or comment:
        raise ValueError("damaged: no end")
    if count == 0xFFFF or 0xFFFFFFFF in (size, at):
        *_, count, size, at = struct.unpack("<4sQ2H2I4Q", data[-98:-42])
    found, place = [], at
    for _ in range(count):
        fields = struct.unpack("<4s6H3I5H2I", data[place : place + 46])
        sign, flags, method, crc, packed, size = (fields[k] for k in (0, 3, 4, 7, 8, 9))
        named, extra, offset = fields[10], fields[11], fields[16]
        if sign != b"PK\1\2" or method or flags & ~0x0806 or packed != size:
            raise ValueError("damaged or not supported: an entry")
        name = data[place + 46 : place + 46 + named].decode("ascii")
        if offset == 0xFFFFFFFF:
            offset = struct.unpack("<Q", data[place + 46 + named + 4 :][:8])[0]
        found.append((name, offset, size, crc))
        place += 46 + named + extra
    names = [name for name, *_ in found]
    if len(set(names)) < count:
        raise ValueError("damaged: a name stands twice")
    return found


def member(data: bytes, name: str, offset: int, size: int, crc: int) -> bytes | str:
    """The data of a member, or what is wrong with them."""
    fields = struct.unpack("<4s5H3I2H", data[offset : offset + 30])
    start = offset + 30 + fields[9] + fields[10]
    said = data[offset + 30 : offset + 30 + fields[9]].decode("ascii", "replace")
    if fields[0] != b"PK\3\4" or (said, fields[6], fields[8]) != (name, crc, size):
        return "damaged: local header"
    found = data[start : start + size]
    return found if zlib.crc32(found) == crc else "damaged: CRC"


def frames_of(data: bytes) -> tuple[dict[str, Any], dict[int, Frame], dict[str, bytes | str]]:
    """What `sequence.json` says, the frames by number, and what is attached by name."""
    about: dict[str, Any] = {}
    frames, attached = {}, {}
    for name, *place in entries(data):
        found = member(data, name, *place)
        if match := FRAME.fullmatch(name):
            number, timestamp, duration = map(int, match.groups())
            frames[number] = Frame(timestamp, duration, found)
        elif name == "sequence.json" and isinstance(found, bytes):
            about = json.loads(found)
        elif name.startswith("attached/"):
            attached[name.removeprefix("attached/")] = found
    if about.get("format") != "pellucid sequence" or about["version"] != 1:
        raise ValueError("no sequence, or a newer one")
    return about, dict(sorted(frames.items())), attached


def main() -> int:
    """List the frames."""
    _, frames, _ = frames_of(Path(sys.argv[1]).read_bytes())
    for number, (timestamp, duration, found) in frames.items():
        print(number, timestamp, duration, found if isinstance(found, str) else len(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
