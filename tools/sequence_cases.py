"""The conformance cases of sequences (.pels), good ones and bad ones; their frames are lossless."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import pellucid
from pellucid.bitstream.sequence_writer import SequenceOut

TICKS = ((-3003, 3003), (0, 3003), (3003, 0), (9009, 1))


class SequenceCase(NamedTuple):
    """A file, what it tests, and what reading it gives.

    `frames` are the SHA-256 of each frame's .pel file, None of one that can't be had; of a file
    that must be refused as a whole `error` is the class, and what is there with `keep_going` the
    frames.
    """

    data: bytes
    tests: str
    frames: Sequence[str | None]
    error: str | None = None


def sequence_cases() -> dict[str, SequenceCase]:
    """All cases, by name."""
    levels = np.random.Generator(np.random.PCG64(9)).integers(0, 4, (4, 6, 7, 3), np.uint8)
    frames = [pellucid.compress(picture, lossless=True) for picture in 60 * levels]
    clip, hashes = sequence(frames), [hashlib.sha256(frame).hexdigest() for frame in frames]
    third, last = clip.index(frames[2]), clip.index(b"PK\1\2")
    damaged = bytearray(clip)
    damaged[third + 70] ^= 1
    doubled = clip.replace(b"frames/00000002_3003_0.pel", b"frames/00000001_3003_0.pel")
    compressed = bytearray(clip)
    compressed[last + 10] = 8
    damage, lost = "DamagedFileError", [*hashes[:2], None, hashes[3]]
    return {
        "clip": SequenceCase(clip, "times of their own, and an attachment", hashes),
        "frame_damaged": SequenceCase(bytes(damaged), "a byte of a frame is another", lost),
        "cut": SequenceCase(clip[: third + 50], "cut within a frame", hashes[:2], damage),
        "no_directory": SequenceCase(clip[:last], "cut before the directory", hashes, damage),
        "number_doubled": SequenceCase(
            doubled, "two frames of one number", [hashes[0], None, None, hashes[3]], damage
        ),
        "compressed": SequenceCase(
            bytes(compressed), "the directory says deflated", hashes, "UnsupportedError"
        ),
    }


def sequence(frames: list[bytes]) -> bytes:
    """The bytes of a sequence of these frames."""
    about = pellucid.SequenceAbout(
        width=7,
        height=6,
        channels=3,
        dtype="uint8",
        rate=Fraction(30000, 1001),
        time_base=Fraction(1, 90000),
        rotation=90,
        tags={"title": "Prüfung"},
    )
    file = BytesIO()
    out = SequenceOut(file, about)
    out.attach("notes.txt", b"PK\3\4 is no member here")
    for frame, ticks in zip(frames, TICKS, strict=True):
        out.frame(frame, *ticks)
    out.finish()
    return file.getvalue()


def write_sequences(folder: Path) -> None:
    """Write the cases that aren't there, and `cases.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, dict[str, Any]] = {}
    for name, (data, *facts) in sequence_cases().items():
        path = folder / f"{name}.pels"
        if not path.exists():
            path.write_bytes(data)
        said[name] = dict(zip(SequenceCase._fields[1:], facts, strict=True))
    text = json.dumps(said, indent=2, ensure_ascii=False)
    (folder / "cases.json").write_text(text + "\n", "utf-8")
