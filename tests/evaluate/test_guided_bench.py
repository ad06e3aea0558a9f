"""`bench guided`: pairs found, rows kept, numbers that mean what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pellucid.cli import main
from pellucid.errors import InputError, OptionError
from pellucid.evaluate.guided.guided_filter import guided_filter
from pellucid.evaluate.guided.inputs import find_pairs, motorcycle
from pellucid.evaluate.guided.report import compress_section, denoise_section
from pellucid.evaluate.guided.rows import COMPRESS, COMPRESSED, DENOISE, DENOISED

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
    first, second = find_pairs("rgbd", rgbd)
    assert (first.name, second.name) == ("a", "b")
    assert np.array_equal(first.picture, DEPTH)
    assert np.array_equal(first.known, DEPTH > 0)
    for folder, mode in (("ir_aligned", "L"), ("visible_aligned", "RGB")):
        (tmp_path / folder).mkdir()
        Image.fromarray(COLOUR).convert(mode).save(tmp_path / folder / "x.png")
    (pair,) = find_pairs("roadscene", tmp_path)
    assert pair.picture.shape == (40, 56)
    assert pair.known.all()
    assert pair.peak == 255
    Image.fromarray(COLOUR[1:]).save(tmp_path / "visible_aligned" / "x.png")
    with pytest.raises(InputError, match="they must be the same"):
        list(find_pairs("roadscene", tmp_path))


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="there are: roadscene, rgbd, motorcycle"):
        list(find_pairs("stereo", tmp_path))
    with pytest.raises(OptionError, match="need --data"):
        list(find_pairs("rgbd", None))
    with pytest.raises(InputError, match="no pictures"):
        list(find_pairs("rgbd", tmp_path))


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
    CliRunner().invoke(main, [*words, "--model", "s", "--images", "1", "--task", "compress"])
    rows, sizes = DENOISED.read(out / DENOISE), COMPRESSED.read(out / COMPRESS)
    assert len(sizes) == 1  # in place of the two before
    assert len(rows) == 2 * (4 + 6)
    found = {row.method: row.psnr for row in rows if row.picture == "a"}
    assert found["noisy"] == pytest.approx(20.6, abs=0.6)  # 25 of 255, less what is clipped
    assert found["guided"] > found["noisy"] + 6
    assert "guided filter" in denoise_section(out)
    assert "RGB-D" in compress_section(out)
    assert denoise_section(rgbd / "none") == "Not measured yet."


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
