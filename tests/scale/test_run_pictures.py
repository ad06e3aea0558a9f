"""What may come of one picture of a run, and of its output; the others are done all the same."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import dask
import fsspec

from batch_work import COPY, DEADLY, copied, copy_of, files_below, make_sources
from pellucid.errors import InputError, PellucidWarning
from pellucid.scale.items import Made, State
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.outputs.target import Target
from pellucid.scale.run import about
from whole_runs import Run, states, there


def broken(source: Path, target: Path | None) -> Made:
    """Fails on some, each in another way."""
    for word, error in (
        ("0000", InputError("no picture")),
        ("0001", MemoryError()),
        ("0002", ZeroDivisionError("a bug")),
    ):
        if word in source.name:
            raise error
    return copied(source, target)


def kept(source: Path, target: Path | None) -> Made:
    """Makes nothing of the first."""
    assert target is not None
    return Made(kept="larger") if "0000" in source.name else copied(source, target)


def test_one_picture_is_never_the_end(run: Run) -> None:
    make_sources(run.source, 5)
    summary = run(replace(COPY, work=broken))
    assert states(summary) == {"DONE": 2, "FAILED": 3}
    assert summary.counts.errors == {"InputError": 1, "PellucidError": 1, "ZeroDivisionError": 1}
    said = {row.error: row.message for row in summary.failed}
    assert said["InputError"] == "no picture"
    assert "memory" in said["PellucidError"]
    assert said["ZeroDivisionError"] == "a bug"
    assert len(there()) == 2


def test_what_failed_is_tried_again(run: Run) -> None:
    make_sources(run.source, 3)
    run(replace(COPY, work=broken))
    assert states(run(resume=True)) == {"DONE": 3}


def test_pictures_that_kill_their_workers_are_rows(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    make_sources(source, 8)
    for name in ("a", "b"):
        (source / f"{DEADLY}-{name}.bin").write_bytes(b"x")
    run = Run(source, str(target), tmp_path / "manifest.sqlite")
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # each takes a second
        summary = run(workers=2)
    assert states(summary) == {"DONE": 8, "FAILED": 2}
    for row in summary.failed:
        assert DEADLY in row.url
        assert "each worker that tried it ended" in row.message
    assert len(files_below(target)) == 8


def test_a_source_that_is_gone_is_a_row(run: Run, tmp_path: Path) -> None:
    make_sources(run.source, 2)
    names = [*run.source.rglob("*.bin"), run.source / "gone.bin"]
    listed = tmp_path / "sources.txt"
    listed.write_text("\n".join(map(str, [*names, names[0]])), "utf-8")
    summary = run(source=str(listed))
    assert states(summary) == {"DONE": 2, "FAILED": 1}
    assert summary.failed[0].message.endswith("gone.bin: no such file")


def test_nothing_is_overwritten(run: Run) -> None:
    make_sources(run.source, 3)
    system = fsspec.filesystem("memory")
    system.pipe_file("/target/0/0000.bin.copy", b"mine")
    summary = run()
    assert states(summary) == {"DONE": 2, "FAILED": 1}
    assert "exists already; overwrite what is there with --force" in summary.failed[0].message
    assert there()["0/0000.bin.copy"] == b"mine"


def test_what_exists_can_be_passed_over(run: Run) -> None:
    make_sources(run.source, 3)
    fsspec.filesystem("memory").pipe_file("/target/0/0000.bin.copy", b"mine")
    assert states(run(skip_existing=True)) == {"DONE": 2, "THERE": 1}
    assert there()["0/0000.bin.copy"] == b"mine"


def test_force_overwrites(run: Run) -> None:
    sources = make_sources(run.source, 3)
    fsspec.filesystem("memory").pipe_file("/target/0/0000.bin.copy", b"mine")
    assert states(run(force=True)) == {"DONE": 3}
    assert there()["0/0000.bin.copy"] == sources["0/0000.bin"]


def test_nothing_is_made_on_purpose(run: Run) -> None:
    make_sources(run.source, 3)
    assert states(run(replace(COPY, work=kept))) == {"DONE": 2, "KEPT": 1}
    assert len(there()) == 2


def complaining(source: Path, target: Path | None) -> Made:
    """Says the name of what it was given, as a remark, a warning or an error."""
    if "0000" in source.read_text()[:4]:
        raise InputError(f"{source}: no picture")
    warnings.warn(f"{source} is odd", PellucidWarning, stacklevel=1)
    return replace(copied(source, target), remarks=(f"{source} is odd", "and small"))


def test_copies_are_called_as_their_sources(run: Run, memory: str) -> None:
    system = fsspec.filesystem("memory")
    for name, text in (("a", "0000"), ("b", "1")):
        system.pipe_file(f"/in/{name}.bin", text.encode())
    summary = run(replace(COPY, work=complaining), source="memory://in")
    assert [row.message for row in summary.failed] == ["memory://in/a.bin: no picture"]
    options = run.options(source="memory://in")
    with Manifest.open(run.manifest, about(COPY, options), resume=True) as manifest:
        (row,) = manifest.rows(State.DONE)
    assert row.made.remarks == ("memory://in/b.bin is odd", "and small")


def growing(source: Path, target: Path | None) -> Made:
    """Copies, and at the first try something else has written to the source meanwhile."""
    made = copied(source, target)
    if not source.read_bytes().endswith(b"more"):
        with source.open("ab") as file:
            file.write(b"more")
    return made


def test_a_source_that_changes_while_it_is_read(run: Run) -> None:
    ((place, data),) = make_sources(run.source, 1).items()
    summary = run(replace(COPY, work=growing))
    assert "it changed while it was read" in summary.failed[0].message
    assert states(run(replace(COPY, work=growing), resume=True)) == {"DONE": 1}
    assert Target(run.target).read(copy_of(place)) == data + b"more"


def test_a_source_is_never_replaced(run: Run) -> None:
    sources = make_sources(run.source, 2)
    same = replace(COPY, output=str)
    (run.source / "list.txt").write_text("\n".join(sources))
    summary = run(
        same, source=str(run.source / "list.txt"), target=str(run.source), force=True, workers=1
    )
    (run.source / "list.txt").unlink()
    assert states(summary) == {"FAILED": 2}
    assert "its output would replace it" in summary.failed[0].message
    assert files_below(run.source) == sources
