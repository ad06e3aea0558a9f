"""A run's own files below a target."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pellucid.errors import OutputError
from pellucid.scale.outputs.target import MOST_READ, OWN, RECEIPTS, STAGED, Target
from targets import files, publish


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
