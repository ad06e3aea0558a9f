"""What is found below a folder, and what is said of a part of it that can't be read."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from pellucid.cli._jobs import Job, Outputs, find_jobs
from pictures import unpacked

OUTPUTS = Outputs(lambda _: ".pel", (".png",), "")


def jobs_in(folder: Path) -> list[Job]:
    return list(find_jobs(folder, OUTPUTS, True, Counter()))


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, the one called `locked` can't be listed (not even by root)."""
    for name in ("album/b.png", "album/a/c.PNG", "album/a/note.txt", "album/locked/d.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    listed = os.scandir

    def scandir(folder: str | os.PathLike[str] = ".") -> object:
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", os.fspath(folder))
        return listed(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    return Path("album")


def test_in_order_with_their_place(locked: Path) -> None:
    (locked / "broken.png").symlink_to("nowhere.png")
    (locked / "again").symlink_to(".", target_is_directory=True)
    good = [job for job in jobs_in(locked) if job.problem is None]
    assert [str(job.below) for job in good] == ["a/c.PNG", "b.png"]
    assert [job.source for job in good] == [locked / "a/c.PNG", locked / "b.png"]


def test_a_folder_that_cannot_be_read_is_a_failure(locked: Path) -> None:
    problems = [str(job.problem) for job in jobs_in(locked) if job.problem]
    assert problems == ["album/locked: the folder can't be read: Permission denied"]
    (only,) = jobs_in(locked / "locked")
    assert "can't be read: Permission denied" in str(only.problem)


@pytest.mark.parametrize("version", [2, 3])
def test_an_array_in_a_group_is_a_picture(run, version: int) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group("g.zarr", mode="w", zarr_format=version)
    for name in ("a", "inner/b"):
        group.create_array(name, shape=(20, 30), chunks=(20, 30), dtype="u1")[...] = 7
    for name in ("a", "inner/b"):
        run("compress", f"g.zarr/{name}", "--lossless", "-o", "a.pel", "--force")
        assert (unpacked("a.pel") == 7).all()
    Path("g.zarr/notes").mkdir()
    assert "is a folder" in run("compress", "g.zarr/notes", "-o", "b.pel", code=1).stderr


def album() -> None:
    """A folder with one picture, and others that no command takes from it."""
    Path("album/deep").mkdir(parents=True)
    Image.new("L", (40, 30), 90).save("album/a.png")
    for name in ("b.gif", "deep/c.GIF", "deep/d.psd", "e.pel", ".hidden", "notes"):
        Path("album", name).write_bytes(b"x")


@pytest.mark.parametrize("command", ["compress", "denoise"])
def test_files_that_are_passed_over_are_told(run, command: str) -> None:
    album()
    said = run(command, "album", "-r", "-o", "out", "--model", "s").stderr
    assert said.splitlines()[-1] == (
        "pellucid: passed over 4 files in folders, of suffixes that aren't taken from there "
        "(.gif 2, without a suffix 1, .psd 1); a file that is named itself is tried"
    )
    Path("album/f.npy").write_bytes(b"x")
    if command == "compress":  # with loss no arrays are taken
        assert ".npy 1" in run(command, "album", "-r", "-o", "again").stderr


def test_pictures_of_phones_are_taken_from_folders(run) -> None:
    Path("phone").mkdir()
    Image.new("RGB", (40, 30), (90, 60, 30)).save("phone/a.avif")
    assert "passed over" not in run("compress", "phone", "-r", "-o", "out").stderr
    run("denoise", "phone", "-r", "-o", "out")
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.pel", "a.png"]
    for suffix in ("heic", "HEIF", "jxl"):
        Path("phone/a.avif").write_bytes(b"x")
        Path("phone/a.avif").rename(f"phone/a.{suffix}")
        assert f"a.{suffix}: is not a picture" in run("compress", "phone", "-r", code=1).stderr
        Path(f"phone/a.{suffix}").rename("phone/a.avif")


def test_nothing_is_told_of_outputs_and_of_files_that_are_named(run) -> None:
    album()
    assert "passed over" not in run("compress", "album/a.png").stderr
    Path("album/e.pel").unlink()
    said = run("decompress", "album", "-r", "-o", "out").stderr
    assert "passed over 4 files" in said  # not a.png
    assert ".png" not in said
    shutil.rmtree("out")
    for name in ("b.gif", "deep/c.GIF", "deep/d.psd", "notes"):
        Path("album", name).unlink()
    for command in ("compress", "decompress"):
        assert "passed over" not in run(command, "album", "-r", "-o", command).stderr


def test_many_suffixes_are_not_all_named(run) -> None:
    album()
    for number in range(20):
        Path(f"album/x.s{number:02}").touch()
    assert ".s04 1, others 15)" in run("compress", "album", "-r").stderr
