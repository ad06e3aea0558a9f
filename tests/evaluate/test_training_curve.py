from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)
pytest.importorskip("bjontegaard")

import spec_files
import tiny_model
from pellucid.evaluate.benches import training
from pellucid.evaluate.benches.compress_rows import SWEEP
from pellucid.evaluate.report import markdown
from pellucid.runtime.store import MODELS_VARIABLE
from pellucid.train.checkpoint import write_state

training_curve = spec_files.load("training_curve")
KEPT = Path(__file__).resolve().parents[2] / "results" / "v0.1" / "training-m.tsv"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A recipe, a checkpoint, weights after some more steps, pictures to train on and to test."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "tiny.toml").write_text(tiny_model.TOML, encoding="utf-8")
    trainer = tiny_model.new_trainer()
    write_state(folder / "early.pt", trainer.state())
    tiny_model.train(trainer, tiny_model.STEPS)
    tiny_model.ruffle(trainer.average)
    write_state(folder / "late.pt", trainer.averaged())
    for name, side, seeds in (("train", 256, (50, 51)), ("test", 96, (60, 61))):
        (folder / name).mkdir()
        for seed in seeds:
            picture = tiny_model.synthetic_picture(seed, side, side)
            Image.fromarray(picture).save(folder / name / f"{seed}.png")
    return folder


@pytest.fixture
def run(files, tmp_path, monkeypatch):
    """Runs the tool on them; returns the rows it wrote."""
    monkeypatch.setenv(MODELS_VARIABLE, "")
    monkeypatch.setenv("PELLUCID_THREADS", "1")

    def tool(*words: str) -> list[training.TrainingPoint]:
        out = tmp_path / "training-tiny.tsv"
        fixed = ["--train", str(files / "train"), "--test", str(files / "test"), "--threads", "1"]
        fixed += ["--qualities", "10,40,70,95", "-o", str(out)]
        training_curve.main([str(files / "tiny.toml"), *words, *fixed])
        return training.read_points(out)

    return tool


def test_a_checkpoint_and_weights_beside_weights(files, run, tmp_path):
    early, late, rows = str(files / "early.pt"), str(files / "late.pt"), tmp_path / "rows"
    words = [early, late, "--anchor", f"known={early}", "--rows", str(rows)]
    points = run(*words)
    assert [(p.checkpoint, p.anchor, p.steps, p.pictures) for p in points] == [
        ("early", "known", 0, 2),
        ("late", "known", tiny_model.STEPS, 2),
    ]
    assert points[0].bd_psnr == points[0].bd_psnr_mean == 0.0  # the anchor itself
    assert points[1].bd_psnr not in (None, 0.0)
    assert points[1].bd_ssimulacra2 is None
    kept = SWEEP.read(rows / "compress-late.tsv")
    assert [(r.image, r.setting) for r in kept] == [
        (image, quality) for image in ("60", "61") for quality in (10.0, 40.0, 70.0, 95.0)
    ]
    written = (rows / "compress-late.tsv").read_bytes()
    assert run(*words) == points  # from kept rows, which go on
    assert (rows / "compress-late.tsv").read_bytes() == written
    table = markdown(training.tables(tmp_path))
    assert "PSNR, against known" in table
    assert "| +0.0 % |" in table


def test_kept_rows_as_the_anchor(files, run, make_row, tmp_path):
    levels = [(20.0, 20.0), (24.0, 60.0), (28.0, 180.0), (33.0, 540.0)]
    rows = [
        make_row(codec="webp", image=image, setting=float(n), psnr=psnr, bpp=size / 100)
        for image in ("60", "61")
        for n, (psnr, size) in enumerate(levels)
    ]
    SWEEP.write(tmp_path / "webp.tsv", rows)
    anchor = ["--anchor", str(tmp_path / "webp.tsv")]
    (point,) = run(str(files / "late.pt"), *anchor, "--images", "1")
    assert (point.anchor, point.pictures) == ("webp", 1)
    assert point.bd_psnr == point.bd_psnr_mean is not None
    SWEEP.write(tmp_path / "webp.tsv", [*rows, replace(rows[0], codec="jxl")])
    with pytest.raises(SystemExit, match="one codec, has 2"):
        run(str(files / "late.pt"), *anchor)


def test_files_that_will_not_do(files, run, tmp_path):
    early = str(files / "early.pt")
    with pytest.raises(SystemExit, match="NAME=FILE"):
        run(early, "--anchor", early)
    other = tmp_path / "other.toml"
    other.write_text(tiny_model.TOML.replace("trunk = 16", "trunk = 24"), encoding="utf-8")
    with pytest.raises(SystemExit, match="is of another net than the recipe's"):
        run(early, "--anchor", f"a={early}", "--anchor-recipe", str(other))


def test_the_first_file_is_still_read():
    points = training.read_points(KEPT)
    assert asdict(points[0]) | {"minutes": 42.1, "bd_psnr_mean": -2.91} == asdict(points[0])
    assert {point.anchor for point in points} == {"webp"}
    assert training.training_table(points).header[3:] == ["PSNR, mean curve, against webp"]
