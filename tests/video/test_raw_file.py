"""Files as FFmpeg uses them: Ctrl-C is neither lost nor does it leave a hole; pipes can be left."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from clips import read_clip, write_clip
from pellucid.video.ahead import ahead_of
from pellucid.video.raw_file import RawFile

posix = pytest.mark.skipif(os.name != "posix", reason="pipes can't be waited for elsewhere")


class Interrupted(BytesIO):
    """Ctrl-C comes after a part of the third write."""

    count = 0

    def write(self, data: Any) -> int:
        self.count += 1
        if self.count == 3:
            super().write(data[:7])
            raise KeyboardInterrupt
        return super().write(data)


def test_a_file_stays_whole() -> None:
    kept = BytesIO()
    file = Interrupted()
    raw = RawFile(file)
    for number in range(5):
        kept.write(bytes([number]) * 100)
        with pytest.raises(KeyboardInterrupt) if number == 2 else nullcontext(), raw.heard():
            assert raw.write(bytes([number]) * 100) == 100
    assert file.getvalue() == kept.getvalue()


class Pipe(Interrupted):
    def seekable(self) -> bool:
        return False


def test_a_pipe_is_given_up() -> None:
    raw = RawFile(Pipe())
    for _ in range(2):
        raw.write(bytes(100))
    with pytest.raises(KeyboardInterrupt), raw.heard():
        raw.write(bytes(100))


def test_ctrl_c_while_ffmpeg_reads() -> None:
    class Source(BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    raw = RawFile(Source())
    with pytest.raises(KeyboardInterrupt), raw.heard():
        av.open(raw, "r")


@posix
def test_a_pipe_into_which_nothing_comes() -> None:
    reading, writing = os.pipe()
    stopped = threading.Event()
    with open(reading, "rb") as file, open(writing, "wb", buffering=0) as other:
        raw = RawFile(file, stopped)
        other.write(b"abc")
        assert raw.read(100) == b"abc"
        threading.Timer(0.2, stopped.set).start()
        assert raw.read(100) == b""  # and doesn't wait for ever


def test_errors_come_from_the_thread_that_reads() -> None:
    def items() -> Any:
        yield 1
        raise RuntimeError("broken")

    found = ahead_of(items(), 2)
    assert next(found) == 1
    with pytest.raises(RuntimeError, match="broken"):
        next(found)


def test_short_writes_are_gone_on_with() -> None:
    class Short(BytesIO):
        def write(self, data: Any) -> int:
            return super().write(data[:1000])

    file = Short()
    file.close = lambda: None  # type: ignore[method-assign]
    write_clip(RawFile(file), form="matroska")
    write_clip(Path("same.mkv"), form="matroska")
    file.seek(0)
    assert len(read_clip(file).frames) == 6
    assert len(file.getvalue()) == Path("same.mkv").stat().st_size
