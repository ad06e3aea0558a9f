"""What `bench batch` says of its rows: tables, and hours and money of numbers that are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pellucid.evaluate.benches import batch_archives, batch_large
from pellucid.evaluate.benches.batch_model import PRICES, Fixed, Verb, costs_of, fixed
from pellucid.evaluate.benches.batch_rows import ROWS, WAYS, BatchRun, Found, paired
from pellucid.evaluate.benches.batch_tables import SECTIONS, tables
from pellucid.evaluate.report import markdown
from pellucid.evaluate.runs import Run, save_runs

ONE_ROW = BatchRun(
    task="speed",
    way="loop",
    pictures=100,
    pixels=10**8,
    number=1,
    seconds=12.0,
    working=10.0,
    cpu=9.0,
    workers_cpu=None,
    peak_mb=200.0,
    scheduler_cpu=None,
    scheduler_mb=None,
    count=0,
    bytes=10**6,
    workers=1,
    threads=1,
    version="pellucid 1",
)


def row(task: str, way: str, **changes: object) -> BatchRun:
    return replace(ONE_ROW, task=task, way=way, **changes)  # type: ignore[arg-type]


def all_rows() -> list[BatchRun]:
    """Of every way once, of speed three times."""
    apart = {"scheduler_mb": 150.0, "count": 2000, "pictures": 10**6, "working": 300.0}
    lines = {
        "picture": {"working": 2.0, "pictures": 1, "pixels": 12 * 10**6},
        "listing": {"cpu": 1.0, "pictures": 10_000},
        "manifest": {"working": 1.0, "pictures": 20_000, "bytes": 10**7},
        "restart": {"seconds": 4.0, "pictures": 10**5},
        "large": {"pictures": 1, "count": 100},
        "requests": {"count": 200},
    }
    found = [
        row(task, way, **lines.get(task, {}))
        for task, ways in WAYS.items()
        for way in ways
        if task not in ("speed", "no-op", "single", "large")
    ]
    for number, (loop, one, two) in enumerate(
        ((10, 10.2, 5.2), (20, 20.2, 10.2), (10, 10.4, 5)), 1
    ):
        ways = {"loop": loop, "2 loops": loop / 1.9, "1 worker": one, "2 workers": two}
        for way, working in ways.items():
            more = {"number": number, "working": working, "seconds": working + 2}
            found.append(row("speed", way, **more))
    found += [row("no-op", way, **apart, cpu=50.0) for way in ("nothing", "copied")]
    way = "nothing, scheduler apart"
    found.append(row("no-op", way, **{**apart, "cpu": 52.0, "scheduler_cpu": 4.0}))
    one_each = {"pictures": 10**4, "count": 10**4, "cpu": 10.52, "scheduler_cpu": 5.04}
    found.append(row("single", way, **one_each))
    seconds = {"plan": 2.0, "pieces": 98.0, "join": 1.0, "one process": 90.0}
    found += [row("large", way, **lines["large"], working=one) for way, one in seconds.items()]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ROWS.add(tmp_path, all_rows())
    save_runs(
        tmp_path,
        [
            Run(
                "batch",
                "batches",
                "a command",
                {"processor": "a Z80", "cores": 1},
                ["batch-speed.tsv"],
            )
        ],
    )
    return tmp_path


def test_a_task_and_a_picture_are_told_apart() -> None:
    """1 ms a task and 0.05 ms a picture."""
    grouped = row("no-op", "", pictures=1000, count=10, cpu=0.06)
    single = row("single", "", pictures=100, count=100, cpu=0.105)
    found = fixed([grouped], [single], lambda run: run.cpu)
    assert found.task == pytest.approx(0.001)
    assert found.picture == pytest.approx(0.00005)
    assert found.each(10) == pytest.approx(0.00015)
    alone = replace(grouped, count=1000, cpu=3.0)
    assert fixed([alone], [alone], lambda run: run.cpu) == Fixed(0.0, 0.003)


def test_rounds_are_paired() -> None:
    loop = [row("speed", "loop", number=number, working=float(number)) for number in (1, 2, 4)]
    one = [row("speed", "1 worker", number=number, working=10.0 * number) for number in (2, 3, 4)]
    assert paired(one, loop, lambda run: run.working) == [(20.0, 2.0), (40.0, 4.0)]


def test_hours_and_money(folder: Path) -> None:
    costs = costs_of(Found(folder))
    assert costs is not None
    assert costs.overhead == pytest.approx(0.002)
    assert costs.client.each(1) == pytest.approx(10.52 / 10**4)
    assert costs.scheduler.each(500) == pytest.approx(4.0 / 10**6)
    assert (costs.recorded, costs.listed, costs.row) == (20_000, 10_000, 500)
    assert costs.requests == pytest.approx(4 * 0.005 / 1000 + 2 * 0.0004 / 1000)
    verb = Verb("compress", 2.0, costs)
    assert [verb.group(workers) for workers in (1, 100, 400, 10**6)] == [1, 1, 2, 5]
    stage, most = verb.narrowest(100)
    assert stage == "client"
    assert most == pytest.approx(1 / (0.001052 + 0.0001))
    _, most = verb.narrowest(10_000)
    assert most == pytest.approx(1 / (costs.client.each(5) + 0.0001))
    assert verb.busy == pytest.approx(most * 2.002)
    assert verb.hours(10**6, 100) == pytest.approx(10**6 * 2.002 / 100 / 3600)
    assert verb.hours(10**6, 10_000) == pytest.approx(10**6 / most / 3600)
    assert verb.money(10**6, 100) == pytest.approx(
        102 * verb.hours(10**6, 100) * PRICES.core + 10**6 * costs.requests
    )
    assert Verb("quick", 0.01, costs).group(2) == 100


def test_the_tables(folder: Path) -> None:
    text = markdown(tables(folder))
    for words in (
        "2 workers against 1: 1.98 times (rounds: 1.96 to 2.08)",
        "Two loops at once against one, without any engine: 1.90 (rounds: 1.90 to 1.90)",
        "Overhead a picture of 1 worker against the loop: +2.0 %, +2.0 ms",
        "| `pellucid batch`, 2 workers | 5.2 | 5.1–7.7 |",
        "medians of 3 runs, the ways in turn on a Z80 (1 cores)",
        "scheduler a process of its own, 1,000,000 | 2,000 | 0.3 | 0.052 | 0.004 | 200 | 150 |",
        "a task each, 10,000 | 10,000 |",
        "| sources found in S3, 10,000 |",
        "| `--resume` of a finished run, a verb that copies, 100,000 | 4 |",
        "2 PUT, 2 GET or HEAD, 2 LIST",
        "More than 5,714 workers are no faster: with 5 photographs a task the client is at its "
        "limit of 2,854 a second",
        "| 1,000,000 | 55.6 h, 47.5 | 5.56 h, 43.5 | 0.556 h, 43.1 | 0.5 GB |",
        "| 1,000,000,000 | 55,611 h,",
    ):
        assert words in text, words
    assert "\\*" not in text
    assert set(SECTIONS) == {"batch-speed", "batch-noop", "batch-large", "batch-model"}


def test_more_workers_than_are_kept_busy_are_marked(folder: Path) -> None:
    ROWS.write(
        folder / "batch-single.tsv",
        [replace(one, cpu=100.0) for one in Found(folder).of("single", "nothing, scheduler apart")],
    )
    text = markdown(batch_archives.parts(folder))
    assert "\\* More workers than are kept busy." in text
    assert " *" in text.partition("| 1,000,000 |")[2].partition("\n")[0]


def test_a_gigapixel(folder: Path) -> None:
    """30 s are one process; 1000 workers have a piece each at most, of 961."""
    text = markdown(batch_large.parts(folder))
    assert "| 1 | 1,010 | 0.89 | 3% |" in text
    assert "| 1,000 | 31 | 29 | 97% |" in text
    assert "at most 30 times" in text


def test_what_lacks_gives_no_table(folder: Path, tmp_path: Path) -> None:
    assert tables(tmp_path / "none") == []
    for task in ("large", "speed", "no-op"):
        (folder / f"batch-{task}.tsv").unlink()
    assert SECTIONS["batch-large"](folder) == SECTIONS["batch-model"](folder) == []
    assert SECTIONS["batch-speed"](folder) == SECTIONS["batch-noop"](folder) == []
    ROWS.add(folder, [one for one in all_rows() if one.task in ("speed", "no-op")])
    (folder / "batch-picture.tsv").unlink()
    assert SECTIONS["batch-model"](folder) == []
