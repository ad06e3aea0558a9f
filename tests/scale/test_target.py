"""Outputs appear whole, replace nothing unasked, and lie nowhere else."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import fsspec
import pytest

from pellucid.errors import OutputError
from pellucid.scale.outputs.target import OWN, STAGED, Target
from s3_server import BUCKET
from targets import DATA, files, on_disk_and_s3, publish, there

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


@on_disk_and_s3
def test_one_of_many_at_once_has_the_name(target: Target, folder: Path) -> None:
    number = 8
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
    assert [there(target, "a.pel", folder)] == done


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
    assert not pickle.loads(pickle.dumps(Target("memory://"))).local
