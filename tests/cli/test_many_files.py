"""Many files by one command, as people run it: again, several at a time, with times and totals."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from program import start


@pytest.fixture
def album(photo: Path) -> Path:
    """Three pictures, two of them with one name."""
    Path("album/deep").mkdir(parents=True)
    with Image.open(photo) as image:
        for name in ("IMG_1.JPG", "IMG_1.PNG", "deep/b.png"):
            image.save(Path("album") / name)
    return Path("album")


def made(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.pel"))


def test_twice_over_a_folder(run, album) -> None:
    run("compress", "-r", album, "-o", "out")
    names = ["IMG_1.JPG.pel", "IMG_1.PNG.pel", "deep/b.pel"]
    assert made("out") == names
    assert "3 failed" in run("compress", "-r", album, "-o", "out", code=1).stderr
    Path("out/deep/b.pel").unlink()
    before = Path("out/IMG_1.JPG.pel").stat().st_mtime_ns
    result = run("compress", "-r", album, "-o", "out", "--skip-existing")
    assert result.stderr == "1 of 3 done, 2 there already\n"
    assert result.stdout.split()[0] == "out/deep/b.pel"
    assert Path("out/IMG_1.JPG.pel").stat().st_mtime_ns == before
    lines = run("compress", "-r", album, "-o", "out", "--skip-existing", "--json").stdout
    assert [json.loads(line)["skipped"] for line in lines.splitlines()] == [True] * 3
    for command, source in (("decompress", "out"), ("denoise", "album")):
        words = (command, "-r", source, "-o", command)
        run(*words)
        assert "3 there already" in run(*words, "--skip-existing").stderr
    words = ("compress", "-r", album, "--force", "--skip-existing")
    assert "choose" in run(*words, code=2).stderr
    missing = run("compress", "nothing.png", "--skip-existing", code=1).stderr
    assert "no such file" in missing


def test_names_that_differ_in_case_only(run, album) -> None:
    """`IMG_1.png` and `IMG_1.PNG` would be one file on macOS and Windows."""
    run("denoise", "-r", album, "-o", "clean")
    written = sorted(path.name for path in Path("clean").iterdir() if path.is_file())
    assert written == ["IMG_1.JPG.png", "IMG_1.PNG"]


def test_totals(run, album) -> None:
    said = run("compress", "-r", album, "-o", "out").stderr.splitlines()
    read, written = (
        sum(path.stat().st_size for path in Path(folder).rglob("*.*") if path.is_file())
        for folder in ("album", "out")
    )
    assert said == [
        "3 of 3 done",
        f"{read:,} bytes to {written:,}, {1 - written / read:.1%} saved",
    ]
    said = run("decompress", "-r", "out", "-o", "back").stderr.splitlines()
    assert said[1].startswith(f"{written:,} bytes to ")
    assert "saved" not in said[1]


def test_several_at_a_time(run, album) -> None:
    Path("album/bad.png").write_bytes(b"")
    run("compress", "-r", album, "-o", "one", "--json", code=1)
    result = run("compress", "-r", album, "-o", "many", "--json", "--jobs", 3, code=1)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["source"] for line in lines] == [
        "album/IMG_1.JPG",
        "album/IMG_1.PNG",
        "album/bad.png",
        "album/deep/b.png",
    ]
    assert lines[2]["error"] == "InputError"
    assert "3 of 4 done, 1 failed" in result.stderr
    for name in made("one"):
        assert Path("one", name).read_bytes() == Path("many", name).read_bytes()
    run("decompress", "-r", "many", "-o", "back", "--jobs", 2)
    run("verify", *Path("many").rglob("*.pel"))
    run("compress", "-r", album, "--jobs", 0, code=2)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_interrupt_of_several_at_a_time(folder: Path) -> None:
    """Those under way end soon, leave nothing, and none of the others begins."""
    noise = np.random.default_rng(0).integers(0, 65536, (1500, 1500)).astype(np.uint16)
    for number in range(40):
        np.save(f"{number}.npy", noise)
    words = ("compress", *(f"{number}.npy" for number in range(40)), "--lossless", "--jobs", 2)
    with start(*words) as process:
        deadline = time.monotonic() + 300
        while len(list(folder.glob(".pellucid-*"))) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM
    assert said == "pellucid: terminated\n"
    assert not list(folder.glob(".pellucid-*"))
    done = list(folder.glob("*.pel"))
    assert len(done) < 20
    for path in done:
        assert not pellucid.info(path).max_error


def test_keep_times(run, album) -> None:
    long_ago = 1_000_000_000 * 10**9 + 123_456_000
    for path in album.rglob("*.*"):
        os.utime(path, ns=(long_ago, long_ago))
    for command, source in (("compress", "album"), ("decompress", "compress"), ("denoise", album)):
        run(command, "-r", source, "-o", command, "--keep-times")
        files = [path for path in Path(command).rglob("*.*") if path.is_file()]
        assert len(files) == 3
        assert {path.stat().st_mtime_ns for path in files} == {long_ago}
    run("compress", "-r", album, "-o", "compress", "--force")
    assert Path("compress/deep/b.pel").stat().st_mtime_ns > long_ago


@pytest.mark.parametrize(
    ("given", "limit"),
    [("1KiB", 1024), ("1 KiB", 1024), ("1kB", 1000), ("1KB", 1000), ("0.001MB", 1000)],
)
def test_units_of_size(run, photo, pixels, given, limit) -> None:
    run("compress", photo, "--size", given)
    assert Path("photo.pel").read_bytes() == pellucid.compress(pixels, size=limit)
    for wrong in ("1Ki B", "1iB", "1KIB", "1K iB", "KiB"):
        run("compress", photo, "--size", wrong, "--force", code=2)
