"""Everything that can be wrong with an input: its own message, exit code 1, and no file made."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli_files import with_header
from opened import tiff_bytes

PICTURES = {
    "not an image": (lambda good: b"Dear reader, " * 20, "is not a picture"),
    "zero bytes": (lambda good: b"", "is empty (0 bytes)"),
    "truncated": (lambda good: good[: len(good) // 2], "is damaged or cut off"),
    "print colours": (lambda good: cmyk(), "CMYK"),
    "floats": (lambda good: tiff_bytes(np.ones((9, 9, 1), "f4")), "float32"),
}


def cmyk() -> bytes:
    file = BytesIO()
    Image.new("CMYK", (9, 9), (1, 2, 3, 4)).save(file, "JPEG")
    return file.getvalue()


OUTPUT = {"compress": "out.pel", "decompress": "out.png"}
FILES = {
    "zero bytes": (lambda good: b"", "it is empty (0 bytes)"),
    "wrong magic": (lambda good: b"\x89PNG" + good[4:], "is not a .pel file"),
    "sent as text": (lambda good: good.replace(b"\r\n", b"\n", 1), "get it as binary"),
    "truncated": (lambda good: good[:-40], "truncated"),
    "truncated header": (lambda good: good[:30], "truncated"),
    "newer version": (lambda good: with_header(good, 0, b"\2"), "has format version 2"),
    "unknown model": (lambda good: with_header(good, 19, bytes(16)), "needs the model 0000"),
    "checksum": (lambda good: good[:-30] + bytes([good[-30] ^ 4]) + good[-29:], "crc-32"),
    "no width": (lambda good: with_header(good, 1, bytes(4)), "width is 0"),
    "huge": (lambda good: with_header(good, 1, b"\0\0\0\1\0\0\0\1"), "over the limit"),
    "16 bits": (lambda good: with_header(good, 11, b"\x10"), "chunk rang"),
    "signed": (lambda good: with_header(good, 12, b"\1"), "not supported yet"),
    "trailing": (lambda good: good + b"more", "follow"),
}


@pytest.mark.parametrize("case", PICTURES)
def test_bad_picture(run, photo, case):
    make, message = PICTURES[case]
    Path("bad.png").write_bytes(make(photo.read_bytes()))
    stderr = run("compress", "bad.png", code=1).stderr
    assert stderr.startswith("pellucid: bad.png: ")
    assert message in stderr
    assert stderr.count("bad.png") == 1
    assert not Path("bad.pel").exists()


@pytest.mark.parametrize("case", FILES)
def test_bad_file(run, pel, case):
    make, message = FILES[case]
    Path("bad.pel").write_bytes(make(pel.read_bytes()))
    for words in (("decompress",), ("verify",)):
        stderr = run(*words, "bad.pel", code=1).stderr
        assert stderr.startswith("pellucid: bad.pel: ")
        assert message in stderr.lower()
    assert not Path("bad.png").exists()


def test_messages_differ(run, photo, pel):
    seen = set()
    for cases, source, command in ((PICTURES, photo, "compress"), (FILES, pel, "decompress")):
        for make, _ in cases.values():
            Path("bad").write_bytes(make(source.read_bytes()))
            seen.add(run(command, "bad", "-o", OUTPUT[command], code=1).stderr)
    assert len(seen) == len(PICTURES) + len(FILES)


@pytest.mark.parametrize("command", ["compress", "decompress", "verify", "info"])
def test_missing_and_folder(run, command):
    assert run(command, "nowhere.png", code=1).stderr == "pellucid: nowhere.png: no such file\n"
    Path("folder").mkdir()
    assert "is a folder" in run(command, "folder", code=1).stderr


@pytest.mark.parametrize("source", [".", "..", "/", ""])
@pytest.mark.parametrize("out", [[], ["-o", "made/"]])
def test_folders_without_a_name(run, photo, source, out):
    stderr = run("compress", source, photo, *out, code=1).stderr
    assert "is a folder" in stderr
    assert "1 of 2 done, 1 failed" in stderr


def test_name_too_long(run):
    for command in ("compress", "decompress"):
        assert "too long" in run(command, 5000 * "a", code=1).stderr.lower()


@pytest.mark.parametrize(("command", "source"), [("compress", "pel"), ("decompress", "png")])
def test_wrong_command(run, photo, pel, command, source):
    stderr = run(command, f"photo.{source}", code=1).stderr
    said = {
        "pel": "it is a .pel file already, by its name",
        "png": "it is no .pel file, by its name",
    }
    assert said[source] in stderr
    run(command, f"photo.{source}", "-o", OUTPUT[command], code=1)


@pytest.mark.parametrize("command", ["compress", "decompress"])
def test_output_that_cannot_be_written(run, photo, pel, command):
    source = {"compress": photo, "decompress": pel}[command]
    missing = run(command, source, "-o", f"no/folder/{OUTPUT[command]}", code=1).stderr
    assert "the folder no/folder does not exist" in missing
    stderr = run(command, source, "-o", f"{photo}/{OUTPUT[command]}", code=1).stderr
    assert "cannot" in stderr
    assert "cannot make the folder" in run(command, source, "-o", f"{photo}/", code=1).stderr


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", int)() == 0, reason="root writes anywhere"
)
def test_folder_without_permission(run, photo):
    Path("locked").mkdir(mode=0o500)
    assert "Permission denied" in run("compress", photo, "-o", "locked/a.pel", code=1).stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_device_is_not_overwritten(run, photo):
    assert (
        "not a regular file" in run("compress", photo, "-o", "/dev/full", "--force", code=1).stderr
    )


def test_batch_goes_on(run, photo, pel):
    Path("bad.png").write_bytes(b"")
    result = run("compress", "bad.png", photo, "nowhere.png", "-o", "out", code=1)
    assert "1 of 3 done, 2 failed" in result.stderr
    assert [path.name for path in Path("out").iterdir()] == ["photo.pel"]
    Path("bad.pel").write_bytes(pel.read_bytes()[:-20])
    result = run("decompress", "bad.pel", pel, "-o", "back", code=1)
    assert "1 of 2 done, 1 failed" in result.stderr
    assert [path.name for path in Path("back").iterdir()] == ["photo.png"]
    assert "photo.pel  sound" in run("verify", "bad.pel", pel, code=1).stdout
