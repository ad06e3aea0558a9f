"""A model's folder is replaced whole, and nothing beside it is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", exc_type=ImportError)

from pellucid.errors import InputError, OutputError
from pellucid.train.folder import check_place, write_folder
from pellucid.train.pack import find_pictures


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_only_the_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.part").mkdir()
    (tmp_path / "mine.part" / "diary.txt").write_text("dear")
    for content in (b"one", b"two"):
        write_folder(tmp_path / "mine", {"a": content})
        assert (tmp_path / "mine" / "a").read_bytes() == content
    write_folder(tmp_path / "deep" / "mine", {"a": b"1", "b": b"2"})
    assert names(tmp_path) == [
        "deep",
        "deep/mine",
        "deep/mine/a",
        "deep/mine/b",
        "mine",
        "mine.part",
        "mine.part/diary.txt",
        "mine/a",
    ]


def test_what_is_no_model_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("dear")
    write_folder(tmp_path / "diary", {"a": b"dear"})
    monkeypatch.chdir(tmp_path / "diary")
    for name in ("file", "diary", "diary/../diary"):
        with pytest.raises(OutputError, match="is no model, and the model would replace it"):
            check_place(tmp_path / name)
    (tmp_path / "empty").mkdir()
    write_folder(tmp_path / "model", {"card.json": b"{}"})
    for name in ("empty", "model", "nothing"):
        check_place(tmp_path / name)


def test_through_a_link(tmp_path: Path) -> None:
    write_folder(tmp_path / "mine", {"a": b"one"})
    (tmp_path / "link").symlink_to("mine", target_is_directory=True)
    write_folder(tmp_path / "link", {"a": b"two"})
    assert (tmp_path / "mine" / "a").read_bytes() == b"two"
    assert (tmp_path / "link").is_symlink()


def test_what_was_there_stays_if_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "mine", {"a": b"one"})
    with pytest.raises(OutputError, match="cannot write"):
        write_folder(tmp_path / "mine", {"a": b"two", "no/such": b""})
    assert names(tmp_path) == ["mine", "mine/a"]
    renamed = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError, match="Permission denied"):
        write_folder(tmp_path / "mine", {"a": b"two"})
    assert names(tmp_path) == ["mine", "mine/a"]
    assert (tmp_path / "mine" / "a").read_bytes() == b"one"
    with pytest.raises(OutputError):
        write_folder(tmp_path / "mine" / "a" / "deep", {"a": b"two"})


def test_pictures_are_files_of_known_names(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=r"no pictures in .*; known are \*\.bmp"):
        find_pictures([tmp_path])
    for name in ("a.ppm", "b.PGM", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_pictures([tmp_path])] == ["a.ppm", "b.PGM"]
