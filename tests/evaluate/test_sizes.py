from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli.bench import bench as command
from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.evaluate.fresh import Work
from pellucid.evaluate.sizes import bench
from pellucid.evaluate.sizes.mosaic import mosaic
from pellucid.evaluate.sizes.report import NOT_YET, size_section, write_report
from pellucid.evaluate.sizes.rows import TABLE, load_rows
from pellucid.evaluate.sizes.summary import growths, slope

pytest.importorskip("matplotlib")


class Machine:
    """Stands in for the processes: seconds in proportion to pixels, memory to their root."""

    def __init__(self) -> None:
        self.orders = []

    def __call__(self, order):
        self.orders.append(("clean" if "sigma" in order else order["task"], order["name"]))
        pixels = np.load(order["picture"]).shape[0] ** 2 / 1e6
        assert order["task"] != "denoise" or order["sigma"] == 25
        return Work(tuple(pixels * k for k in (1, 2, 9)), 100 * pixels**0.5, 50.0, 1234)


@pytest.fixture
def plan(tmp_path, picture, monkeypatch):
    Image.fromarray(picture).save(tmp_path / "one.png")
    monkeypatch.setattr(bench, "version_of", lambda model, task: f"{model} 1 {task}")
    return bench.SizePlan(tmp_path / "one.png", tmp_path / "out", (0.01, 0.04, 0.16), ("m",))


def test_a_row_a_size_and_task(plan):
    machine = Machine()
    assert bench.run(plan, measure=machine).new_rows == 9
    found = load_rows(plan.out)
    assert [row.width for row in found if row.task == "denoise"] == [100, 200, 400]
    assert (found[0].seconds, found[0].seconds_low, found[0].seconds_high) == (0.02, 0.015, 0.055)
    assert (found[0].bytes, found[0].data, found[-1].setting) == (1234, "one", 25.0)
    assert ("clean", "m") in machine.orders
    assert ("compress", "pellucid-m") in machine.orders


def test_started_again_it_does_what_is_missing(plan):
    bench.run(plan, measure=Machine())
    kept = [row for row in load_rows(plan.out) if (row.task, row.width) != ("compress", 200)]
    kept[0] = replace(kept[0], version="older")
    TABLE.write(plan.out / "size.tsv", kept)
    machine = Machine()
    assert bench.run(plan, measure=machine).new_rows == 2
    assert [work for work, _ in machine.orders] == ["compress", "compress"]
    assert bench.run(replace(plan, fresh=True), measure=machine).new_rows == 9


def test_what_fails_is_told_and_the_rest_goes_on(plan):
    def measure(order):
        if order["task"] == "denoise":
            raise PellucidError("killed")
        return Machine()(order)

    outcome = bench.run(plan, measure=measure)
    assert outcome.new_rows == 6
    assert outcome.failures[0] == "denoise by m, 100 a side: killed"


def test_slopes_are_stated(plan):
    bench.run(plan, measure=Machine())
    text, paths = write_report(plan.out)
    assert [path.name for path in paths] == ["size.md", "size.png", "size.svg"]
    assert (
        "- compress, m: time grows as pixels to the power 1.00, peak memory to the power 0.50"
        in text
    )
    assert "from 0.01 to 0.16 megapixels" in text
    assert "| denoise | m | 0.04 M | 0.08 | 0.06–0.22 | 2 | 20 | 50 |" in text
    assert size_section(plan.out) in text
    assert slope([1, 10, 100], [3, 0.3, 0.03]) == pytest.approx(-1)
    assert growths(load_rows(plan.out)[:1]) == []


def test_photographs_side_by_side(picture):
    rows, columns = picture.shape[:2]
    made = mosaic([picture, 255 - picture], 300)
    assert made.shape == (300, 300, 3)
    assert np.array_equal(made[:rows, :columns], picture)
    assert np.array_equal(made[:rows, columns : 2 * columns], 255 - picture)
    assert np.array_equal(made[:rows, 2 * columns : 300], picture[::-1][:, : 300 - 2 * columns])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"megapixels": ()}, "no sizes"),
        ({"megapixels": (0.001,)}, "a size is 0.001"),
        ({"models": ("xl",)}, "no model called 'xl'; there are: m, s"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"repeats": 0}, "repeats must be at least 1"),
    ],
)
def test_wrong_options(plan, change, message):
    with pytest.raises(OptionError, match=message):
        bench.run(replace(plan, **change), measure=Machine())


def test_nothing_measured(tmp_path):
    assert size_section(tmp_path) == NOT_YET
    with pytest.raises(InputError, match="pellucid bench size"):
        write_report(tmp_path)


def test_command(tmp_path):
    """One size for real: three processes."""
    words = ["size", "-o", str(tmp_path), "--megapixels", "0.01", "--models", "s", "--repeats", "1"]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    found = load_rows(tmp_path)
    assert [row.task for row in found] == ["compress", "decompress", "denoise"]
    assert all(row.peak_mb >= row.base_mb > 10 and row.seconds > 0 for row in found)
    assert found[0].bytes == found[1].bytes > 0
