"""Noise that was left out before coding: what it was, and what it would have cost."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.errors import OptionError
from pellucid.explaining.page import page_of
from pictures import photograph
from program import call

SIGMA = 12
CLEAN = photograph(128, 192)
NOISY = np.clip(
    np.rint(CLEAN + np.random.default_rng(0).normal(0, SIGMA, CLEAN.shape)), 0, 255
).astype(np.uint8)


@pytest.fixture(scope="module")
def found() -> pellucid.Explanation:
    return pellucid.explain(NOISY, task="compress", quality=70, denoise="auto")


def test_the_bits_of_the_noise_are_counted(found: pellucid.Explanation) -> None:
    plain, made = (
        len(pellucid.compress(NOISY, quality=70, model="m", denoise=part)) for part in (0, "auto")
    )
    assert found.left_out is not None
    assert found.about is not None
    assert (found.left_out.bytes_with_it, found.about.file_bytes) == (plain, made)
    assert made < plain
    text = page_of(found, "x", "0")
    assert "What was left out before coding" in text
    assert f"{8 * (plain - made):,}" in text


def test_what_was_left_out_is_noise_and_what_was_lost_is_counted_from_the_clean_picture(
    found: pellucid.Explanation,
) -> None:
    assert found.left_out is not None
    assert found.removed is not None
    deviation = np.sqrt(np.square(found.left_out.removed.deviation).mean())
    assert deviation == pytest.approx(SIGMA, rel=0.15)
    assert found.left_out.removed.taken < 0.1
    total = found.left_out.removed.residual + found.removed.residual
    np.testing.assert_allclose(total, NOISY.astype(float) - found.after, atol=1e-3)
    assert found.noise is not None


@pytest.mark.parametrize("denoise", ["off", 0.0])
def test_without_denoise_nothing_is_left_out(denoise: str | float) -> None:
    found = pellucid.explain(NOISY, task="compress", denoise=denoise)
    assert found.left_out is None
    assert "left out before coding" not in page_of(found, "x", "0")


@pytest.mark.parametrize("task", ["denoise", None])
def test_denoise_goes_with_compress_alone(task: str | None) -> None:
    with pytest.raises(OptionError, match="it goes with task='compress'"):
        pellucid.explain(NOISY, task=task, denoise="auto")


def test_on_the_command_line(tmp_path: Path) -> None:
    Image.fromarray(NOISY).save(tmp_path / "x.png")
    words = ("--task", "compress", "--denoise", "auto", "--json")
    said = call("explain", tmp_path / "x.png", *words)
    fields = json.loads(said.stdout)
    assert fields["bytes_with_noise"] > fields["bytes"]
    assert fields["sigma"] == pytest.approx(SIGMA, rel=0.15)
