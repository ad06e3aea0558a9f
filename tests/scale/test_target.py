"""Outputs appear whole, replace nothing unasked, and lie nowhere else."""

from __future__ import annotations

import errno
import os
import pickle
import stat
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import fsspec
import pytest
import s3fs
from fsspec.implementations.local import LocalFileSystem

from faulty_proxy import Answer, Changed, Cut, CutUpload, Proxy, dead_address, faulty
from pellucid.errors import OutputError
from pellucid.scale import retrying, staged
from pellucid.scale.items import Row, State
from pellucid.scale.receipts import Receipts
from pellucid.scale.storage import fetched
from pellucid.scale.target import MOST_READ, OWN, RECEIPTS, STAGED, Target
from program import ENVIRONMENT
from s3_server import BUCKET, running_s3

DATA = bytes(range(256)) * 400
NAMES = (
    "ü ñ.pel",
    "a b.pel",
    "100%.pel",
    "a%20b.pel",
    "#1.pel",
    "what?.pel",
    "a+b.pel",
    "a::b.pel",
)
OUTSIDE = ("../x", "a/../../x", "/etc/x", "a//b", "", ".", "a/.", "a\0b")


class Elsewhere(LocalFileSystem):  # type: ignore[misc]
    """A file system that is neither this machine's, for all we know, nor an object store."""

    protocol = "elsewhere"
    cut = 0

    def put_file(self, path: str, key: str, *words: Any, **more: Any) -> None:
        super().put_file(path, key, *words, **more)
        if Elsewhere.cut:
            Elsewhere.cut -= 1
            os.truncate(key, 3)


class Strict(Elsewhere):
    """Its moves never replace anything, as those of SMB."""

    protocol = "strict"

    def mv(self, old: str, new: str, **more: Any) -> None:
        if os.path.exists(new):
            raise FileExistsError(new)
        super().mv(old, new, **more)


fsspec.register_implementation("elsewhere", Elsewhere, clobber=True)
fsspec.register_implementation("strict", Strict, clobber=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Proxy]:
    s3fs.S3FileSystem.clear_instance_cache()
    with running_s3() as address, faulty(address) as proxy:
        yield proxy
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def proxy(server: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(retrying, "FIRST_S", 0.01)
    monkeypatch.setattr(retrying, "MOST_S", 0.02)
    server.counted()
    yield server
    server.faults.clear()


@pytest.fixture
def s3(proxy: Proxy, tmp_path: Path) -> Target:
    return Target(f"s3://{BUCKET}/{tmp_path.name}")


@pytest.fixture
def local(tmp_path: Path) -> Target:
    return Target(str(tmp_path / "out"))


@pytest.fixture(params=["local", "s3", "memory", "elsewhere", "strict"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """One of each kind."""
    if request.param in ("local", "s3"):
        found: Target = request.getfixturevalue(request.param)
        return found
    return Target(f"{request.param}://{tmp_path}/out")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "worker"
    path.mkdir()
    return path


def publish(
    target: Target, place: str, folder: Path, data: bytes = DATA, *, force: bool = False
) -> None:
    with target.staging(place, folder) as one:
        one.path.write_bytes(data)
    try:
        target.publish(one, force=force)
        assert not one.path.exists()
    finally:
        one.drop()


def there(target: Target, place: str, folder: Path) -> bytes:
    """What has this name."""
    if target.local:
        return Path(target.key(place)).read_bytes()
    with fetched(target.name(place), folder) as path:
        return path.read_bytes()


def files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))


def test_it_appears_whole_and_replaces_nothing(target: Target, folder: Path) -> None:
    target.check()
    assert target.find("a/b.pel") is None
    assert target.sha256("a/b.pel") == ""
    publish(target, "a/b.pel", folder)
    assert target.find("a/b.pel") == len(DATA)
    with pytest.raises(FileExistsError, match=r"a/b\.pel exists already"):
        publish(target, "a/b.pel", folder, b"other")
    assert there(target, "a/b.pel", folder) == DATA
    publish(target, "a/b.pel", folder, b"new", force=True)
    assert there(target, "a/b.pel", folder) == b"new"
    target.sweep()
    assert not list(folder.iterdir())
    if not target.local:
        assert target.own(STAGED) == []


def test_the_same_bytes_are_no_conflict(target: Target, folder: Path) -> None:
    """So it is if a try has published them, and its answer was lost."""
    publish(target, "a.pel", folder)
    publish(target, "a.pel", folder)
    assert there(target, "a.pel", folder) == DATA


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str, target: Target, folder: Path) -> None:
    publish(target, f"{name}/{name}", folder)
    assert target.find(f"{name}/{name}") == len(DATA)
    if "::" not in name or target.local:
        assert there(target, f"{name}/{name}", folder) == DATA


@pytest.mark.parametrize("place", OUTSIDE)
def test_nothing_lies_outside(place: str, target: Target, folder: Path) -> None:
    for use in (target.key, target.find, lambda one: publish(target, one, folder)):
        with pytest.raises(OutputError, match="is no place below"):
            use(place)
    assert target.sha256(place) == ""


@pytest.mark.parametrize("place", [f"{OWN}/lock", f"{OWN}/staged/x", ".Pellucid/x", OWN])
def test_no_output_among_the_files_of_a_run(place: str, target: Target, folder: Path) -> None:
    with pytest.raises(OutputError, match="no place for an output"):
        publish(target, place, folder)


def test_a_version_is_no_part_of_a_name_in_s3(s3: Target, local: Target, folder: Path) -> None:
    with pytest.raises(OutputError, match="is no place below"):
        publish(s3, "a.pel?versionId=b", folder)
    publish(local, "a.pel?versionId=b", folder)


def test_backslashes(local: Target, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(local, "a\\b.pel", folder)
    monkeypatch.setattr(os, "sep", "\\")
    for place in ("a\\..\\b", "C:x"):
        with pytest.raises(OutputError, match="is no place below"):
            local.key(place)


@pytest.mark.parametrize("length", [90, 251])
def test_long_names(length: int, local: Target, folder: Path) -> None:
    """A staged name, which is longer, isn't what fails; letters of two bytes count as two."""
    name = "ü" * ((length) // 2)
    publish(local, f"{name}.pel", folder)


def test_too_long_a_name(local: Target, folder: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*xx: File name too long"):
        publish(local, "x" * 256, folder)


@pytest.mark.parametrize("fixture", ["local", "s3", "memory"])
def test_one_of_many_at_once_has_the_name(
    fixture: str, request: pytest.FixtureRequest, folder: Path
) -> None:
    target = Target("memory://race") if fixture == "memory" else request.getfixturevalue(fixture)
    number = 2 if fixture == "memory" else 8
    barrier = Barrier(number)

    def one(which: int) -> bytes | None:
        data = bytes([which]) * 1000
        with target.staging("a.pel", folder) as staged_one:
            staged_one.path.write_bytes(data)
        barrier.wait()
        try:
            target.publish(staged_one, force=False)
        except FileExistsError:
            return None
        return data

    with ThreadPoolExecutor(number) as pool:
        done = [data for data in pool.map(one, range(number)) if data is not None]
    if fixture != "memory":  # whose moves replace what is there
        assert len(done) == 1
    assert there(target, "a.pel", folder) in done


@pytest.mark.parametrize("force", [False, True])
def test_folders_are_published_whole_on_this_machine(
    force: bool, local: Target, folder: Path
) -> None:
    def make(text: str, force: bool) -> None:
        with local.staging("a.zarr", folder) as one:
            one.path.mkdir()
            (one.path / "zarr.json").write_text(text)
        assert one.size == len(text)
        local.publish(one, force=force)

    make("old", force)
    if force:
        make("new", force)
    else:
        with pytest.raises(FileExistsError):
            make("new", force)
        make("old", force)  # the same is no conflict
    assert (Path(local.key("a.zarr")) / "zarr.json").read_text() == ("new" if force else "old")
    local.sweep()
    assert files(Path(local.url)) == (["a.zarr", "a.zarr/zarr.json"])


def test_folders_are_refused_elsewhere(s3: Target, folder: Path) -> None:
    with s3.staging("a.zarr", folder) as one:
        one.path.mkdir()
    with pytest.raises(OutputError, match="tif or npy"):
        s3.publish(one, force=False)
    one.drop()
    assert not list(folder.iterdir())


def test_what_is_staged_goes_if_the_work_fails(target: Target, folder: Path) -> None:
    def fail() -> None:
        with target.staging("a.pel", folder) as one:
            one.path.write_bytes(DATA)
            raise OutputError(f"{one.path} is wrong")

    with pytest.raises(OutputError) as caught:
        fail()
    assert str(caught.value) == f"{target.name('a.pel')} is wrong"
    target.sweep()
    assert not list(folder.iterdir())


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    for url, said in (
        (f"zip://x::{tmp_path}/a.zip", "in an archive"),
        ("http://127.0.0.1/x", "over HTTP"),
        ("dir://x::memory://y", "a chain of URLs"),
        ("simplecache::s3://b/x", "a chain of URLs"),
    ):
        with pytest.raises(OutputError, match=said):
            Target(url)


def test_it_goes_to_workers_without_credentials(
    s3: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fsspec.config.conf, "s3", {"key": "a-key-of-mine", "secret": "a-secret-so"})
    sent = pickle.dumps(Target(f"s3://{BUCKET}/x"))
    assert b"a-key-of-mine" not in sent
    assert b"a-secret-so" not in sent
    assert pickle.loads(sent).name("a") == f"s3://{BUCKET}/x/a"
    monkeypatch.chdir(tmp_path)
    sent = pickle.dumps(Target("out"))
    monkeypatch.chdir("/")
    assert pickle.loads(sent).key("a") == str(tmp_path / "out" / "a")


# What goes wrong on this machine; tests may be run by who may write anywhere.


@pytest.mark.parametrize("what", ["itself", "its folder", OWN, STAGED])
def test_a_file_where_a_folder_should_be(what: str, tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "out" / what if what in (OWN, STAGED) else tmp_path / "out"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"mine")
    target = Target(str(tmp_path / "out" / ("x" if what == "its folder" else "")))
    uses = [lambda: publish(target, "a.pel", folder)] + [target.check] * (what != STAGED)
    for use in uses:
        with pytest.raises(OutputError, match=r"cannot write .*(must be a folder|Not a directory)"):
            use()
    assert file.read_bytes() == b"mine"


def test_a_file_in_the_way_of_an_outputs_folder(target: Target, folder: Path) -> None:
    publish(target, "a", folder)
    if target.local or isinstance(target._system, Elsewhere):
        with pytest.raises(OutputError, match=r"cannot write .*a/b"):
            publish(target, "a/b", folder)
    assert there(target, "a", folder) == DATA


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_where_the_output_should_be(force: bool, local: Target, folder: Path) -> None:
    publish(local, "a/b", folder)
    with pytest.raises((OutputError, FileExistsError)):
        publish(local, "a", folder, force=force)
    assert there(local, "a/b", folder) == DATA


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
        (errno.ENOSPC, "No space left"),
        (errno.EDQUOT, "quota"),
    ],
)
@pytest.mark.parametrize("function", ["link", "fsync"])
def test_a_disk_that_refuses(
    number: int, said: str, function: str, local: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object) -> None:
        raise OSError(number, os.strerror(number), local.url)

    local.check()
    monkeypatch.setattr(os, function, refuse)
    with pytest.raises(OutputError, match=f"cannot write .*lock: .*{said}"):
        local.write(f"{OWN}/lock", b"x", new=True)
    monkeypatch.undo()
    assert local.own(OWN) == []


def test_a_full_disk(tmp_path: Path) -> None:
    """A child that may write no file of more than 10 kB."""
    program = """
        import resource, signal, sys
        from pathlib import Path
        from pellucid.errors import PellucidError
        from pellucid.scale.target import Target, OWN
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        target = Target(sys.argv[1])
        target.write(f"{OWN}/small", b"x" * 9_000)
        try:
            target.write(f"{OWN}/large", b"x" * 11_000)
        except PellucidError as error:
            print(error)
        try:
            with target.staging("a.pel", Path("none")) as one:
                one.path.write_bytes(b"x" * 11_000)
        except OSError as error:
            print(error.strerror)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    assert done.stdout.splitlines() == [
        f"cannot write {tmp_path}/{OWN}/large: File too large",
        "File too large",
    ]
    assert files(tmp_path) == [OWN, f"{OWN}/small", STAGED]


def test_a_file_system_without_links(
    local: Target, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    publish(local, "a.pel", folder)
    with pytest.raises(FileExistsError):
        publish(local, "a.pel", folder, b"other")
    assert there(local, "a.pel", folder) == DATA


# What goes wrong on the way to a server.


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
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(OutputError, match="Could not connect"):
        Target(f"s3://{BUCKET}/x").check()
    s3fs.S3FileSystem.clear_instance_cache()


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


# A run's own files.


def test_what_a_run_keeps(target: Target) -> None:
    place = f"{OWN}/lock"
    assert target.read(place) is None
    assert target.own(RECEIPTS) == []
    target.write(place, b"1", new=True)
    with pytest.raises(FileExistsError):
        target.write(place, b"2", new=True)
    assert target.read(place) == b"1"
    target.write(place, b"3")
    assert target.read(place) == b"3"
    assert target.own(OWN) == [place]
    target.remove([place, place])
    assert target.read(place) is None


def test_a_huge_file_is_not_read(local: Target) -> None:
    local.write(f"{OWN}/lock", b"")
    os.truncate(local.key(f"{OWN}/lock"), MOST_READ + 1)
    with pytest.raises(OutputError, match="67,108,865 bytes, and isn't of a batch"):
        local.read(f"{OWN}/lock")


def test_sweeping_leaves_what_is_not_a_runs(local: Target, folder: Path) -> None:
    publish(local, "a.pel", folder)
    for name in (f"{STAGED}/x", f"{STAGED}/y.zarr/0", f"{RECEIPTS}/.12", f"{OWN}/.probe-1"):
        path = Path(local.key(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    local.write(f"{RECEIPTS}/other-run.json", b"[]")
    local.sweep()
    assert files(Path(local.url)) == [OWN, RECEIPTS, f"{RECEIPTS}/other-run.json", "a.pel"]
    local.remove([f"{RECEIPTS}/other-run.json"])
    local.sweep()
    assert files(Path(local.url)) == ["a.pel"]


def test_a_run_that_ends_leaves_nothing(target: Target, folder: Path, tmp_path: Path) -> None:
    target.check()
    publish(target, "a.pel", folder)
    target.write(f"{RECEIPTS}/1-2.json", b"[]", new=True)
    target.remove([f"{RECEIPTS}/1-2.json"])
    target.sweep()
    assert not list(tmp_path.rglob(OWN))
    assert target.own(OWN) == []


# What it costs.


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


def test_flushes_of_a_group(local: Target, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt is on the disk before outputs have their names."""
    flushed: Counter[str] = Counter()
    fsync = os.fsync

    def counted(number: int) -> None:
        flushed["folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"] += 1
        fsync(number)

    monkeypatch.setattr(os, "fsync", counted)
    with local.staging("a.pel", folder) as one:
        one.path.write_bytes(DATA)
    Receipts(local, "run").write([(Row("u", State.DONE, "a.pel"), one)])
    assert flushed == {"file": 1, "folder": 1}
    local.publish(one, force=False)
    assert flushed == {"file": 1, "folder": 2}


def test_half_written_files_have_names_that_say_so(
    local: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[str] = []
    give_name: Callable[..., None] = staged.give_name

    def noted(temporary: Path, target: Path, **more: bool) -> None:
        named.append(temporary.name)
        give_name(temporary, target, **more)

    monkeypatch.setattr(staged, "give_name", noted)
    local.write(f"{OWN}/lock", b"x")
    assert staged.is_half(f"{OWN}/{named[0]}")
