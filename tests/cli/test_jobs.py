"""What is found below a folder, and what is said of a part of it that can't be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import pellucid
from pellucid.cli._jobs import find_jobs

SUFFIXES = (".png",)


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
    good = [job for job in find_jobs(locked, SUFFIXES, True) if job.problem is None]
    assert [str(job.below) for job in good] == ["a/c.PNG", "b.png"]
    assert [job.source for job in good] == [locked / "a/c.PNG", locked / "b.png"]


def test_a_folder_that_cannot_be_read_is_a_failure(locked: Path) -> None:
    problems = [str(job.problem) for job in find_jobs(locked, SUFFIXES, True) if job.problem]
    assert problems == ["album/locked: the folder can't be read: Permission denied"]
    (only,) = find_jobs(locked / "locked", SUFFIXES, True)
    assert "can't be read: Permission denied" in str(only.problem)


@pytest.mark.parametrize("version", [2, 3])
def test_an_array_in_a_group_is_a_picture(run, version: int) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group("g.zarr", mode="w", zarr_format=version)
    for name in ("a", "inner/b"):
        group.create_array(name, shape=(20, 30), chunks=(20, 30), dtype="u1")[...] = 7
    for name in ("a", "inner/b"):
        run("compress", f"g.zarr/{name}", "--lossless", "-o", "a.pel", "--force")
        assert (pellucid.decompress("a.pel") == 7).all()
    Path("g.zarr/notes").mkdir()
    assert "is a folder" in run("compress", "g.zarr/notes", "-o", "b.pel", code=1).stderr
