"""What goes wrong on the way to a server, and how often it is asked."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import s3fs

from faulty_proxy import Answer, Changed, Cut, CutUpload, Meanwhile, Proxy, dead_address
from pellucid.errors import OutputError
from pellucid.scale import retrying
from pellucid.scale.items import Row, State
from pellucid.scale.outputs.lock import Lock, held
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import RECEIPTS, STAGED, Target
from pellucid.scale.storage import fetched
from s3_server import BUCKET, new_clients
from targets import DATA, Elsewhere, publish, there


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        Answer(method="PUT", times=3),
        Answer(method="PUT", status=500, code="InternalError", times=3),
        Answer(method="PUT", status=409, code="ConditionalRequestConflict", times=3),
        CutUpload(method="PUT", after=70_000, times=3),
        Cut(method="PUT", before=True, times=3),
    ],
    ids=lambda fault: f"{type(fault).__name__}-{getattr(fault, 'code', '')}",
)
def test_uploads_that_fail_for_a_while(
    fault: Any, force: bool, proxy: Proxy, s3: Target, folder: Path
) -> None:
    fault.times = 3  # it serves twice
    proxy.faults.append(fault)
    publish(s3, "a.pel", folder, force=force)
    assert there(s3, "a.pel", folder) == DATA
    assert fault.times == 0


def test_uploads_that_fail_for_good(proxy: Proxy, s3: Target, folder: Path) -> None:
    proxy.faults.append(Answer(method="PUT", times=99))
    with pytest.raises(OutputError, match=r"cannot write s3://.*a\.pel: it is SlowDown"):
        publish(s3, "a.pel", folder)
    proxy.faults.clear()
    assert s3.find("a.pel") is None


@pytest.mark.parametrize("times", [2, 99])
def test_an_upload_that_arrives_damaged_is_refused_by_the_server(
    times: int, proxy: Proxy, s3: Target, folder: Path
) -> None:
    """What it compares is sent along, so that there is no need to ask afterwards."""
    proxy.faults.append(Changed(method="PUT", upload=lambda body: body[:-1] + b"x", times=times))
    if times < retrying.TRIES:
        publish(s3, "a.pel", folder)
        assert there(s3, "a.pel", folder) == DATA
        return
    with pytest.raises(OutputError, match="SHA256Mismatch"):
        publish(s3, "a.pel", folder)
    proxy.faults.clear()
    assert s3.find("a.pel") is None


def test_a_server_that_knows_no_conditions(proxy: Proxy, s3: Target, folder: Path) -> None:
    fault = Answer(method="PUT", status=501, code="NotImplemented", times=1)
    proxy.faults.append(fault)
    publish(s3, "a.pel", folder)
    fault.times = 1
    with pytest.raises(FileExistsError):
        publish(s3, "a.pel", folder, b"other")
    assert there(s3, "a.pel", folder) == DATA


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId"])
def test_a_bucket_that_is_closed(code: str, proxy: Proxy, s3: Target) -> None:
    proxy.faults.append(Answer(method="PUT", status=403, code=code, times=99))
    with pytest.raises(OutputError, match=f"cannot write .*{code}; credentials are those"):
        s3.check()
    assert proxy.counted() == {"PUT": 1}


def test_a_bucket_that_is_not_there(proxy: Proxy) -> None:
    with pytest.raises(OutputError, match="bucket does not exist"):
        Target("s3://no-such-bucket/x").check()


def test_a_dead_server(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", dead_address())
    with new_clients(), pytest.raises(OutputError, match="Could not connect"):
        Target(f"s3://{BUCKET}/x").check()


@pytest.mark.parametrize("times", [2, 99])
def test_other_file_systems_that_cut(
    times: int, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.0)
    monkeypatch.setattr(Elsewhere, "cut", times)
    target = Target(f"elsewhere://{tmp_path}/out")
    if times < retrying.TRIES:
        publish(target, "a.pel", folder)
        assert there(target, "a.pel", folder) == DATA
    else:
        with pytest.raises(OutputError, match=r"3 bytes of 102,400 arrived"):
            publish(target, "a.pel", folder)
        assert target.find("a.pel") is None
    target.sweep()
    assert target.own(STAGED) == []


@pytest.mark.parametrize("number", [1, 10])
def test_requests(number: int, proxy: Proxy, s3: Target, folder: Path) -> None:
    """Of a group of pictures: each is fetched, looked for and put; and a receipt comes and goes."""
    for which in range(number):
        publish(s3, f"source/{which}", folder)
    proxy.counted()
    receipts, staged_ones = Receipts(s3, "run"), []
    for which in range(number):
        assert s3.find(f"{which}.pel") is None
        with (
            fetched(s3.name(f"source/{which}"), folder, len(DATA)) as path,
            s3.staging(f"{which}.pel", folder) as one,
        ):
            one.path.write_bytes(path.read_bytes())
        row = Row("u", State.DONE, one.place, 1, "0", one.size, one.sha256)
        staged_ones.append((row, one))
    receipt = receipts.write(staged_ones)
    for _, one in staged_ones:
        s3.publish(one, force=False)
    receipts.drop([receipt])
    assert proxy.counted() == {"GET": number, "HEAD": number, "PUT": number + 1, "DELETE": 1}


@pytest.mark.parametrize("refuses", [False, True])
def test_a_server_that_passes_over_conditions(refuses, s3, folder, monkeypatch):
    """Or refuses them. It is found out beforehand, and asked each time; workers know it, too."""
    heed = s3fs.S3FileSystem._call_s3

    async def heedless(self, method, *words, **more):
        if more.pop("IfNoneMatch", None) and refuses:
            raise OSError(errno.ENOSYS, "NotImplemented: a header you provided")
        return await heed(self, method, *words, **more)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", heedless)
    s3.check()
    worker = pickle.loads(pickle.dumps(s3))
    publish(s3, "a", folder, b"another's")
    with pytest.raises(FileExistsError):
        publish(worker, "a", folder, b"ours")
    assert there(s3, "a", folder) == b"another's"
    with held(s3, "run"), pytest.raises(OutputError, match="another batch works on"):
        Lock(s3, "other").take()


def test_receipts_go_side_by_side(proxy: Proxy, s3: Target) -> None:
    places, all_of_them = [f"{RECEIPTS}/{number}.json" for number in range(3)], Barrier(3)
    for place in places:
        s3.write(place, b"[]")
    proxy.faults.append(Meanwhile(method="DELETE", times=3, do=lambda: all_of_them.wait(30)))
    s3.remove(places)
    assert not all_of_them.broken
    assert s3.own(RECEIPTS) == []
