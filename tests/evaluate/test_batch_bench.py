"""`bench batch`: what its processes measure, its sources and servers, its plan and rows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate import fresh
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches import (
    batch_servers,
    batch_sources,
    batch_verbs,
    batch_work,
)
from pellucid.evaluate.benches.batch import BENCH, ROWS, cases, wanted
from pellucid.evaluate.benches.batch_plan import QUICK_TASKS, Plan
from pellucid.evaluate.benches.batch_rows import FREE, GET, LIST, PUT, TASKS, WAYS
from pellucid.evaluate.benches.batch_tables import SECTIONS
from pellucid.evaluate.plan import Request
from pellucid.evaluate.report import markdown

linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak of another process")
posix = pytest.mark.skipif(sys.platform == "win32", reason="no peak of memory on Windows")


@pytest.fixture
def folder(tmp_path: Path, picture: np.ndarray) -> Path:
    """Two small photographs."""
    made = tmp_path / "two"
    made.mkdir()
    for number in range(2):
        Image.fromarray(picture).save(made / f"{number}.png")
    return made


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What works in this process sets threads."""
    monkeypatch.setenv("PELLUCID_THREADS", "1")


def test_registering_it_needs_no_library() -> None:
    code = "import sys, pellucid.evaluate.registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"distributed", "fsspec", "pyarrow", "tenacity", "moto"})


def test_tiny_files_and_what_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_sources, "IN_FOLDER", 4)
    monkeypatch.setattr(batch_sources, "OF_FILE", 8)
    (tmp_path / "tiny-10.part" / "left").mkdir(parents=True)
    made = batch_sources.tiny_files(tmp_path, 10)
    files = sorted(path for path in made.rglob("*") if path.is_file())
    assert [path.relative_to(made).as_posix() for path in files[3:5]] == [
        "00000/000000003.jpg",
        "00001/000000004.jpg",
    ]
    assert (len(files), len({path.stat().st_ino for path in files})) == (10, 2)
    before = files[0].stat().st_mtime_ns
    assert batch_sources.tiny_files(tmp_path, 10) == made
    assert files[0].stat().st_mtime_ns == before
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't write to"):
        batch_sources.tiny_files(tmp_path / "file", 3)


def test_photographs_come_again(tmp_path: Path, folder: Path) -> None:
    made = batch_sources.photographs(tmp_path, folder, 5)
    names = sorted(path.name for path in made.iterdir())
    assert names == ["00000-0.png", "00001-1.png", "00002-0.png", "00003-1.png", "00004-0.png"]
    assert batch_sources.pixels_of(made) == 5 * 96 * 128
    with pytest.raises(InputError, match="isn't a folder"):
        batch_sources.photographs(tmp_path, tmp_path / "none", 5)


def test_a_large_photograph(tmp_path: Path, folder: Path) -> None:
    made = batch_sources.photograph(tmp_path, folder, 0.04)
    with Image.open(made / "1.jpg") as one, Image.open(made / "2.jpg") as two:
        assert one.size == two.size == (200, 200)
        assert one.format == "JPEG"


@pytest.mark.parametrize("verb", WAYS["picture"])
def test_each_verb_makes_its_output(
    environment: None, tmp_path: Path, folder: Path, verb: str
) -> None:
    order = {"source": str(folder), "target": str(tmp_path / "out"), "verb": verb, "threads": 1}
    (tmp_path / "out").mkdir()
    work, figures = batch_work.loop_work(order)
    work()
    made = [path for path in (tmp_path / "out").iterdir() if path.is_file()]
    suffix = ".png" if verb == "denoise" else ".pel"
    assert sorted(path.name for path in made) == [f"0.png{suffix}", f"1.png{suffix}"]
    assert figures()["bytes"] == sum(path.stat().st_size for path in made)
    assert figures()["working"] > 0
    assert figures()["cpu"] > 0


def test_the_first_picture_need_not_count(
    environment: None, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock goes on by a second a picture."""
    now, once = [0.0], batch_work.one_picture

    def slow(*words: Any) -> Callable[[Any], object]:
        work = once(*words)

        def timed(item: Any) -> object:
            now[0] += 1
            return work(item)

        return timed

    monkeypatch.setattr(batch_work, "one_picture", slow)
    monkeypatch.setattr(batch_work.time, "perf_counter", lambda: now[0] + 100)
    spans = []
    for warm in (0, 1):
        out = tmp_path / f"out-{warm}"
        out.mkdir()
        order = {"source": str(folder), "target": str(out), "verb": "copied", "threads": 1}
        work, figures = batch_work.loop_work({**order, "warm": warm})
        work()
        spans.append(figures()["working"])
    assert spans == [2.0, 1.0]


def test_a_check_that_fails_is_told(tmp_path: Path, folder: Path) -> None:
    """Compared with another picture than the one that was compressed."""
    lossless = batch_verbs.options_of("lossless")

    class Swapped:
        """Compresses another picture than it is asked for."""

        def __getattr__(self, name: str) -> object:
            return getattr(batch_work.pellucid, name)

        @staticmethod
        def compress_to(_source: Path, target: Path, options: object) -> object:
            other = np.zeros((96, 128, 3), np.uint8)
            return batch_work.pellucid.compress_to(other, target, options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_verbs, "pellucid", Swapped())
        with pytest.raises(PellucidError, match="lossless"):
            batch_verbs.compressed(lossless, True, folder / "0.png", tmp_path / "a.pel")


def test_sources_are_listed_and_all_must_be(environment: None, tmp_path: Path) -> None:
    source = str(batch_sources.tiny_files(tmp_path, 7))
    work, figures = batch_work.listing_work({"source": source, "pictures": 7})
    work()
    assert figures()["count"] == 7
    work, _ = batch_work.listing_work({"source": source, "pictures": 8})
    with pytest.raises(PellucidError, match="7 of 8"):
        work()


def test_a_manifest_takes_rows(tmp_path: Path) -> None:
    sizes = []
    for record in (False, True):
        order = {"manifest": str(tmp_path / f"{record}.sqlite"), "pictures": 600}
        work, figures = batch_work.manifest_work({**order, "record": record})
        work()
        sizes.append(figures()["bytes"])
    assert 600 * 100 < sizes[0] < sizes[1] < 600 * 2000


@posix
def test_a_run_of_files_without_work(tmp_path: Path) -> None:
    source = batch_sources.tiny_files(tmp_path, 6)
    order = {"source": str(source), "verb": "nothing", "workers": 1, "threads": 1, "single": True}
    order |= {"manifest": str(tmp_path / "run.sqlite"), "pictures": 6}
    work = fresh.measure(f"{batch_work.__name__}:run_work", order)
    assert work.figures["count"] == 6
    assert 0 < work.figures["working"] < work.seconds[0]
    assert work.figures["cpu"] > 0
    assert work.figures["workers_cpu"] > 0
    again = fresh.measure(f"{batch_work.__name__}:run_work", {**order, "resume": True})
    assert again.figures["count"] == 0
    wrong = {**order, "pictures": 7, "resume": True}
    with pytest.raises(PellucidError, match="6 of 7 pictures done"):
        fresh.measure(f"{batch_work.__name__}:run_work", wrong)


def test_requests_by_their_price() -> None:
    kinds = {
        ("PUT", "/pictures/a.jpg"): PUT,
        ("POST", "/pictures/a.jpg?uploads"): PUT,
        ("POST", "/pictures?delete"): FREE,
        ("DELETE", "/pictures/a.jpg"): FREE,
        ("HEAD", "/pictures/a.jpg"): GET,
        ("GET", "/pictures/prefix/a.jpg"): GET,
        ("GET", "/pictures?list-type=2&prefix=a"): LIST,
        ("GET", "/"): LIST,
    }
    assert {request: batch_servers.kind_of(*request) for request in kinds} == kinds


def test_requests_are_counted_in_the_log_of_the_server(tmp_path: Path) -> None:
    log = tmp_path / "s3.log"
    log.write_text(
        'loading\n127.0.0.1 - - [01/Dec] "PUT /pictures/a HTTP/1.1" 200 -\n'
        '127.0.0.1 - - [01/Dec] "\x1b[33mHEAD /pictures/b HTTP/1.1\x1b[0m" 404 -\n'
        '127.0.0.1 - - [01/Dec] "\x1b[35m\x1b[1mDELETE /pictures/a HTTP/1.1\x1b[0m" 204 -\n'
    )
    assert batch_servers.Bucket("s3://pictures", log).requests() == {PUT: 1, GET: 1, FREE: 1}


def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    log = tmp_path / "thing.log"
    with (
        batch_servers.process(log, "no_such_module") as server,
        pytest.raises(PellucidError, match=r"thing: .*No module named no_such_module"),
    ):
        batch_servers.wait_for(server, log, tmp_path / "never")
    assert server.wait() != 0


def test_the_memory_of_a_process_that_is_gone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(PellucidError, match="only be seen on Linux"):
        batch_servers.Scheduler("", gone.pid).peak_mb()


@linux
def test_what_a_process_takes() -> None:
    this = batch_servers.Scheduler("", os.getpid())
    assert this.cpu() > 0
    assert 20 < this.peak_mb() < 100_000


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


def measured_here(prepare: str, order: dict[str, Any]) -> fresh.Work:
    """As `fresh.measure`, without a process of its own."""
    work, figures = getattr(batch_work, prepare.partition(":")[2])(order)
    work()
    return fresh.Work([1.0], 100.0, 50.0, figures=figures())


def test_a_run_adds_what_lacks(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that need no workers; `test_all_tasks` has the others, each in its process."""
    monkeypatch.setattr(fresh, "measure", measured_here)
    plan = Plan(
        data=folder,
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
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(data=folder, out=tmp_path / "out", tasks=("manifest",), pictures=(20,), repeats=1)

    def broken(prepare: str, order: dict[str, Any]) -> fresh.Work:
        wrong = {"manifest": "/dev/null/a"} if order["record"] else {}
        return measured_here(prepare, {**order, **wrong})

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
