"""How the program ends: signals, closed and full streams, each with its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.cli._program import Stopped, signals_heeded
from program import ENVIRONMENT, heed_signals, shell, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and streams of POSIX")
SAID = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminal closed"}


def wait_for(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not reached():
        assert process.poll() is None, "it ended too soon"
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("name", SAID)
def test_a_signal_leaves_no_temporary_file(folder: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 65536, (2600, 2600, 2)).astype(np.uint16)
    np.save("large.npy", noise)
    with start("compress", "large.npy", "--lossless") as process:
        wait_for(
            lambda: any(path.stat().st_size > 1000 for path in folder.glob(".pellucid-*")), process
        )
        number = getattr(signal, name)
        process.send_signal(number)
        process.send_signal(number)  # `timeout` sends it twice; the clearing up must go on
        _, said = process.communicate(timeout=300)
    assert process.returncode == 128 + number
    assert said == f"pellucid: {SAID[name]}\n"
    assert [path.name for path in folder.iterdir()] == ["large.npy"]


def test_a_signal_that_a_library_made_an_error_of() -> None:
    """As ONNX Runtime does while it loads: ImportError."""

    def load() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    with pytest.raises(Stopped) as caught, signals_heeded():
        load()
    assert caught.value.args == (signal.SIGTERM,)
    with pytest.raises(ImportError), signals_heeded():
        raise ImportError


def test_an_ignored_signal_stays_ignored(pel: Path) -> None:
    """Sent while the program waits for a pipe."""
    os.mkfifo("pipe")
    ends: list[int] = []

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def is_read() -> bool:
        with suppress(OSError):
            ends.append(os.open("pipe", os.O_WRONLY | os.O_NONBLOCK))
        return bool(ends)

    with start("decompress", "pipe", "-o", "back.png", preexec_fn=ignore) as process:
        wait_for(is_read, process)
        with open(ends[0], "wb") as pipe:
            process.send_signal(signal.SIGHUP)
            pipe.write(pel.read_bytes())
        _, said = process.communicate(timeout=300)
    assert (process.returncode, said) == (0, "")


def test_interrupt_while_the_commands_load() -> None:
    """Once Python itself has started, wherever it is."""
    for module in ("numpy", "click", "pellucid.cli.compress", "PIL.Image"):
        code = (
            "import os, runpy, signal, sys\n"
            "class Finder:\n"
            "    def find_spec(self, name, *_):\n"
            f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
            "sys.meta_path.insert(0, Finder())\n"
            "sys.argv = ['pellucid', '--help']\n"
            "runpy.run_module('pellucid', run_name='__main__')\n"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
            preexec_fn=heed_signals,
        )
        assert (result.returncode, result.stdout) == (130, ""), module
        assert result.stderr == "pellucid: interrupted\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_closed_and_full_standard_error(photo: Path, unbuffered: str) -> None:
    for stream in ("-", "/dev/full") if Path("/dev/full").exists() else ("-",):
        target = "&-" if stream == "-" else stream
        result = shell(f"pellucid compress {photo} --force 2>{target}", PYTHONUNBUFFERED=unbuffered)
        assert (result.returncode, result.stdout.split()[:1]) == (0, ["photo.pel"])
        assert pellucid.verify("photo.pel").sound
        assert shell(f"pellucid info nothing 2>{target}").returncode == 1
    assert shell(f"pellucid compress {photo} --force 2>&- >&- <&-").returncode == 0
    assert pellucid.verify("photo.pel").sound


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_full_standard_output(pel: Path, unbuffered: str) -> None:
    for words in ("--help", "--version", f"info {pel}", f"verify {pel} {pel}", "bench -h"):
        result = shell(f"pellucid {words} >/dev/full", PYTHONUNBUFFERED=unbuffered)
        assert result.returncode == 1, words
        assert result.stderr == (
            "pellucid: cannot write to standard output: No space left on device\n"
        )


@pytest.mark.parametrize("words", ["", "compress ", "bench ", "bench denoise "])
def test_short_help(words: str) -> None:
    short, long = (shell(f"pellucid {words}{flag}") for flag in ("-h", "--help"))
    assert short.stdout.startswith("Usage: pellucid ")
    assert short.stdout == long.stdout


def test_odd_exif_warns_of_nothing(photo: Path) -> None:
    """Pillow warns its programmers of EXIF that it can't read; a person is told nothing of that."""
    from PIL import Image

    with Image.open(photo) as image:
        tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x09\0\0\0\x06\0\0\0"  # nine values, one there
        image.save("odd.jpg", exif=b"Exif\0\0" + tiff)
        image.save("odd.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01")
    for name in ("odd.jpg", "odd.png"):
        for command in ("compress", "denoise"):
            result = shell(f"pellucid {command} {name} -o out-{command}/ --model s --force")
            assert "Warning" not in result.stderr
