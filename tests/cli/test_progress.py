"""How far a long picture is, and that Ctrl-C in the middle of one leaves nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pellucid.cli import _progress
from pellucid.cli._progress import Progress, clock_text


def test_time_left(capsys, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(_progress.sys.stderr, "isatty", lambda: True)
    progress = Progress(3, clock=lambda: now[0])
    progress.show(1, "mosaic.tif")
    now[0] = 1
    progress.part(0.001)  # too little to know the speed
    now[0] = 60
    progress.part(0.25)
    progress.part(0.26)  # too soon after the last line
    progress.clear()
    said = capsys.readouterr().err.split("\r\x1b[K")
    assert said == [
        "",
        "[1/3] mosaic.tif …",
        "[1/3] mosaic.tif … 0 %",
        "[1/3] mosaic.tif … 25 %, 3:00 left",
        "",
    ]
    assert clock_text(3725) == "1:02:05"


def test_shown_on_a_terminal_or_when_asked_for(run) -> None:
    np.save("a.npy", np.zeros((600, 700), np.uint8))
    words = ("compress", "a.npy", "--lossless", "--force")
    assert "%" not in run(*words).stderr
    lines = run(*words, "--progress").stderr.splitlines()
    assert lines[0] == "[1/1] a.npy … 25 %"
    assert lines[-1] == "[1/1] a.npy … 100 %"
    result = run(*words, "--progress", "--json")
    assert json.loads(result.stdout)["bytes"] > 0
    back = run("decompress", "a.pel", "-o", "b.npy", "--progress").stderr.splitlines()
    assert back[-1] == "[1/1] a.pel … 100 %"


def test_a_few_lines_of_several_at_a_time(capsys) -> None:
    progress = Progress(2, wanted=True)
    progress.show(1, "a.tif")
    progress.show(2, "b.tif")
    for percent in range(101):
        progress.part(percent / 100)
        progress.part(percent / 200)  # of the other, which is behind
    assert len(capsys.readouterr().err.splitlines()) == 10


def test_quiet_with_json_on_a_terminal(capsys, monkeypatch) -> None:
    monkeypatch.setattr(_progress.sys.stderr, "isatty", lambda: True)
    progress = Progress(1, quiet=True)
    progress.show(1, "a.png")
    progress.part(0.5)
    progress.clear()
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("suffix", [".npy", ".tif"])
def test_ctrl_c_leaves_no_half_file(folder: Path, suffix: str) -> None:
    """In compress while tiles are written, and in decompress likewise."""
    noise = np.random.default_rng(0).integers(0, 65536, (2600, 2600, 2)).astype(np.uint16)
    np.save("large.npy", noise)
    words = ["compress", "large.npy", "--lossless"]
    if suffix == ".tif":
        part = noise[:1100]
        import pellucid

        Path("large.pel").write_bytes(pellucid.compress(part, lossless=True))
        words = ["decompress", "large.pel", "-o", "large.tif"]
    before = sorted(path.name for path in folder.iterdir())
    with subprocess.Popen(
        [sys.executable, "-m", "pellucid", *words],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job may ignore it
    ) as process:
        deadline = time.monotonic() + 300
        while not any(path.stat().st_size > 1000 for path in folder.glob(".pellucid-*")):
            assert process.poll() is None, "it ended before a tile was written"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert said.endswith("pellucid: interrupted\n")
    assert sorted(path.name for path in folder.iterdir()) == before
