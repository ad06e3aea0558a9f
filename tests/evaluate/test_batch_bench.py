"""`bench batch`: its plan, and that it measures what lacks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import fresh
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches.batch import BENCH, ROWS, cases, wanted
from pellucid.evaluate.benches.batch_plan import QUICK_TASKS, Plan
from pellucid.evaluate.benches.batch_rows import FREE, GET, PUT, TASKS, WAYS
from pellucid.evaluate.benches.batch_tables import SECTIONS
from pellucid.evaluate.plan import Request
from pellucid.evaluate.report import markdown

linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak of another process")


def test_registering_it_needs_no_library() -> None:
    code = "import sys, pellucid.evaluate.registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"distributed", "fsspec", "pyarrow", "tenacity", "moto"})


def test_rounds_and_sizes(tmp_path: Path) -> None:
    plan = Plan(data=tmp_path, out=tmp_path, pictures=(1000, 200_000), repeats=2)
    runs = [case.about for case in cases(plan)]
    assert {found.task for found in runs} == set(TASKS)
    assert [tuple(found)[1:] for found in runs if found.task == "speed"] == [(200, 1), (200, 2)]
    assert [tuple(found)[1:] for found in runs if found.task == "no-op"] == [
        (1000, 1),
        (200_000, 1),
    ]
    methods, _ = BENCH.methods(plan)
    keys = [key for case in cases(plan) for one in methods for key in wanted(plan, case, one)]
    assert len(set(keys)) == len(keys)
    assert ("no-op", "copied", 1000, 1) in keys
    assert ("no-op", "copied", 200_000, 1) not in keys
    assert ("listing", "S3", 10_000, 1) in keys
    assert ("listing", "folder", 100_000, 2) in keys
    with pytest.raises(OptionError, match="no task called 'sleep'"):
        replace(plan, tasks=("sleep",)).check()


def test_what_is_asked_of_all_benches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(data=tmp_path, out=tmp_path / "out", threads=4)
    if fresh.can_measure():
        (plan,) = Plan.requested(request)
        assert (plan.tasks, plan.threads, plan.photographs) == (TASKS, 1, 200)
        (quick,) = Plan.requested(replace(request, quick=True))
        assert (quick.tasks, quick.repeats) == (QUICK_TASKS, 1)
    monkeypatch.setattr(fresh, "can_measure", lambda: False)
    with pytest.raises(InputError, match="can't be measured"):
        Plan.requested(request)


def test_a_run_adds_what_lacks(tmp_path: Path, photographs: Path, in_process: None) -> None:
    """Those that need no workers; `test_all_tasks` has the others, each in its process."""
    plan = Plan(
        data=photographs,
        out=tmp_path / "out",
        folder=tmp_path / "work",
        tasks=("manifest",),
        pictures=(30,),
        repeats=1,
        command="a command",
    )
    outcome = run(BENCH, plan)
    assert (outcome.failures, outcome.new_rows) == ([], 2)
    assert run(BENCH, plan).new_rows == 0
    outcome = run(BENCH, replace(plan, repeats=2))
    assert (outcome.failures, outcome.new_rows) == ([], 2)
    rows = ROWS.load(plan.out)
    assert [(row.way, row.number) for row in rows] == [
        *(("added", 1), ("added", 2), ("recorded", 1), ("recorded", 2))
    ]
    assert all(row.seconds >= row.working > 0 and row.bytes for row in rows)
    assert {row.peak_mb for row in rows} == {100.0}
    assert not (tmp_path / "work" / "runs").exists()
    assert run(BENCH, replace(plan, repeats=2, fresh=True)).new_rows == 4


def test_a_way_that_fails_is_told_and_others_are_measured(
    tmp_path: Path, photographs: Path, in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = fresh.measure
    plan = Plan(
        data=photographs, out=tmp_path / "out", tasks=("manifest",), pictures=(20,), repeats=1
    )

    def broken(prepare: str, order: dict[str, Any]) -> fresh.Work:
        wrong = {"manifest": "/dev/null/a"} if order["record"] else {}
        return measure(prepare, {**order, **wrong})

    monkeypatch.setattr(fresh, "measure", broken)
    outcome = run(BENCH, plan)
    assert outcome.new_rows == 1
    assert len(outcome.failures) == 1
    assert outcome.failures[0].startswith("manifest, 20 pictures, run 1, recorded: ")


@linux
@pytest.mark.slow
def test_all_tasks(tmp_path: Path) -> None:
    """Each way of each task once, on what is small, and all tables of it."""
    pytest.importorskip("moto.server")
    pytest.importorskip("tifffile")
    (tmp_path / "photographs").mkdir()
    random = np.random.default_rng(0)
    rough = random.integers(0, 256, (22, 23, 3), np.uint8).repeat(50, 0).repeat(50, 1)
    Image.fromarray(rough).save(tmp_path / "photographs" / "one.png")
    plan = Plan(
        data=tmp_path / "photographs",
        out=tmp_path / "out",
        pictures=(20, 40),
        photographs=2,
        single=(20,),
        size=0.05,
        megapixels=2.5,
        pieces=3,
        repeats=1,
        command="a command",
    )
    outcome = run(BENCH, plan)
    assert outcome.failures == []
    rows = ROWS.load(plan.out)
    assert {(row.task, row.way) for row in rows} == {
        (task, way) for task, ways in WAYS.items() for way in ways
    }
    single = next(row for row in rows if row.task == "single")
    assert single.count == 20
    assert (single.scheduler_cpu or 0) > 0
    assert (single.scheduler_mb or 0) > 20
    asked = {row.way: row.count for row in rows if row.task == "requests"}
    assert asked[PUT] >= 40
    assert asked[GET] >= 40
    assert asked[FREE] >= 40
    speed = {row.way: row for row in rows if row.task == "speed"}
    assert speed["loop"].bytes == speed["2 loops"].bytes == speed["2 workers"].bytes > 0
    large = {row.way: row for row in rows if row.task == "large"}
    assert large["join"].bytes == large["one process"].bytes > 0
    assert large["pieces"].count == 3
    assert run(BENCH, plan).new_rows == 0
    for section in SECTIONS.values():
        assert "|" in markdown(section(plan.out))
