"""`pellucid desktop`: files where a Linux desktop looks for them, and upright thumbnails."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import ExifTags, Image, ImageOps

import pellucid
from pellucid.bitstream.limits import MEDIA_TYPE, SEQUENCE_MEDIA_TYPE, SIGNATURE
from pellucid.cli import main
from pellucid.plugins import desktop
from pictures import photograph
from program import ENVIRONMENT

linux = pytest.mark.skipif(sys.platform != "linux", reason="a desktop of Linux")


def call(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["desktop", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def entry(share: Path) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.read(share / "thumbnailers" / "pellucid.thumbnailer")
    return dict(parser["Thumbnailer Entry"])


def test_install_twice_and_remove_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    expected = {tmp_path / "mime/packages/pellucid.xml"}
    expected |= {tmp_path / "thumbnailers/pellucid.thumbnailer"}
    for _ in range(2):
        said = call("install").output
        assert {path for path in tmp_path.rglob("*") if path.is_file()} == expected
        assert all(f"wrote {path}" in said for path in expected)
    said = call("remove").output
    assert all(f"deleted {path}" in said for path in expected)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert call("remove").output == ""


def test_a_prefix(tmp_path: Path) -> None:
    call("install", "--prefix", tmp_path)
    assert (tmp_path / "share/thumbnailers/pellucid.thumbnailer").is_file()
    assert "leave one out" in call("install", "--prefix", tmp_path, "--system", code=2).output
    (tmp_path / "file").touch()
    assert "cannot write" in call("install", "--prefix", tmp_path / "file/a", code=1).output


def test_kinds_of_files_are_those_of_the_package() -> None:
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kinds = ET.parse(desktop.SHIPPED / "pellucid.xml").getroot().findall(f"{space}mime-type")
    globs = {kind.get("type"): kind.find(f"{space}glob").get("pattern") for kind in kinds}  # type: ignore[union-attr]
    assert globs == {MEDIA_TYPE: "*.pel", SEQUENCE_MEDIA_TYPE: "*.pels"}
    match = kinds[0].find(f"{space}magic/{space}match")
    assert match is not None
    value = str(match.get("value")).encode().decode("unicode_escape").encode("latin1")
    assert value == SIGNATURE


@linux
@pytest.mark.skipif(shutil.which("update-mime-database") is None, reason="it isn't installed")
def test_the_database_of_types_takes_them(tmp_path: Path) -> None:
    call("install", "--prefix", tmp_path)
    globs = (tmp_path / "share/mime/globs2").read_text("utf-8")
    assert f"{MEDIA_TYPE}:*.pel\n" in globs
    assert SIGNATURE in (tmp_path / "share/mime/magic").read_bytes()
    call("remove", "--prefix", tmp_path)
    assert MEDIA_TYPE not in (tmp_path / "share/mime/globs2").read_text("utf-8")


@linux
def test_why_the_database_cannot_take_them_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "update-mime-database"
    program.write_text("#!/bin/sh\necho no room >&2\nexit 1\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    assert "failed: no room" in call("install", "--prefix", tmp_path / "share", code=1).output


@linux
def test_what_a_file_manager_runs(tmp_path: Path) -> None:
    call("install", "--prefix", tmp_path)
    found = entry(tmp_path / "share")
    assert found["mimetype"] == f"{MEDIA_TYPE};{SEQUENCE_MEDIA_TYPE};"
    assert os.access(found["tryexec"], os.X_OK)
    source, target = tmp_path / "a picture.pel", tmp_path / "thumbnail.A1B2C3"
    source.write_bytes(pellucid.compress(photograph(80, 100)))
    target.touch()  # as file managers do
    with target.open("rb") as held:
        places = {"%i": str(source), "%o": str(target), "%s": "40"}
        command = [places.get(word, word) for word in shlex.split(found["exec"])]
        subprocess.run(command, check=True, env=ENVIRONMENT)
        with Image.open(held) as image:
            assert (image.size, image.format) == ((40, 32), "PNG")


def test_a_path_that_needs_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", '/opt/100% "mine"/python')
    line = desktop.command()
    assert "100%% " in line
    unescaped = line.replace("\\\\", "\\").replace("%%", "%")
    assert shlex.split(unescaped)[0] == sys.executable


@pytest.mark.parametrize("orientation", range(1, 9))
def test_thumbnails_stand_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    picture = Image.fromarray(photograph(64, 96))
    picture.info["exif"] = exif.tobytes()
    (tmp_path / "a.pel").write_bytes(pellucid.compress(picture, lossless=True))
    desktop.thumbnail(tmp_path / "a.pel", tmp_path / "a.png", 48)
    picture.thumbnail((48, 48))
    expected = np.asarray(ImageOps.exif_transpose(picture))
    with Image.open(tmp_path / "a.png") as found:
        assert found.getexif().get(ExifTags.Base.Orientation, 1) == 1
        assert found.size == expected.shape[1::-1]
        assert np.abs(np.asarray(found).astype(int) - expected).mean() < 4


DEEP = photograph(64, 96).astype(np.uint16) * 100 + 900
HALF = np.full((64, 96, 1), 128, np.uint8)
KINDS: dict[str, tuple[Any, str]] = {
    "grey": (photograph(64, 96)[..., 0], "L"),
    "grey with alpha": (np.dstack([photograph(64, 96)[..., :1], HALF]), "LA"),
    "RGB with alpha": (np.dstack([photograph(64, 96), HALF]), "RGBA"),
    "16 bits": (DEEP, "RGB"),
    "signed": (DEEP.astype(np.int16)[..., 0] - 5000, "L"),
    "floats": (np.where(DEEP > 9000, np.float32("nan"), DEEP), "RGB"),
    "nothing known": (np.full((9, 9), np.nan, np.float32), "L"),
    "5 channels": (np.dstack([DEEP, DEEP[..., :2]]), "L"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_all_samples_can_be_shown(tmp_path: Path, kind: str) -> None:
    samples, mode = KINDS[kind]
    (tmp_path / "a.pel").write_bytes(pellucid.compress(samples, lossless=True))
    call("thumbnail", tmp_path / "a.pel", tmp_path / "a.png", 200)
    with Image.open(tmp_path / "a.png") as found:
        assert found.mode == mode
        assert found.size == samples.shape[1::-1]
        lowest, highest = found.convert("L").getextrema()
    if kind != "nothing known":
        assert highest - lowest > 190
    if found.mode.endswith("A"):
        assert found.getextrema()[-1] == (128, 128)


def test_a_sequence_shows_its_first_frame(tmp_path: Path) -> None:
    with pellucid.write_sequence(tmp_path / "a.pels") as out:
        for shade in (200, 20):
            out.add(np.full((30, 40, 3), shade, np.uint8))
    desktop.thumbnail(tmp_path / "a.pels", tmp_path / "a.png", 20)
    with Image.open(tmp_path / "a.png") as found:
        assert found.size == (20, 15)
        assert found.getpixel((9, 9)) == (200, 200, 200)


def test_what_cannot_be_shown_leaves_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.pel").write_bytes(b"no picture")
    assert (
        "not a .pel file" in call("thumbnail", tmp_path / "a.pel", tmp_path / "o", 9, code=1).output
    )
    assert not (tmp_path / "o").exists()
