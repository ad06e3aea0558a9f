from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.evaluate import fresh
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches import size
from pellucid.evaluate.benches.size import BENCH, Plan
from pellucid.evaluate.benches.size_tables import ROWS, growths
from pellucid.evaluate.fresh import Work
from pellucid.evaluate.mosaic import side_by_side
from pellucid.evaluate.report import markdown, write_report
from pellucid.evaluate.runs import load_runs

pytest.importorskip("matplotlib")


class Machine:
    """Stands in for the processes: seconds in proportion to pixels, memory to their root."""

    def __init__(self) -> None:
        self.orders = []

    def __call__(self, _prepare, order):
        self.orders.append(("clean" if "sigma" in order else order["task"], order["name"]))
        pixels = np.load(order["picture"]).shape[0] ** 2 / 1e6
        assert order["task"] != "denoise" or order["sigma"] == 25
        return Work(tuple(pixels * k for k in (1, 2, 9)), 100 * pixels**0.5, 50.0, 1234)


@pytest.fixture
def plan(tmp_path, picture, monkeypatch):
    Image.fromarray(picture).save(tmp_path / "one.png")
    monkeypatch.setattr(size, "version_of", lambda model, task: f"{model} 1 {task}")
    return Plan(
        data=tmp_path / "one.png",
        out=tmp_path / "out",
        megapixels=(0.01, 0.04, 0.16),
        models=("m",),
        command="a command",
    )


@pytest.fixture(autouse=True)
def machine(request, monkeypatch):
    """Every test but the last measures with a stand-in."""
    found = Machine()
    if "plan" in request.fixturenames:
        monkeypatch.setattr(fresh, "measure", found)
    return found


def test_a_row_a_size_and_task(plan, machine):
    assert run(BENCH, plan).new_rows == 9
    found = ROWS.load(plan.out)
    assert [row.width for row in found if row.task == "denoise"] == [100, 200, 400]
    assert (found[0].seconds, found[0].seconds_low, found[0].seconds_high) == (0.02, 0.015, 0.055)
    assert (found[0].bytes, found[0].data, found[-1].setting) == (1234, "one", 25.0)
    assert ("clean", "m") in machine.orders
    assert ("compress", "pellucid-m") in machine.orders
    assert [(one.command, one.files) for one in load_runs(plan.out)] == [
        ("a command", ["size.tsv"])
    ]


def test_started_again_it_does_what_is_missing(plan, machine):
    run(BENCH, plan)
    kept = [row for row in ROWS.load(plan.out) if (row.task, row.width) != ("compress", 200)]
    kept[0] = replace(kept[0], version="older")
    ROWS.write(plan.out / "size.tsv", [*kept, replace(kept[0], model="s")])
    machine.orders.clear()
    assert run(BENCH, plan).new_rows == 2
    assert [work for work, _ in machine.orders] == ["compress", "compress"]
    assert len(ROWS.load(plan.out)) == 10
    assert run(BENCH, replace(plan, repeats=2)).new_rows == 9
    assert run(BENCH, replace(plan, fresh=True, repeats=2)).new_rows == 9
    assert len(ROWS.load(plan.out)) == 9


def test_the_file_to_decompress_is_made_if_it_is_not_there(plan, machine):
    run(BENCH, plan)
    ROWS.write(plan.out / "size.tsv", [r for r in ROWS.load(plan.out) if r.task != "decompress"])
    machine.orders.clear()
    run(BENCH, plan)
    assert [work for work, _ in machine.orders] == ["compress", "decompress"] * 3


def test_what_fails_is_told_and_the_rest_goes_on(plan, machine, monkeypatch):
    def measure(prepare, order):
        if order["task"] == "denoise":
            raise PellucidError("killed")
        return machine(prepare, order)

    monkeypatch.setattr(fresh, "measure", measure)
    outcome = run(BENCH, plan)
    assert outcome.new_rows == 6
    assert outcome.failures[0] == "denoise by m, 100 a side: killed"


def test_slopes_are_stated(plan):
    run(BENCH, plan)
    text, paths = write_report(BENCH, plan.out)
    assert [path.name for path in paths] == ["size.md", "size.png", "size.svg"]
    assert (
        "- compress, m: time grows as pixels to the power 1.00, peak memory to the power 0.50"
        in text
    )
    assert "from 0.01 to 0.16 megapixels" in text
    assert "| denoise | m | 0.04 M | 0.08 | 0.06–0.22 | 2 | 20 | 50 |" in text
    assert markdown(BENCH.sections["bench-size"](plan.out)) in text
    assert growths(ROWS.load(plan.out)[:1]) == []


def test_photographs_side_by_side(picture):
    rows, columns = picture.shape[:2]
    made = side_by_side([picture, 255 - picture], 300)
    assert made.shape == (300, 300, 3)
    assert np.array_equal(made[:rows, :columns], picture)
    assert np.array_equal(made[:rows, columns : 2 * columns], 255 - picture)
    assert np.array_equal(made[:rows, 2 * columns : 300], picture[::-1][:, : 300 - 2 * columns])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"megapixels": ()}, "no megapixels; give some, such as --megapixels 0.25,1"),
        ({"megapixels": (0.001,)}, "megapixels must be at least 0.01 and at most 250, got 0.001"),
        ({"models": ("xl",)}, "no model called 'xl'; there are: m, s"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"repeats": 0}, "repeats must be at least 1"),
    ],
)
def test_wrong_options(plan, change, message):
    with pytest.raises(OptionError, match=message):
        run(BENCH, replace(plan, **change))


def test_nothing_measured(tmp_path):
    assert BENCH.sections["bench-size"](tmp_path) == []
    assert BENCH.plots(tmp_path) == []
    with pytest.raises(InputError, match="pellucid bench size"):
        write_report(BENCH, tmp_path)


def test_command(tmp_path):
    """One size for real: three processes."""
    words = ["size", "-o", str(tmp_path), "--megapixels", "0.01", "--models", "s", "--repeats", "1"]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    found = ROWS.load(tmp_path)
    assert [row.task for row in found] == ["compress", "decompress", "denoise"]
    assert all(row.peak_mb >= row.base_mb > 10 and row.seconds > 0 for row in found)
    assert found[0].bytes == found[1].bytes > 0
