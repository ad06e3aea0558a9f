"""`bench guided`: pairs found, rows kept, numbers that mean what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli import main
from pellucid.errors import InputError, OptionError
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches.guided import BENCH, Plan, find_pairs, motorcycle
from pellucid.evaluate.benches.guided_tables import COMPRESSED, DENOISED, report
from pellucid.evaluate.peers.filters import guided_filter
from pellucid.evaluate.report import markdown
from pellucid.evaluate.runs import load_runs

Y, X = np.mgrid[:40, :56]
COLOUR = np.stack([X * 4, Y * 5, (X + Y) * 2], axis=2).astype(np.uint8)
DEPTH = (1000 + 300 * (X > 30) + 4 * Y).astype(np.uint16)
DEPTH[5:9, 5:9] = 0


@pytest.fixture
def rgbd(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        Image.fromarray(COLOUR).save(tmp_path / f"{name}.color.png")
        Image.fromarray(DEPTH).save(tmp_path / f"{name}.depth.png")
    return tmp_path


def test_pairs(rgbd: Path, tmp_path: Path) -> None:
    cases = find_pairs("rgbd", rgbd)
    assert [case.name for case in cases] == ["a", "b"]
    first = cases[0].load()
    assert np.array_equal(first.picture, DEPTH)
    assert np.array_equal(first.known, DEPTH > 0)
    for folder, mode in (("ir_aligned", "L"), ("visible_aligned", "RGB")):
        (tmp_path / folder).mkdir()
        Image.fromarray(COLOUR).convert(mode).save(tmp_path / folder / "x.png")
    (case,) = find_pairs("roadscene", tmp_path)
    pair = case.load()
    assert pair.picture.shape == (40, 56)
    assert pair.known.all()
    assert pair.peak == 255
    Image.fromarray(COLOUR[1:]).save(tmp_path / "visible_aligned" / "x.png")
    with pytest.raises(InputError, match="they must be the same"):
        case.load()


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="there are: roadscene, rgbd, motorcycle"):
        run(BENCH, Plan(pairs="stereo", data=tmp_path, out=tmp_path))
    with pytest.raises(OptionError, match="need --data"):
        find_pairs("rgbd", None)
    with pytest.raises(InputError, match="no pictures"):
        find_pairs("rgbd", tmp_path)


def test_the_motorcycle() -> None:
    pytest.importorskip("skimage")
    pair = motorcycle()
    assert pair.picture.dtype == np.uint16
    assert 0.9 < pair.known.mean() < 1


def test_a_run(rgbd: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows"
    words = ["bench", "guided", "--pairs", "rgbd", "--data", str(rgbd), "-o", str(out)]
    result = CliRunner().invoke(main, [*words, "--model", "s"])
    assert result.exit_code == 0, result.output
    rows, sizes = DENOISED.load(out), COMPRESSED.load(out)
    assert len(sizes) == 2
    assert len(rows) == 2 * (4 + 6)
    found = {row.method: row.psnr for row in rows if row.picture == "a"}
    assert found["noisy"] == pytest.approx(20.6, abs=0.6)  # 25 of 255, less what is clipped
    assert found["guided"] > found["noisy"] + 6
    text = markdown(report(out))
    assert "| guided filter |" in text
    assert "RGB-D" in text
    assert report(rgbd / "none") == []
    assert [(made.what, made.files) for made in load_runs(out)] == [
        ("guided: rgbd", ["guided-compress.tsv", "guided-denoise.tsv"])
    ]
    line = f"pellucid bench guided --data {rgbd.name} -o rows --pairs rgbd --model s"
    assert load_runs(out)[0].command == line


def test_it_goes_on_where_it_stopped(rgbd: Path, tmp_path: Path) -> None:
    plan = Plan(pairs="rgbd", data=rgbd, out=tmp_path / "rows", task="compress")
    assert run(BENCH, replace(plan, images=1)).new_rows == 1
    assert run(BENCH, plan).new_rows == 1
    assert run(BENCH, plan).new_rows == 0
    assert run(BENCH, replace(plan, fresh=True)).new_rows == 2
    Image.fromarray(COLOUR[1:]).save(rgbd / "a.color.png")
    (failure,) = run(BENCH, replace(plan, fresh=True)).failures
    assert failure.startswith("rgbd, a: the picture is (40, 56)")


def test_the_guided_filter_keeps_what_the_guide_shows() -> None:
    guide = np.repeat((X > 30).astype(float)[..., None], 3, axis=2)
    clean = 50 + 100 * guide[..., 0]
    noisy = clean + np.random.default_rng(0).normal(0, 10, clean.shape)
    known = np.ones(clean.shape, bool)
    filtered = guided_filter(noisy, guide, known, 6, 1e-3)
    assert np.abs(filtered - clean).mean() < 2
    known[:, 40:] = False
    noisy[:, 40:] = 0
    assert np.abs(guided_filter(noisy, guide, known, 6, 1e-3) - clean)[:, :40].mean() < 2.5
