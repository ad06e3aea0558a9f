"""Groups of pictures: how many are in one, and what a worker does with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest

from batch_work import COPY, copy_of, make_sources
from pellucid.scale import headers, pace, task
from pellucid.scale.group import Request
from pellucid.scale.items import Item, Row, State
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import Target
from pellucid.scale.run import about, settle
from pellucid.scale.task import do_group
from whole_runs import Run, there


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


def test_a_worker_of_an_earlier_client_that_still_publishes(run: Run) -> None:
    """Going on finds its receipt before its output: the output is ours all the same."""
    make_sources(run.source, 1)
    system, output = fsspec.filesystem("memory"), "/target/0/0000.bin.copy"
    item, target = Item(str(run.source / "0/0000.bin"), "0/0000.bin"), Target(run.target)
    with Manifest.open(run.manifest, about(COPY, run.options()), resume=False) as manifest:
        manifest.add([item], COPY.output)
        request, receipts = Request(manifest.run, COPY, target), Receipts(target, manifest.run)
        group = do_group(request, [item])
        data = system.cat_file(output)
        system.rm(output)
        settle(target, manifest, last=False)
        assert receipts.left() == [group.receipt]
        system.pipe_file(output, data)
        assert do_group(request, [item]).rows == group.rows
        settle(target, manifest, last=False)
        assert receipts.left() == []
        assert manifest.counts().states[State.DONE] == 1


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
