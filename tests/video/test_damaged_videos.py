"""Damaged videos: an error of ours, or what could be read; nothing else, and not for long."""

from __future__ import annotations

import random
import time
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path

import pytest

from clips import clip_bytes, through
from pellucid import CompressOptions
from pellucid.errors import PellucidError
from pellucid.video.clip import ClipSource
from pellucid.video.pels import PelsSource
from pellucid.video.read import VideoSource

TRIED = 150
SECONDS = 20.0  # for one, on a busy machine
FORMS = {"mkv": "matroska", "mp4": "mp4", "ts": "mpegts", "y4m": "yuv4mpegpipe"}


def damaged(data: bytes, number: int) -> bytes:
    """Bytes changed, cut out, put in or repeated."""
    choice = random.Random(number)
    found = bytearray(data)
    for _ in range(choice.choice((1, 3, 20))):
        place = choice.randrange(len(found))
        if choice.random() < 0.3:  # near the start there is a header
            place = choice.randrange(min(400, len(found)))
        kind = choice.randrange(4)
        if kind == 0:
            found[place] = choice.randrange(256)
        elif kind == 1:
            found[place : place + 4] = choice.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
        elif kind == 2:
            del found[place : place + choice.randrange(1, 60)]
        else:
            found[place:place] = found[place : place + choice.randrange(1, 60)]
        if not found:
            break
    return bytes(found)


def read_all(source: ClipSource) -> None:
    with source, closing(source.items()) as items:
        for _ in items:
            pass


@pytest.mark.parametrize("name", FORMS)
def test_a_video(name: str) -> None:
    raw = name == "y4m"
    data = clip_bytes(
        FORMS[name],
        codec="wrapped_avframe" if raw else "libx264",
        sounds=() if raw else ("aac",),
        options={} if raw else {"g": "3"},
    )
    for number in range(TRIED):
        start = time.monotonic()
        with suppress(PellucidError):
            read_all(VideoSource(BytesIO(damaged(data, number)), name, max_pixels=10**6))
        assert time.monotonic() - start < SECONDS, number


def test_a_sequence(tmp_path: Path) -> None:
    (tmp_path / "in.mkv").write_bytes(clip_bytes(count=3, sounds=["flac"]))
    path = tmp_path / "in.pels"
    through(tmp_path / "in.mkv", path, frames=CompressOptions(lossless=True))
    data = path.read_bytes()
    for number in range(TRIED // 3):
        path.write_bytes(damaged(data, number))
        start = time.monotonic()
        with suppress(PellucidError):
            read_all(PelsSource(str(path)))
        assert time.monotonic() - start < SECONDS, number
