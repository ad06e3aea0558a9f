"""A client that adds and records in a loop, killed at random: no row is half there or lost."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from manifests import done, failed, items, opened, output, recounted, told
from pellucid.scale.items import Made, State

GROUP = 5  # that are recorded together, of which one fails
ALL = ["sha256", "written_sha256", "seconds", "fields", "doer", "finished", "size", "written"]


def work(path: Path) -> None:
    """What the child does: says what it has recorded, each time after it is on the disk."""
    with opened(path, resume=True) as manifest:
        start = manifest.counts().total
        while True:
            manifest.add(items(40, start), output)
            start += 40
            for _ in range(4):
                taken = manifest.take(GROUP)
                made = Made({"group": taken[-1].url})
                rows = [replace(done(one), made=made) for one in taken[1:]]
                manifest.record([failed(taken[0]), *rows])
                sys.stdout.write(f"{taken[-1].url}\n")
                sys.stdout.flush()


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random(tmp_path, kills):
    path, chance = tmp_path / "run.sqlite", random.Random(1)
    all_done: set[str] = set()
    for _ in range(kills):
        lines = chance.randrange(30)
        said = kill_after(path, lines, chance.random() * (0.005 if lines else 0.4))
        if path.exists():
            all_done |= recovered(path, {*all_done, *said})
    assert len(all_done) > kills * GROUP


def recovered(path: Path, said: set[str]) -> set[str]:
    """What is done, after looking whether the manifest is whole and has what was said."""
    with closing(sqlite3.connect(path)) as data:
        assert_whole(data)
    counted = recounted(path)
    with opened(path, resume=True) as manifest:
        states = told(manifest)["states"]
        assert states[State.DONE] == counted["states"][State.DONE]
        assert states[State.FAILED] == 0
        assert sum(states.values()) == sum(counted["states"].values())
        found = {row.url for row in manifest.rows(State.DONE)}
        assert said <= found
        again = told(manifest)
    assert again == recounted(path)
    return found


def kill_after(path: Path, lines: int, seconds: float) -> list[str]:
    """Let a child say so many lines, kill it a little later, and return all that it said."""
    here = Path(__file__)
    code = "import sys, test_manifest_killed as test; test.work(test.Path(sys.argv[1]))"
    found = (here.parent, here.parents[1], here.parents[2] / "src")
    child = subprocess.Popen(
        [sys.executable, "-c", code, path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, found))},
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(lines)]
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.kill()
        said += child.stdout.read().splitlines(keepends=True)
    assert len(said) >= lines
    return [line.strip() for line in said if line.endswith(".jpg\n")]


def assert_whole(data: sqlite3.Connection) -> None:
    """Groups are recorded whole, and a row has all of its columns or none."""
    count = "SELECT count(*) FROM picture WHERE"
    for state, holds in (State.DONE, "IS NULL"), (State.WAITING, "IS NOT NULL"):
        wrong = " OR ".join(f"{name} {holds}" for name in ALL)
        assert data.execute(f"{count} state = {state.value} AND ({wrong})").fetchone() == (0,)
    sizes = data.execute(
        "SELECT DISTINCT count(*) FROM picture WHERE state = 1 "
        "GROUP BY json_extract(fields, '$.group')"
    ).fetchall()
    assert sizes in ([], [(GROUP - 1,)])
