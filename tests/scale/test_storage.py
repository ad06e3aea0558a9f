"""Sources from wherever: whole, or an error that says in a line why not."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from pathlib import Path

import fsspec
import pytest
import s3fs
from fsspec.implementations.memory import MemoryFileSystem

from faulty_proxy import Answer, Changed, Cut, Fault, Meanwhile, Proxy, Slow, dead_address
from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.scale import retrying, storage
from pellucid.scale.storage import fetched, is_local, reason_of, resolve, sha256_of
from s3_server import BUCKET, new_clients

DATA = bytes(range(256)) * 400
URL = f"s3://{BUCKET}/a.png"
NAMES = (
    "ü ñ.png",
    "a b.png",
    "100%.png",
    "a%20b.png",
    "#1.png",
    "what?.png",
    "a+b.png",
    "a\\b.png",
)


@pytest.fixture
def proxy(proxy: Proxy) -> Proxy:
    """The server has one picture."""
    put(URL, DATA)
    proxy.counted()
    return proxy


def kind_of(fault: object) -> str:
    """What a test with a fault is called."""
    more = [str(getattr(fault, name)) for name in ("status", "after") if hasattr(fault, name)]
    return "-".join([type(fault).__name__, *more]) if isinstance(fault, Fault) else str(fault)


def put(url: str, data: bytes) -> None:
    system, path = resolve(url)
    system.pipe_file(path, data)


def got(url: str, folder: Path, size: int | None = None) -> bytes:
    """What comes; nothing is left of it."""
    with fetched(url, folder, size) as path:
        data = path.read_bytes()
    assert not list(folder.iterdir())
    return data


def refused(url: str, folder: Path, size: int | None = None) -> str:
    """Why nothing comes, in one line that begins with the URL; nothing is left of it."""
    with pytest.raises(InputError) as caught, fetched(url, folder, size):
        pass
    assert not list(folder.iterdir())
    said = str(caught.value)
    assert said.startswith(f"{url}: ")
    assert "\n" not in said
    return said


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


def test_one_request_a_picture(proxy: Proxy, tmp_path: Path) -> None:
    assert got(URL, tmp_path, len(DATA)) == DATA
    assert proxy.counted() == {"GET": 1}


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str, proxy: Proxy, tmp_path: Path) -> None:
    put(f"s3://{BUCKET}/names/{name}", name.encode())
    assert got(f"s3://{BUCKET}/names/{name}", tmp_path) == name.encode()


@pytest.mark.parametrize(
    "fault",
    [
        Answer(times=3),
        Answer(status=500, code="InternalError", times=3),
        Answer(status=400, code="RequestTimeout", times=3),
        Answer(status=502, code="", times=3),
        Cut(after=0, times=3),
        Cut(after=70_000, times=3),
        Cut(before=True, times=3),
        Changed(answer=lambda data: data[:-1], times=3),
    ],
    ids=kind_of,
)
def test_what_fails_for_a_while_comes_whole(fault: Fault, proxy: Proxy, tmp_path: Path) -> None:
    proxy.faults.append(fault)
    assert got(URL, tmp_path, len(DATA)) == DATA
    assert proxy.counted()["GET"] == 4
    assert fault.times == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Answer(times=99), "SlowDown"),
        (Answer(status=500, code="InternalError", times=99), "InternalError"),
        (Cut(after=70_000, times=99), "not completed"),
        (Changed(answer=lambda data: data[:-1], times=99), "checksum"),
    ],
    ids=kind_of,
)
def test_what_fails_for_good_is_an_error(
    fault: Fault, said: str, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.faults.append(fault)
    assert said in refused(URL, tmp_path, len(DATA))
    # a connection that was used before is tried once more by the HTTP library, if it is cut off
    assert retrying.TRIES <= proxy.counted()["GET"] <= 2 * retrying.TRIES


@pytest.mark.parametrize(
    "code", ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"]
)
def test_wrong_credentials_are_said_at_once(code: str, proxy: Proxy, tmp_path: Path) -> None:
    proxy.faults.append(Answer(status=403, code=code, times=99))
    said = refused(URL, tmp_path)
    assert code in said
    assert "credentials are those of the environment" in said
    assert proxy.counted() == {"GET": 1}


def test_no_credentials(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with new_clients():
        said = refused(URL, tmp_path)
    assert "credentials are those of the environment" in said
    assert not proxy.counted()


def test_a_dead_server(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", dead_address())
    with new_clients():
        assert "Could not connect" in refused(URL, tmp_path)


def test_a_server_that_does_not_answer(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3fs.S3FileSystem, "read_timeout", 0.05)
    slow = Slow(times=99)
    proxy.faults.append(slow)
    with new_clients():
        said = refused(URL, tmp_path)
    slow.go.set()
    assert "imeout" in said or "no answer" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"s3://{BUCKET}/none.png", "no such file"),
        ("s3://no-such-bucket/a.png", "bucket does not exist"),
        ("memory://none.png", "no such file"),
    ],
)
def test_what_is_not_there(url: str, said: str, proxy: Proxy, tmp_path: Path) -> None:
    assert said in refused(url, tmp_path)


def test_a_picture_that_vanishes_after_it_was_listed(proxy: Proxy, tmp_path: Path) -> None:
    system, path = resolve(URL)
    system.ls(path.rpartition("/")[0])  # which s3fs remembers
    proxy.faults.append(Meanwhile(do=lambda: s3fs.S3FileSystem(anon=False).rm_file(path)))
    assert "no such file" in refused(URL, tmp_path, len(DATA))


def test_a_picture_that_is_replaced_while_it_is_read(proxy: Proxy, tmp_path: Path) -> None:
    """No mixture of both comes: a copy that is cut off begins anew."""
    new = b"n" * len(DATA)
    proxy.faults += [Cut(after=70_000), Meanwhile(do=lambda: put(URL, new))]
    assert got(URL, tmp_path, len(DATA)) == new
    assert proxy.counted()["GET"] == 2


def test_a_large_picture_comes_in_one_piece(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3fs.S3FileSystem, "default_block_size", 1000)
    with new_clients():
        assert got(URL, tmp_path, len(DATA)) == DATA
    assert proxy.counted() == {"GET": 1}


def test_another_size_than_was_listed(proxy: Proxy, tmp_path: Path) -> None:
    said = refused(URL, tmp_path, 5)
    assert "102,400 bytes came of 102,400 (5 when it was listed)" in said


def test_a_zarr_store_comes_with_all_its_files(proxy: Proxy, tmp_path: Path) -> None:
    for name in ("0/0", "zarr.json"):
        put(f"s3://{BUCKET}/x.zarr/{name}", name.encode())
    with fetched(f"s3://{BUCKET}/x.zarr", tmp_path) as path:
        assert path.suffix == ".zarr"
        assert sorted(one.read_text() for one in path.rglob("*") if one.is_file()) == [
            "0/0",
            "zarr.json",
        ]
    assert not list(tmp_path.iterdir())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("a.png", "b/c.png"):
            file.writestr(name, DATA)
    return path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def test_the_directory_of_an_archive_is_read_once(
    archive: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    opened = storage._opened
    monkeypatch.setattr(storage, "_opened", lambda url: calls.append(url) or opened(url))
    for name in ("a.png", "b/c.png", "a.png"):
        assert got(f"zip://{name}::{archive}", here, len(DATA)) == DATA
    assert calls == [f"zip://::{archive}"]
    assert "no such file" in refused(f"zip://none.png::{archive}", here)


def test_an_archive_that_was_replaced(archive: Path, here: Path) -> None:
    assert got(f"zip://a.png::{archive}", here) == DATA
    new = archive.with_name("new.zip")
    with zipfile.ZipFile(new, "w") as file:
        file.writestr("a.png", DATA[1:])
    new.replace(archive)
    assert got(f"zip://a.png::{archive}", here) == DATA[1:]


def test_an_archive_in_s3(archive: Path, here: Path, proxy: Proxy) -> None:
    put(f"s3://{BUCKET}/x.zip", archive.read_bytes())
    proxy.faults.append(Answer(method="GET", end="x.zip", times=2))
    assert got(f"zip://a.png::s3://{BUCKET}/x.zip", here) == DATA


def test_an_archive_that_is_none(archive: Path, here: Path) -> None:
    archive.write_bytes(DATA)
    assert "not a zip file" in refused(f"zip://a.png::{archive}", here)


@pytest.mark.parametrize("kind", sorted(storage.CACHES))
@pytest.mark.parametrize("mark", ["", "://"])
def test_caches_are_refused(kind: str, mark: str) -> None:
    with pytest.raises(OptionError, match=f"{kind}:: keeps copies.*name {re.escape(URL)} itself"):
        resolve(f"{kind}{mark}::{URL}")


def test_an_archive_in_a_cache_is_fine(
    archive: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"zip://a.png::simplecache::file://{archive}"
    assert got(url, here) == DATA


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

    put("memory://full.png", DATA)
    monkeypatch.setattr(MemoryFileSystem, "get_file", full)
    assert "No space left" in refused("memory://full.png", tmp_path)


def test_an_archive_in_s3_that_cannot_be_read(archive: Path, here: Path, proxy: Proxy) -> None:
    put(f"s3://{BUCKET}/y.zip", archive.read_bytes())
    proxy.faults.append(Answer(method="GET", end="y.zip", times=99))
    assert "SlowDown" in refused(f"zip://a.png::s3://{BUCKET}/y.zip", here)


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
    fsspec.register_implementation("cutting", Cutting, clobber=True)
    put("cutting://a.png", DATA)
    assert got("cutting://a.png", tmp_path, len(DATA)) == DATA
    assert Cutting.tries == 2
