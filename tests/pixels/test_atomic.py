"""A file appears whole or not at all, and never in place of another unasked."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from pellucid.errors import OutputError
from pellucid.pixels import write_atomic


def test_writes_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"one")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_existing_file_needs_force(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"one")
    with pytest.raises(OutputError, match=r"a exists already; overwrite it with --force"):
        write_atomic(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    write_atomic(tmp_path / "a", b"two", force=True)
    assert (tmp_path / "a").read_bytes() == b"two"


def test_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="exists already"):
        write_atomic(tmp_path / "a", b"one")


@pytest.mark.parametrize("force", [False, True])
def test_bad_targets(tmp_path: Path, force: bool) -> None:
    with pytest.raises(OutputError, match=r"the folder .*missing does not exist"):
        write_atomic(tmp_path / "missing" / "a", b"", force=force)
    with pytest.raises(OutputError, match="it is a folder"):
        write_atomic(tmp_path, b"", force=force)
    with pytest.raises(OutputError, match="cannot write"):
        write_atomic(tmp_path / ("x" * 300), b"", force=force)
    with pytest.raises(OutputError, match="cannot write"):
        write_atomic("a\0b", b"", force=force)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_devices_are_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="not a regular file"):
        write_atomic(tmp_path / "pipe", b"", force=True)
    assert (tmp_path / "pipe").is_fifo()


def test_one_of_many_writers_wins(tmp_path: Path) -> None:
    results: list[str] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        try:
            write_atomic(tmp_path / "a", bytes([number]) * 1000)
            results.append("won")
        except OutputError:
            results.append("refused")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused"] * 7 + ["won"]
    assert len(set((tmp_path / "a").read_bytes())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("call", ["fsync", "replace", "link"])
def test_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OutputError, match=r"cannot write .*No space left"):
        write_atomic(tmp_path / "a", b"one", force=call == "replace")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exists", [False, True])
def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    """As on FAT. The file may also appear after the first check: a race."""

    def no_links(*_: Any) -> None:
        if exists:
            (tmp_path / "a").write_bytes(b"other")
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    if exists:
        with pytest.raises(OutputError, match="exists already"):
            write_atomic(tmp_path / "a", b"one")
    else:
        write_atomic(tmp_path / "a", b"one")
    assert (tmp_path / "a").read_bytes() == (b"other" if exists else b"one")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_without_hard_links_a_rename_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "not today")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match="not today"):
        write_atomic(tmp_path / "a", b"one")
    assert list(tmp_path.iterdir()) == []
