"""Members of archives as sources; the archive may lie in S3, and may be replaced."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from faulty_proxy import Answer, Proxy
from fetching import got, put, refused
from pellucid.scale import storage
from s3_server import BUCKET
from targets import DATA


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("a.png", "b/c.png"):
            file.writestr(name, DATA)
    return path


def test_the_directory_of_an_archive_is_read_once(
    archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    opened = storage._opened
    monkeypatch.setattr(storage, "_opened", lambda url: calls.append(url) or opened(url))
    for name in ("a.png", "b/c.png", "a.png"):
        assert got(f"zip://{name}::{archive}", folder, len(DATA)) == DATA
    assert calls == [f"zip://::{archive}"]
    assert "no such file" in refused(f"zip://none.png::{archive}", folder)


def test_an_archive_that_was_replaced(archive: Path, folder: Path) -> None:
    assert got(f"zip://a.png::{archive}", folder) == DATA
    new = archive.with_name("new.zip")
    with zipfile.ZipFile(new, "w") as file:
        file.writestr("a.png", DATA[1:])
    new.replace(archive)
    assert got(f"zip://a.png::{archive}", folder) == DATA[1:]


def test_an_archive_in_s3(archive: Path, folder: Path, proxy: Proxy) -> None:
    put(f"s3://{BUCKET}/x.zip", archive.read_bytes())
    proxy.faults.append(Answer(method="GET", end="x.zip", times=2))
    assert got(f"zip://a.png::s3://{BUCKET}/x.zip", folder) == DATA


def test_an_archive_that_is_none(archive: Path, folder: Path) -> None:
    archive.write_bytes(DATA)
    assert "not a zip file" in refused(f"zip://a.png::{archive}", folder)


def test_an_archive_in_a_cache_is_fine(archive: Path, folder: Path) -> None:
    url = f"zip://a.png::simplecache::file://{archive}"
    assert got(url, folder) == DATA


def test_an_archive_in_s3_that_cannot_be_read(archive: Path, folder: Path, proxy: Proxy) -> None:
    put(f"s3://{BUCKET}/y.zip", archive.read_bytes())
    proxy.faults.append(Answer(method="GET", end="y.zip", times=99))
    assert "SlowDown" in refused(f"zip://a.png::s3://{BUCKET}/y.zip", folder)
