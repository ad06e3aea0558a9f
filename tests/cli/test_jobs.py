"""What is found below a folder, and what is said of a part of it that can't be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
