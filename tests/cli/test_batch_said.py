"""What `pellucid batch` says: while it runs, at the end, and of what a run would take."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from batch_runs import ALL, counts, summary
from pellucid.cli import _batch_shown as shown
from pellucid.cli._progress import Progress
from pellucid.errors import OutputError
from pellucid.scale.estimate import Estimate, Plan
from pellucid.scale.items import Row, State


def failure(url: str, error: str, message: str) -> Row:
    return Row(url, State.FAILED, error=error, message=message)


def test_what_came_of_a_run(run, runs) -> None:
    failures = (
        *(
            Row(f"{n}.jpg", State.FAILED, error="InputError", message=f"{n}.jpg: bad")
            for n in "abcd"
        ),
        Row("e.jpg", State.FAILED, error="LimitError", message="is too large"),
    )
    errors = {"LimitError": 1, "InputError": 5}
    states = {**ALL, State.FAILED: 6}
    runs.result = summary(counts(states, errors=errors, damaged=2), failed=failures)
    assert run("batch", "SRC", "DST", code=1).stderr.splitlines() == [
        "pellucid: a.jpg: bad",
        "pellucid: b.jpg: bad",
        "pellucid: c.jpg: bad",
        "pellucid: and 2 more of this kind, InputError",
        "pellucid: e.jpg: is too large",
        "996 of 1,007 done, 2 of them with damage, 2 kept as they are, 3 there already, 6 failed",
        "1,000,000 bytes to 400,000, 60.0% saved",
        "report out/rows.html, rows out/rows.sqlite",
    ]


def test_exit_codes(run, runs) -> None:
    runs.result = summary(counts({State.DONE: 3}))
    assert run("batch", "SRC", "DST").stdout == ""
    runs.result = summary(counts({State.DONE: 3}, damaged=1))
    assert "3 of 3 done, 1 of them with damage" in run("batch", "SRC", "DST", code=1).stderr
    runs.result = summary(counts({State.KEPT: 3}, after=0))
    assert "bytes" not in run("batch", "SRC", "DST").stderr
    runs.result = summary(counts({State.DONE: 3}, changed=2), passed=Counter({".txt": 4}))
    said = run("batch", "SRC", "DST").stderr
    assert "2 sources have changed since they were done; --resume --force does them again" in said
    assert "passed over 4 files in folders, of suffixes that aren't taken" in said
    runs.result = summary(counts({State.DONE: 3}), left_out=2)
    assert "2 names were left out" in run("batch", "SRC", "DST", code=1).stderr


def test_json(run, runs) -> None:
    errors = {"InputError": 4}
    runs.result = summary(
        counts(errors=errors, seconds=12.5), passed=Counter({".txt": 4}), left_out=1
    )
    result = run("batch", "SRC", "DST", "--json", code=1)
    assert json.loads(result.stdout) == {
        "verb": "compress",
        "total": 1005,
        "waiting": 0,
        "done": 996,
        "failed": 4,
        "there": 3,
        "kept": 2,
        "damaged": 0,
        "changed": 0,
        "left_out": 1,
        "errors": errors,
        "bytes": 10**6,
        "bytes_written": 400_000,
        "seconds_of_work": 12.5,
        "passed_over": {".txt": 4},
        "manifest": str(Path("out/rows.sqlite")),
        "report": str(Path("out/rows.html")),
    }


def test_progress_and_remarks(run, runs) -> None:
    def meanwhile(told: Any, say: Any) -> None:
        told(counts({State.WAITING: 9, State.DONE: 1}), 2)
        say("the worker tcp://h:1 isn't used")
        told(counts({State.DONE: 10}), 1)

    runs.meanwhile = meanwhile
    assert run("batch", "SRC", "DST", "--progress").stderr.splitlines()[:3] == [
        "1 of 10, 60.0% saved, 2 workers",
        "pellucid: the worker tcp://h:1 isn't used",
        "10 of 10, 60.0% saved, 1 worker",
    ]
    assert run("batch", "SRC", "DST").stderr.splitlines()[:2] == [
        "pellucid: the worker tcp://h:1 isn't used",
        "3 of 3 done",
    ]


def test_a_line_of_progress() -> None:
    time = 0.0
    running = shown.Running(Progress(0), lambda: time)
    first = counts({State.WAITING: 3000, State.DONE: 1000}, listed=False, before=0, after=0)
    running(first, 8)
    assert running.line(first, 8) == "1,000 of 4,000+, 8 workers"
    time = 10.0
    errors = {"InputError": 1, "OutputError": 40, "LimitError": 3, "OptionError": 2}
    states = {State.WAITING: 3754, State.DONE: 1200, State.FAILED: 46}
    later = counts(states, errors=errors, listed=False, read=91 * 10**6)
    running(later, 8)
    said = (
        "1,246 of 5,000+, 24.6 pictures/s, 9.0 MB/s, 60.0% saved, 46 failed (OutputError 40, "
        "LimitError 3, OptionError 2, others 1), 8 workers"
    )
    assert running.line(later, 8) == said
    listed = counts(states, read=91 * 10**6)
    assert ", 2:33 left, " in running.line(listed, 8)


def test_speed_is_of_the_last_minutes() -> None:
    time = 0.0
    running = shown.Running(Progress(0), lambda: time)
    for second in range(1000):
        time = float(second)
        done = min(second, 500) * 1000 + max(second - 500, 0)
        running(counts({State.DONE: done, State.WAITING: 10**6 - done}), 1)
    assert " 1.0 pictures/s" in running.line(counts({State.DONE: done}), 1)


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), OutputError("there is no room")])
def test_a_run_that_is_cut_off(run, runs, problem) -> None:
    def meanwhile(*_: object) -> None:
        raise problem

    runs.meanwhile = meanwhile
    stopped = isinstance(problem, KeyboardInterrupt)
    said = run("batch", "SRC", "DST", code=130 if stopped else 1).stderr
    assert ("with --resume goes on" in said) == stopped
    assert ("interrupted" if stopped else "there is no room") in said


# --- what it would take ---------------------------------------------------------------------------


def plan() -> Plan:
    first = [("s3://b/a.jpg", "s3://c/a.jpg.pel"), ("s3://b/b.jpg", "s3://c/b.jpg.pel")]
    return Plan(1200, 10**9, Counter({".jpg": 1000, ".png": 200}), first, Counter({".txt": 1}))


def test_dry_run(run, runs) -> None:
    runs.result, runs.meanwhile = plan(), lambda _told, say: say("a name was left out")
    result = run("batch", "SRC", "DST", "--dry-run")
    assert result.stdout.splitlines() == [
        "1,200 pictures, 1,000,000,000 bytes: .jpg 1,000, .png 200",
        "s3://b/a.jpg -> s3://c/a.jpg.pel",
        "s3://b/b.jpg -> s3://c/b.jpg.pel",
        "and 1,198 more",
    ]
    assert "passed over 1 file in folders" in result.stderr
    assert "pellucid: a name was left out\n" in result.stderr
    assert json.loads(run("batch", "SRC", "DST", "--dry-run", "--json").stdout) == {
        "total": 1200,
        "bytes": 10**9,
        "kinds": {".jpg": 1000, ".png": 200},
        "first": [
            {"source": "s3://b/a.jpg", "output": "s3://c/a.jpg.pel"},
            {"source": "s3://b/b.jpg", "output": "s3://c/b.jpg.pel"},
        ],
        "passed_over": {".txt": 1},
    }


def sampled(*states: State) -> Estimate:
    rows = [
        Row(f"{number}.jpg", state, "", 10**6, "", 10**5 * (number + 1), "", 3.6)
        for number, state in enumerate(states)
    ]
    return Estimate(plan(), tuple(rows), workers=4)


def test_sample(run, runs) -> None:
    runs.result = sampled(State.DONE, State.DONE)
    result = run("batch", "SRC", "DST", "--sample", 2, "--price", 0.05)
    assert runs.number == 2
    assert result.stdout.splitlines() == [
        "1,200 pictures, 1,000,000,000 bytes: .jpg 1,000, .png 200",
        "about 1 h 0 min ± 0 s of one worker, 15 min 0 s of the 4 here",
        "about 0.05 ± 0 at 0.05 an hour",
        "about 150 MB ± 50.0 MB of outputs, 85.0% saved",
    ]
    assert result.stderr == "2 of 2 of the sample done, 0 failed\n"
    found = json.loads(run("batch", "SRC", "DST", "--sample", 2, "--json").stdout)
    assert {"total", "kinds", "passed_over"} <= found.keys()
    assert (found["hours"], found["price"], found["workers"]) == (pytest.approx(1), None, 4)
    assert found["bytes_written"] == 150_000_000


def test_a_sample_of_one_has_no_error(run, runs) -> None:
    runs.result = sampled(State.DONE)
    assert "about 1 h 0 min of one worker" in run("batch", "SRC", "DST", "--sample", 1).stdout
    found = json.loads(run("batch", "SRC", "DST", "--sample", 1, "--json").stdout)
    assert found["hours_error"] is None


def test_a_sample_of_which_nothing_can_be_done(run, runs) -> None:
    runs.result = sampled(State.FAILED)
    said = run("batch", "SRC", "DST", "--sample", 1, code=1)
    assert "worker" not in said.stdout
    assert "0 of 1 of the sample done, 1 failed" in said.stderr
