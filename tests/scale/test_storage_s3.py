"""Sources in S3: whole whatever fails for a while, or an error that says in a line why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import s3fs

from faulty_proxy import Answer, Changed, Cut, Fault, Meanwhile, Proxy, Slow, dead_address
from fetching import URL, got, put, refused
from pellucid.scale import retrying
from pellucid.scale.storage import fetched, resolve
from s3_server import BUCKET, new_clients
from targets import DATA

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
    put(URL)
    proxy.counted()
    return proxy


def kind_of(fault: object) -> str:
    """What a test with a fault is called."""
    more = [str(getattr(fault, name)) for name in ("status", "after") if hasattr(fault, name)]
    return "-".join([type(fault).__name__, *more]) if isinstance(fault, Fault) else str(fault)


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
    assert proxy.counted() == {"GET": 1, "HEAD": 1}  # it has changed, and stays so


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
