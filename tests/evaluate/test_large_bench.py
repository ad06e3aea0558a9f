"""`bench large`: mosaics, costs of a process, rows and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.evaluate import fresh, mosaic
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches import large
from pellucid.evaluate.benches.large import BENCH, ROWS, LargeResult, Plan
from pellucid.evaluate.report import markdown
from pellucid.evaluate.runs import Run, save_runs
from pellucid.runtime import load_model


def row(task: str, side: int, seconds: float) -> LargeResult:
    return LargeResult(task, side, side, side * side, seconds, 5 * 10**8, 10**6, "", 2, "0.1.0")


def test_a_mosaic_is_the_same_again_and_varies(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    random = np.random.default_rng(0)
    photos = [random.integers(0, 256, (1100, 1200, 3), np.uint8) for _ in range(2)]
    for name in ("a.tif", "b.tif"):
        mosaic.write_mosaic(tmp_path / name, photos, 1500)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        samples = file.asarray()
    assert samples.shape == (1500, 1500, 3)
    assert not np.array_equal(samples[:400, :400], samples[1024:1424, :400])
    assert mosaic.side_of(24) == 4898


def test_photographs_are_chosen(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no colour photographs"):
        mosaic.load_photos(tmp_path)
    Image.new("RGB", (1200, 1100), "red").save(tmp_path / "large.png")
    Image.new("RGB", (1200, 900), "red").save(tmp_path / "low.png")
    Image.new("L", (1200, 1100)).save(tmp_path / "grey.png")
    assert [photo.shape for photo in mosaic.load_photos(tmp_path)] == [(1100, 1200, 3)]


def test_the_peak_is_that_of_the_process_alone(tmp_path: Path) -> None:
    ballast = np.ones(600_000_000, np.uint8)  # of this process, and not of the one measured
    np.save(tmp_path / "a.npy", np.zeros((40, 50), np.uint8))
    order = {"words": ["compress", str(tmp_path / "a.npy"), "--lossless"], "threads": 1}
    work = fresh.measure(f"{large.__name__}:program_work", order)
    assert ballast[-1]
    assert 10 < work.peak_mb < 400
    assert work.seconds[0] > 0
    assert (tmp_path / "a.pel").exists()
    with pytest.raises(PellucidError, match="exists already"):
        fresh.measure(f"{large.__name__}:program_work", order)


@pytest.mark.parametrize(
    "options",
    [{"megapixels": (0.5,)}, {"tasks": ("colour",)}, {"tasks": ("region",)}, {"megapixels": ()}],
)
def test_wrong_plans(tmp_path: Path, options: dict) -> None:
    with pytest.raises(OptionError):
        run(BENCH, Plan(data=tmp_path, out=tmp_path, **options))


def test_a_run_measures_what_lacks_and_reports_it(tmp_path: Path) -> None:
    pytest.importorskip("tifffile")
    random = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    photo = random.integers(0, 256, (20, 22, 3), np.uint8).repeat(60, 0).repeat(60, 1)
    Image.fromarray(photo).save(tmp_path / "photos" / "one.png")
    plan = Plan(
        data=tmp_path / "photos",
        out=tmp_path / "out",
        folder=tmp_path / "work",
        megapixels=(1.2,),
        tasks=("compress", "region"),
        model="s",
        threads=1,
        command="a command",
    )
    outcome = run(BENCH, plan)
    assert (outcome.failures, outcome.new_rows) == ([], 2)
    rows = {found.task: found for found in ROWS.load(tmp_path / "out")}
    assert rows["compress"].setting == "model s, quality 60"
    assert (rows["region"].pixels, rows["region"].width) == (512**2, 1095)
    assert all(found.seconds > 0 and found.peak > 10**7 and found.bytes for found in rows.values())
    assert list((tmp_path / "work").iterdir()) == []
    assert run(BENCH, plan).new_rows == 0
    ROWS.write(tmp_path / "out" / "large.tsv", [rows["compress"]])
    assert run(BENCH, plan).new_rows == 1
    assert rows["region"].version.endswith(load_model("s").id.hex())
    assert run(BENCH, replace(plan, model="m")).new_rows == 2
    assert "with `a command`" in markdown(BENCH.tables(tmp_path / "out"))


def test_rows_are_reported(tmp_path: Path) -> None:
    assert BENCH.tables(tmp_path) == []
    ROWS.add(tmp_path, [row("compress", 31622, 1000.0), row("compress", 4898, 24.0)])
    save_runs(tmp_path, [Run("large", "large pictures", "a command", {"processor": "a Z80"})])
    text = markdown(BENCH.tables(tmp_path))
    assert "| compress | 1000 | 1000 | 1.00 | 500 | 1.0 |" in text
    assert "compress +0%" in text
    assert "on a Z80, 2 thread(s), last with `a command`" in text
