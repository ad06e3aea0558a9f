"""Runs as a whole: outputs, rows, going on, and what may go wrong with one picture."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import fsspec
import numpy as np
import pytest

from batch_work import COPY, COUNT, DEADLY, changing, copied, copy_of, files_below, make_sources
from pellucid.errors import InputError, OptionError, OutputError, PellucidError, PellucidWarning
from pellucid.scale import dispatch, headers, pace, task, workers
from pellucid.scale.group import Request
from pellucid.scale.items import Item, Made, Row, State, Verb
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.options import BatchOptions
from pellucid.scale.outputs import lock
from pellucid.scale.outputs.lock import held
from pellucid.scale.outputs.target import Target
from pellucid.scale.run import Summary, about, plan_batch, run_batch, sample_batch
from pellucid.scale.task import do_group


@pytest.fixture
def memory() -> Iterator[str]:
    """A target that only this process sees, so that its worker is a thread here."""
    yield "memory://target"
    fsspec.filesystem("memory").store.clear()


class Run:
    """Runs of a verb from one folder to a target, of which it is known what was said."""

    def __init__(self, source: Path, target: str, manifest: Path) -> None:
        self.source, self.target, self.manifest = source, target, manifest
        self.said: list[str] = []

    def options(self, **more: Any) -> BatchOptions:
        given = {"source": str(self.source), "target": self.target, "manifest": self.manifest}
        return BatchOptions(**{**given, **more})

    def __call__(self, verb: Verb = COPY, **more: Any) -> Summary:
        return run_batch(verb, self.options(**more), lambda _counts, _n: None, self.said.append)


@pytest.fixture
def run(tmp_path: Path, memory: str) -> Run:
    (tmp_path / "source").mkdir()
    return Run(tmp_path / "source", memory, tmp_path / "manifest.sqlite")


def there() -> dict[str, bytes]:
    """What lies in the memory."""
    system = fsspec.filesystem("memory")
    return {name.removeprefix("/target/"): system.cat_file(name) for name in system.find("/target")}


def states(summary: Summary) -> dict[str, int]:
    return {state.name: number for state, number in summary.counts.states.items() if number}


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


def test_two_workers_do_all(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    sources = make_sources(source, 20)
    (source / "other.txt").write_text("no picture")
    run = Run(source, str(target), target / "pellucid-batch.sqlite")
    summary = run(workers=2)
    assert states(summary) == {"DONE": 20}
    assert files_below(target) == {copy_of(place): data for place, data in sources.items()}
    assert not (target / ".pellucid").exists()
    assert summary.report == target / "pellucid-batch.html"
    assert "pellucid" in summary.report.read_text("utf-8")
    assert dict(summary.passed) == {".txt": 1}
    assert run.said == []


def test_rows_say_all(run: Run) -> None:
    sources = make_sources(run.source, 3)
    run()
    with Manifest.open(run.manifest, about(COPY, run.options()), resume=True) as manifest:
        rows = list(manifest.rows())
    assert {row.place for row in rows} == set(map(copy_of, sources))
    for row in rows:
        assert row.state is State.DONE
        assert row.size == row.written == row.made.fields["bytes"] > 0
        assert row.sha256 == row.written_sha256
        assert row.seconds > 0.02
        assert row.version
        assert row.worker


def test_going_on_does_what_is_missing(run: Run) -> None:
    make_sources(run.source, 6)
    assert states(run(limit=2)) == {"DONE": 2}
    before = there()
    assert states(run(resume=True)) == {"DONE": 6}
    after = there()
    assert len(after) == 6
    assert before.items() <= after.items()


def test_going_on_with_a_finished_run_does_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sources(run.source, 3)
    run()
    monkeypatch.setattr(dispatch.Dispatch, "_send", lambda *_: pytest.fail("nothing is to be sent"))
    assert states(run(resume=True)) == {"DONE": 3}


def test_a_manifest_is_not_begun_twice(run: Run) -> None:
    make_sources(run.source, 1)
    run()
    with pytest.raises(OutputError, match="--resume"):
        run()


def test_another_run_is_not_gone_on_with(run: Run) -> None:
    make_sources(run.source, 1)
    run()
    with pytest.raises(OptionError, match="words"):
        run(replace(COPY, words="--quality 9"), resume=True)


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


def test_a_verb_without_outputs(run: Run) -> None:
    make_sources(run.source, 4)
    assert states(run(COUNT, target=None)) == {"DONE": 4}
    assert there() == {}


def test_two_batches_on_one_target(run: Run, tmp_path: Path) -> None:
    make_sources(run.source, 1)
    target = tmp_path / "target"
    with (
        held(Target(str(target)), "another"),
        pytest.raises(OutputError, match="another batch works on"),
    ):
        run(target=str(target), workers=1)
    assert not run.manifest.exists()
    assert states(run(target=str(target), workers=1)) == {"DONE": 1}


def test_a_source_without_pictures(run: Run) -> None:
    with pytest.raises(InputError, match=r"\*\.bin"):
        run()
    assert not run.manifest.exists()


def test_source_and_target_may_be_one(tmp_path: Path) -> None:
    sources = make_sources(tmp_path, 2)
    options = BatchOptions(source=str(tmp_path), target=str(tmp_path), workers=1)
    run_batch(COPY, options, lambda _counts, _n: None, pytest.fail)
    assert len(files_below(tmp_path)) == 2 * len(sources)


def test_outputs_are_not_called_as_sources(run: Run) -> None:
    same = replace(COPY, output=str)
    with pytest.raises(OptionError, match="SRC and DST are both"):
        run(same, target=str(run.source))


def test_a_plan_writes_nothing(run: Run, tmp_path: Path) -> None:
    sources = make_sources(run.source, 8)
    plan = plan_batch(COPY, run.options(target=str(tmp_path / "target")), pytest.fail)
    assert plan.number == 8
    assert plan.size == sum(map(len, sources.values()))
    assert dict(plan.kinds) == {".bin": 8}
    assert all(output.endswith(".bin.copy") for _, output in plan.first)
    assert {path.name for path in tmp_path.iterdir()} == {"source"}


def test_a_sample_keeps_nothing(run: Run) -> None:
    make_sources(run.source, 9)
    estimate = sample_batch(COPY, run.options(), 4, pytest.fail)
    assert estimate.plan.number == 9
    assert len(estimate.done) == 4
    hours, _ = estimate.hours
    assert 9 * 0.02 < 3600 * hours < 90
    written, error = estimate.written
    assert written == pytest.approx(estimate.plan.size)
    assert error == pytest.approx(0, abs=1)
    assert there() == {}
    assert not run.manifest.exists()


def test_a_worker_that_was_cut_off_had_done_it(run: Run) -> None:
    """Its output is there, and its receipt; another does the picture again and finds both."""
    sources = make_sources(run.source, 1)
    request = Request("run", COPY, Target(run.target))
    item = Item(str(run.source / "0/0000.bin"), "0/0000.bin")
    first = do_group(request, [item])
    again = do_group(request, [item])
    assert again.rows[0].state is State.DONE
    assert again.rows[0].written_sha256 == first.rows[0].written_sha256
    assert again.receipt == ""
    assert {n: d for n, d in there().items() if ".pellucid" not in n} == {
        copy_of(place): data for place, data in sources.items()
    }


def test_a_run_ends_when_its_lock_is_lost(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    make_sources(run.source, 50)
    monkeypatch.setattr(dispatch, "EVERY_S", 0.01)
    monkeypatch.setattr(lock.Lock, "__init__", init_lost(lock.Lock.__init__))
    with pytest.raises(OutputError, match="taken over"):
        run()


def init_lost(init: Callable[..., None]) -> Callable[..., None]:
    def made(self: Any, *words: Any) -> None:
        init(self, *words)
        self.lost = True

    return made


def test_an_address_without_a_scheduler(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    make_sources(run.source, 1)
    monkeypatch.setattr(workers, "REACH_S", 0.5)
    with pytest.raises(PellucidError, match="there is no Dask scheduler at tcp://127"):
        run(scheduler="tcp://127.0.0.1:1")
    assert not run.manifest.exists()


def test_large_pictures_come_back_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "LARGE", 1000)
    monkeypatch.setattr(headers, "LOOKED_AT", 0)
    np.save(tmp_path / "a.npy", np.zeros((40, 50, 3), np.uint8))
    target = Target(str(tmp_path / "target"))
    verb = replace(COPY, suffixes=(".npy",))
    item = Item(str(tmp_path / "a.npy"), "a.npy")
    group = do_group(Request("run", verb, target), [item])
    assert group.rows == ()
    assert [(one.item, one.samples) for one in group.large] == [(item, 6000)]
    assert do_group(Request("run", verb, target), [item], alone=True).rows[0].state is State.DONE


@pytest.mark.parametrize(
    ("seconds", "waiting", "workers", "number"),
    [
        (None, None, 2, 1),
        (0.1, None, 2, 10),
        (10.0, None, 2, 1),
        (0.0, None, 2, pace.MOST),
        (0.1, 16, 2, 2),
        (0.1, 3, 2, 1),
        (0.1, 10**6, 2, 10),
        (0.1, 10**6, 400, 40),
        (0.1, 10**6, 10**5, 2),
        (0.1, None, 10**5, 100),
    ],
)
def test_groups_are_about_a_second(
    seconds: float | None, waiting: int | None, workers: int, number: int
) -> None:
    learned = pace.Pace()
    learned.learn([] if seconds is None else [Row("a", State.DONE, seconds=seconds)])
    assert learned.number(waiting, workers) == number


def test_no_worker_can_do_it(run: Run) -> None:
    """Models here and there differ: said once, with the way out."""
    make_sources(run.source, 1)
    with pytest.raises(PellucidError, match=r"no worker can do this: its models differ .*: m"):
        run(replace(COPY, prints=changing))
    assert not run.manifest.exists()


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
