"""What the processes of `bench batch` do, and what they say of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import PellucidError
from pellucid.evaluate import fresh
from pellucid.evaluate.benches import (
    batch_sources,
    batch_tasks,
    batch_verbs,
    batch_work,
)
from pellucid.evaluate.benches.batch_rows import JOIN, PIECES, PLAN, WAYS

posix = pytest.mark.skipif(sys.platform == "win32", reason="no peak of memory on Windows")


@pytest.mark.parametrize("verb", WAYS["picture"])
def test_each_verb_makes_its_output(
    environment: None, tmp_path: Path, photographs: Path, verb: str
) -> None:
    order = {
        "source": str(photographs),
        "target": str(tmp_path / "out"),
        "verb": verb,
        "threads": 1,
    }
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
    environment: None, tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch
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
        order = {"source": str(photographs), "target": str(out), "verb": "copied", "threads": 1}
        work, figures = batch_work.loop_work({**order, "warm": warm})
        work()
        spans.append(figures()["working"])
    assert spans == [2.0, 1.0]


def test_a_check_that_fails_is_told(tmp_path: Path, photographs: Path) -> None:
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
            batch_verbs.compressed(lossless, True, photographs / "0.png", tmp_path / "a.pel")


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


def test_a_picture_in_pieces_is_the_same_file(environment: None, tmp_path: Path) -> None:
    shades = np.linspace(0, 255, 1100 * 40).reshape(40, 1100, 1).astype(np.uint8)
    Image.fromarray(shades.repeat(3, 2)).save(source := tmp_path / "wide.png")
    (parts := tmp_path / "parts").mkdir()
    order = {"source": str(source), "verb": "compress", "threads": 1}
    work, figures = batch_work.pieces_work({**order, "folder": str(parts), "pieces": 2})
    work()
    assert figures()["count"] == 2
    assert all(figures()[name] > 0 for name in (PLAN, PIECES, JOIN, f"{JOIN} cpu"))
    work, whole = batch_work.whole_work({**order, "target": str(tmp_path / "whole.pel")})
    work()
    assert (tmp_path / "whole.pel").read_bytes() == (parts / "whole.pel").read_bytes()
    assert figures()["bytes"] == whole()["bytes"] == (tmp_path / "whole.pel").stat().st_size


def test_loops_at_once_share_the_pictures(
    in_process: None, tmp_path: Path, photographs: Path
) -> None:
    (out := tmp_path / "out").mkdir()
    order = {"source": str(photographs), "target": str(out), "verb": "copied", "threads": 1}
    cells = batch_tasks.of_loops(order, 2)
    made = {path.name: path.stat().st_size for path in out.iterdir() if path.is_file()}
    assert made.keys() == {"0.png.copy", "1.png.copy"}
    assert cells["bytes"] == sum(made.values())
    assert cells["workers"] == 2
