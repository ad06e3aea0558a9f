"""A client that adds and records in a loop, killed at random: no row is half there or lost."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from killing import kill_after
from manifests import opened, recounted, told
from pellucid.scale.items import State
from program import TESTS
from recording import GROUP

ALL = ["sha256", "written_sha256", "seconds", "fields", "doer", "finished", "size", "written"]


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random(tmp_path, kills):
    path, chance = tmp_path / "run.sqlite", random.Random(1)
    all_done: set[str] = set()
    for _ in range(kills):
        lines = chance.randrange(30)
        seconds = chance.random() * (0.005 if lines else 0.4)
        said = kill_after(lines, seconds, TESTS / "recording.py", path)
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
