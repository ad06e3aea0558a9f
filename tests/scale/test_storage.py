"""Sources from wherever: whole, or an error that says in a line why not."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from fetching import URL, got, put, refused
from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.scale import retrying, storage
from pellucid.scale.storage import fetched, is_local, reason_of, resolve, sha256_of
from targets import DATA


def test_a_file_of_this_machine_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(DATA)
    for url in (str(path), f"file://{path}", f"local://{path}"):
        with fetched(url, tmp_path / "none") as found:
            assert found == path
    assert path.exists()
    with pytest.raises(InputError, match=r"gone\.png: no such file"), fetched("gone.png", tmp_path):
        pass


@pytest.mark.parametrize("name", ["a::b.png", "s3:__x::y", "xy://b"])
def test_what_exists_here_is_local_whatever_it_looks_like(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_local("xy://b")
    assert not is_local("a::b.png")
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(DATA)
    assert is_local(name)
    with fetched(name, tmp_path) as found:
        assert found.read_bytes() == DATA


def test_paths_of_windows_are_local() -> None:
    assert is_local("C:\\pictures\\a.png")
    assert is_local("C:/pictures/a.png")


@pytest.mark.parametrize("kind", sorted(storage.CACHES))
@pytest.mark.parametrize("mark", ["", "://"])
def test_caches_are_refused(kind: str, mark: str) -> None:
    with pytest.raises(OptionError, match=f"{kind}:: keeps copies.*name {re.escape(URL)} itself"):
        resolve(f"{kind}{mark}::{URL}")


def test_unknown_kinds_and_missing_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="nosuch:// is no kind of URL"):
        resolve("nosuch://x")

    def missing(url: str) -> None:
        raise ImportError(f"install something for {url}\nand more")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(MissingExtraError, match="gcsfs is not installed"):
        resolve("gs://x/y")
    with pytest.raises(InputError, match="sftp:// can't be opened: install something"):
        resolve("sftp://x/y")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError("/a/b"), "no such file"),
        (FileNotFoundError("The specified bucket does not exist"), "bucket does not exist"),
        (PermissionError(13, "Permission denied", "/a/b"), "Permission denied"),
        (PermissionError("Forbidden"), "Forbidden; credentials are"),
        (TimeoutError(), "no answer in time"),
        (OSError(5, "it failed (reached max retries: 0): so"), "it failed: so"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
    ids=repr,
)
def test_reasons(error: BaseException, reason: str) -> None:
    assert reason in reason_of(error)


def test_hashes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    assert sha256_of(path) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    with pytest.raises(InputError, match="cannot be read: no such file"):
        sha256_of(tmp_path / "none")


def test_the_hash_of_a_folder_is_of_names_and_bytes(tmp_path: Path) -> None:
    def made(name: str, files: dict[str, bytes]) -> tuple[int, str]:
        for inside, data in files.items():
            path = tmp_path / name / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return sha256_of(tmp_path / name)

    first = made("1", {"a": b"x", "b/c": b"yz"})
    assert first[0] == 3
    assert made("2", {"b/c": b"yz", "a": b"x"}) == first
    assert made("3", {"a": b"x", "b/d": b"yz"}) != first
    assert made("4", {"a": b"xy", "b/c": b"z"}) != first


def test_a_copy_that_does_not_fit_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object, **_more: object) -> None:
        raise OSError(28, os.strerror(28))

    put("memory://full.png")
    monkeypatch.setattr(MemoryFileSystem, "get_file", full)
    assert "No space left" in refused("memory://full.png", tmp_path)


class Cutting(MemoryFileSystem):  # type: ignore[misc]
    """One that gives less than there is, as some do, at the first try."""

    protocol = "cutting"
    tries = 0

    def get_file(self, path: str, copy: str, **more: object) -> None:
        data = self.cat_file(path)
        Cutting.tries += 1
        Path(copy).write_bytes(data[: 10 if Cutting.tries < 2 else None])


def test_a_file_system_that_cuts_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.0)
    monkeypatch.setattr(Cutting, "tries", 0)
    fsspec.register_implementation("cutting", Cutting, clobber=True)
    put("cutting://a.png")
    assert got("cutting://a.png", tmp_path, len(DATA)) == DATA
    assert Cutting.tries == 2


def test_a_server_that_says_no_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.0)
    monkeypatch.setattr(MemoryFileSystem, "size", lambda *_: None)
    put("memory://a.png")
    assert got("memory://a.png", tmp_path) == DATA
    said = refused("memory://a.png", tmp_path, 5)
    assert said.endswith("102,400 bytes came (5 when it was listed)")
