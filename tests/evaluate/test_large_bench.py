"""`bench large`: mosaics, costs of a process, rows and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.evaluate.large import bench, mosaic
from pellucid.evaluate.large.process import cost_of
from pellucid.evaluate.large.report import body_of
from pellucid.evaluate.large.rows import LargeResult, load_rows, save_rows
from pellucid.evaluate.large.sections import NOT_YET, tasks_section


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
    words = ["compress", str(tmp_path / "a.npy"), "--lossless"]
    cost = cost_of(words, 1)
    assert ballast[-1]
    assert 10_000_000 < cost.peak < 400_000_000
    assert cost.seconds > 0
    assert (tmp_path / "a.pel").exists()
    with pytest.raises(PellucidError, match="exists already"):
        cost_of(words, 1)


@pytest.mark.parametrize(
    "options",
    [{"megapixels": (0.5,)}, {"tasks": ("colour",)}, {"tasks": ("region",)}, {"megapixels": ()}],
)
def test_wrong_plans(tmp_path: Path, options: dict) -> None:
    with pytest.raises(OptionError):
        bench.run(bench.Plan(data=tmp_path, out=tmp_path, **options))


def test_rows_are_replaced_and_reported(tmp_path: Path) -> None:
    assert tasks_section(tmp_path) == NOT_YET
    save_rows(tmp_path, [row("compress", 4898, 24.0), row("compress", 31622, 1250.0)], "a command")
    save_rows(tmp_path, [row("compress", 31622, 1000.0)], "a command")
    rows = load_rows(tmp_path)
    assert [found.seconds for found in rows] == [24.0, 1000.0]
    text = body_of(rows, {"command": "a command"})
    assert "| compress | 1000 | 1000 | 1.00 | 500 | 1.0 |" in text
    assert "compress +0%" in text
    assert "`a command`" in text
