"""Runs as a whole: outputs, rows, going on, and what may go wrong with one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batch_work import COPY, COUNT, changing, copy_of, files_below, make_sources
from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.scale import dispatch, workers
from pellucid.scale.items import State
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.options import BatchOptions
from pellucid.scale.outputs import lock
from pellucid.scale.outputs.lock import held
from pellucid.scale.outputs.target import Target
from pellucid.scale.run import about, plan_batch, run_batch, sample_batch
from whole_runs import Run, states, there


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


@pytest.mark.parametrize(
    ("source", "target", "name"),
    [
        ("photos", "out", "out/pellucid-batch.sqlite"),
        ("photos", "s3://archive/pel", "pellucid-batch-s3-archive-pel.sqlite"),
        ("s3://archive/pel", None, "pellucid-batch-of-s3-archive-pel.sqlite"),
    ],
)
def test_runs_on_one_place_have_manifests_of_their_own(
    source: str, target: str | None, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = BatchOptions(source=source, target=target).manifest_path
    assert tmp_path / found == tmp_path / name


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


def test_source_and_target_are_the_same_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sources(tmp_path / "a/in", 1)
    make_sources(tmp_path / "b/in", 1)
    monkeypatch.chdir(tmp_path / "a")
    run = Run(Path("in"), "../out", tmp_path / "manifest.sqlite")
    run(workers=1)
    assert states(run(source="./in", target=f"file://{tmp_path}/out", resume=True)) == {"DONE": 1}
    monkeypatch.chdir(tmp_path / "b")
    with pytest.raises(OptionError, match="its source is"):
        run(resume=True)


def test_files_of_a_run_that_would_be_one(run: Run, tmp_path: Path) -> None:
    """The report must not replace the manifest, nor a list the list of sources."""
    make_sources(run.source, 1)
    page = tmp_path / "page.html"
    for files in (
        {"manifest": page},
        {"report": run.manifest},
        {"parquet": run.manifest},
        {"report": page, "verified": tmp_path / "source/../page.html"},
        {"verified": run.source, "force": True},
    ):
        with pytest.raises(OptionError, match="are both"):
            run(**files)
    assert not run.manifest.exists()


def test_a_target_by_a_url_of_this_machine(tmp_path: Path) -> None:
    sources = make_sources(tmp_path / "in", 2)
    run = Run(tmp_path / "in", f"file://{tmp_path}/out", tmp_path / "m")
    summary = run(manifest=None, workers=1)
    assert summary.manifest == tmp_path / "out/pellucid-batch.sqlite"
    assert len(files_below(tmp_path / "out")) == len(sources)


def test_a_verb_without_outputs(run: Run) -> None:
    make_sources(run.source, 4)
    assert states(run(COUNT, target=None)) == {"DONE": 4}
    assert there() == {}


def test_two_batches_on_one_target(run: Run, tmp_path: Path) -> None:
    make_sources(run.source, 1)
    target = tmp_path / "target"
    with held(Target(str(target)), "another"):
        with pytest.raises(OutputError, match="another batch works on"):
            run(target=str(target), workers=1)
        with pytest.raises(OutputError, match="another batch works on"):
            sample_batch(COPY, run.options(target=str(target)), 1, pytest.fail)
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


def test_a_sample_that_fails_keeps_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sources(run.source, 1)
    monkeypatch.setattr(workers, "REACH_S", 0.5)
    options = run.options(target=str(tmp_path / "target"), scheduler="tcp://127.0.0.1:1")
    with pytest.raises(PellucidError, match="there is no Dask scheduler"):
        sample_batch(COPY, options, 1, lambda _: None)
    assert {path.name for path in tmp_path.iterdir()} == {"source"}


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


def test_no_worker_can_do_it(run: Run) -> None:
    """Models here and there differ: said once, with the way out."""
    make_sources(run.source, 1)
    with pytest.raises(PellucidError, match=r"no worker can do this: its models differ .*: m"):
        run(replace(COPY, prints=changing))
    assert not run.manifest.exists()
