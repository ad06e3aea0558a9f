"""The command: pipes, JSON, signals, keeping up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from clips import read_clip, write_clip
from pellucid.cli import main
from program import processor_seconds, shell, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes of POSIX")


def run(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["stream", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def y4m(folder: Path) -> Path:
    return write_clip(Path("in.y4m"), 8, codec="wrapped_avframe", form="yuv4mpegpipe")


def test_what_is_said() -> None:
    write_clip(Path("in.mkv"), 6, sounds=["aac"])
    assert run("in.mkv", "out.mkv").stdout.startswith("out.mkv  6 frames of 64 x 48, noise ")
    found = json.loads(run("in.mkv", "out.mkv", "--force", "--json").stdout)
    assert (found["frames"], found["width"], found["height"], found["bits"]) == (6, 64, 48, 8)
    assert (found["missing"], found["remarks"], found["changes"], found["skipped"]) == (
        [],
        [],
        [],
        0,
    )
    assert found["frames_per_second"] > 0
    assert 0 < found["delay_ms"]["median"] <= found["delay_ms"]["p95"]
    assert 3 < found["noise"]["sigma"] < 12
    assert len(read_clip("out.mkv").packets[0]) > 0


def test_options_of_pel_frames() -> None:
    write_clip(Path("in.mkv"), 3)
    sizes = []
    for words in (
        ["--quality", 20],
        ["--quality", 90],
        ["--quality", 90, "--pel-model", "m"],
        ["--lossless"],
    ):
        run("in.mkv", "out.pels", "--force", *words)
        sizes.append(Path("out.pels").stat().st_size)
    assert sizes[0] < sizes[1] != sizes[2] < sizes[3]
    assert "Usage" in run("in.mkv", "out.pels", "--quality", "101", code=2).output


def test_what_is_wrong() -> None:
    assert run("nothing.mp4", "out.mkv", code=1).stderr == "pellucid: nothing.mp4: no such file\n"
    write_clip(Path("in.mkv"), 3)
    for words in (["--set", "nope=1"], ["--codec", "nope"], ["--model", "nope"], ["--rate", "0"]):
        run("in.mkv", "out.mkv", *words, code=2)
    for words in (["--set", "crf"], ["--rate", "fast"], ["--size", "3"]):
        assert "Usage" in run("in.mkv", "out.mkv", *words, code=2).output
    assert not Path("out.mkv").exists()
    said = run("in.mkv", "out.mkv", "--max-pixels", "1k", code=1).stderr
    assert said.startswith("pellucid: in.mkv: ")


def test_missing_frames_end_with_1() -> None:
    write_clip(Path("in.mkv"), 60, codec="libx264")
    whole = Path("in.mkv").read_bytes()
    Path("cut.mkv").write_bytes(whole[: len(whole) // 2])
    result = run("cut.mkv", "out.mkv", "--strength", 0, "--json", code=1)
    found = json.loads(result.stdout)
    assert len(read_clip("out.mkv").frames) == found["frames"] > 3
    assert result.stderr == f"pellucid: cut.mkv: {found['missing'][0]}\n"


def test_pipes(y4m: Path) -> None:
    """Nothing but the video is on standard output."""
    result = shell("cat in.y4m | pellucid stream - - --strength 0 > out.y4m")
    assert result.returncode == 0
    assert result.stderr.startswith("-  8 frames of 64 x 48")
    assert Path("out.y4m").read_bytes() == y4m.read_bytes()
    os.mkfifo("pipe")
    line = "cat in.y4m > pipe & pellucid stream pipe - --json --to mp4 | cat > out.mp4"
    result = shell(line)
    assert json.loads(result.stderr)["frames"] == len(read_clip("out.mp4").frames) == 8


def test_y4m_has_the_rate_of_a_clip_with_finer_ticks() -> None:
    write_clip(Path("in.mp4"), 4, stamps=range(0, 2048, 512), time_base=Fraction(1, 12800))
    run("in.mp4", "out.y4m")
    assert Path("out.y4m").read_bytes().split()[3] == b"F25:1"
    assert read_clip("out.y4m").times == [Fraction(n, 25) for n in range(4)]


def test_raw_through_pipes(y4m: Path) -> None:
    words = "--from rawvideo --size 64,48 --pixels yuv420p --strength 0"
    Path("in.yuv").write_bytes(
        b"".join(frame.astype("u1").tobytes() for frame in read_clip("in.y4m").frames)
    )
    result = shell(f"cat in.yuv | pellucid stream - - {words} --to rawvideo > out.yuv")
    assert result.returncode == 0
    assert Path("out.yuv").read_bytes() == Path("in.yuv").read_bytes()


def test_nobody_reads_on(y4m: Path) -> None:
    write_clip(Path("long.y4m"), 30, codec="wrapped_avframe", form="yuv4mpegpipe", size=(320, 240))
    line = "set -o pipefail; pellucid stream long.y4m - --strength 0 | head -c 1000 > /dev/null"
    result = shell(line)
    assert result.returncode == 1
    assert "cannot write standard output: Broken pipe" in result.stderr
    assert "Traceback" not in result.stderr
    if Path("/dev/full").exists():
        result = shell("pellucid stream in.y4m - > /dev/full")
        said = "pellucid: cannot write standard output: No space left on device\n"
        assert (result.returncode, result.stderr) == (1, said)


def stopped(process: subprocess.Popen[str], after: str, number: int) -> str:
    """Send a signal once it has said this; what it said in all."""
    assert process.stderr is not None
    said = ""
    while after not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(number)
    rest = process.communicate(timeout=300)[1]
    assert process.returncode == 128 + number, said + rest
    return said + rest


@pytest.mark.parametrize(
    ("name", "target"), [("SIGINT", "out.mp4"), ("SIGTERM", "out.mkv"), ("SIGINT", "out.pels")]
)
def test_signals(name: str, target: str) -> None:
    """What was done is there, and plays."""
    write_clip(
        Path("in.mkv"), 400, codec="libx264", sounds=["aac"], options={"preset": "ultrafast"}
    )
    words = ("stream", "in.mkv", target, "--sigma", "8", "--progress", "--realtime", "--model", "s")
    with start(*words, stdout=subprocess.DEVNULL) as process:
        said = stopped(process, " %", getattr(signal, name))  # of the first tenth
    kept, last = said.splitlines()[-2:]
    frames = int(kept.removeprefix("pellucid: in.mkv: stopped; what is written has ").split()[0])
    assert last == f"pellucid: {'interrupted' if name == 'SIGINT' else 'terminated'}"
    assert 10 < frames < 300
    if target == "out.pels":
        from pellucid import open_sequence

        with open_sequence(target) as found:
            assert frames - 10 < len(found) <= frames
    else:
        found = read_clip(target)
        assert len(found.frames) == frames
        assert len(found.packets[0]) > 3


def at_rest(process: subprocess.Popen[str], least: int) -> None:
    """Wait so many seconds and, where the system tells, for one in which it does nothing."""
    time.sleep(least - 1)
    for _ in range(300):
        used = processor_seconds(process.pid)
        time.sleep(1)
        if processor_seconds(process.pid) - used < 0.1:
            return


def test_ctrl_c_while_a_pipe_is_silent() -> None:
    with start("stream", "-", "out.mkv", stdin=subprocess.PIPE) as process:
        at_rest(process, 3)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=300)[1]
    assert (process.returncode, said) == (130, "pellucid: interrupted\n")
    assert not list(Path().iterdir())


@pytest.mark.parametrize("more", [[], ["--realtime"]])
def test_ctrl_c_while_a_pipe_is_silent_after_some_frames(more: list[str]) -> None:
    form = ["--from", "rawvideo", "--size", "64,48", "--rate", "25", "--pixels", "yuv420p"]
    with start("stream", "-", "out.mkv", *form, *more, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(6 * "\x55" * (64 * 48 * 3 // 2))
        process.stdin.flush()
        while process.poll() is None and not list(Path().iterdir()):
            time.sleep(0.1)  # until the source has been opened
        at_rest(process, 4)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert "stopped; what is written has 6 frames" in said
    assert len(read_clip("out.mkv").frames) == 6


def test_keeping_up_takes_as_long_as_the_clip() -> None:
    write_clip(Path("in.mkv"), 30)
    start = time.monotonic()
    found = json.loads(run("in.mkv", "out.mkv", "--realtime", "--strength", 0, "--json").stdout)
    assert time.monotonic() - start > 29 / 25
    assert found["frames"] + found["skipped"] == 30
    assert found["delay_ms"]["median"] < 1000


def test_a_change_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each frame takes far too long."""
    from pellucid.video import pace

    class Slow(pace.Player):
        def finish(self, begun: pace.Begun) -> np.ndarray:
            time.sleep(0.02)
            return begun.samples

    monkeypatch.setattr("pellucid.video.work.Player", Slow)
    write_clip(Path("in.mkv"), 60, stamps=range(0, 300, 5), time_base=Fraction(1, 500))
    result = run("in.mkv", "out.mkv", "--realtime", "--json")
    found = json.loads(result.stdout)
    assert [change["to"] for change in found["changes"]] == [
        "denoiser xs",
        "denoiser xs at half the resolution",
    ]
    assert found["skipped"] > 0
    assert found["frames"] + found["skipped"] == 60
    assert "pellucid: frame 7: denoiser xs, to keep up" in result.stderr
