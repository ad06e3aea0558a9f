"""`compress --denoise`: what it says, and that what it made is a plain file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from pictures import photograph

CLEAN = photograph(160, 192)


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).normal(0, 12, CLEAN.shape)
    Image.fromarray(np.clip(np.rint(CLEAN + noise), 0, 255).astype(np.uint8)).save("noisy.png")
    return Path("noisy.png")


def test_noise_is_named_and_costs_nothing(run, noisy) -> None:
    plain = run("compress", noisy, "-o", "plain.pel", "-q", 80).stdout
    said = run("compress", noisy, "--denoise", "auto", "-q", 80).stdout
    assert "without noise of sigma 12" in said
    assert "noise" not in plain.replace("noisy", "")
    assert Path("noisy.pel").stat().st_size < 0.7 * Path("plain.pel").stat().st_size
    assert pellucid.info("noisy.pel").model_id == pellucid.info("plain.pel").model_id
    assert "noise" in run("info", "noisy.pel").stdout.replace("noisy", "")
    run("decompress", "noisy.pel", "-o", "grainy.png", "--grain")
    run("decompress", "noisy.pel", "-o", "clean.png")
    grain = np.asarray(Image.open("grainy.png")).astype(float) - np.asarray(Image.open("clean.png"))
    assert grain.std() == pytest.approx(12, rel=0.15)


def test_a_program_is_told_all_of_it(run, noisy) -> None:
    fields = json.loads(run("compress", noisy, "--denoise", "auto", "--json").stdout)
    assert fields["noise"]["sigma"] == pytest.approx(12, rel=0.1)
    fields = json.loads(run("compress", noisy, "-o", "x.pel", "--json").stdout)
    assert fields["noise"] is None


def test_traces_of_jpeg_are_named(run) -> None:
    Image.fromarray(CLEAN).save("old.jpg", quality=20)
    said = run("compress", "old.jpg", "--denoise", "auto").stdout
    assert "without the traces of a JPEG of quality 2" in said


@pytest.mark.parametrize("word", ["on", "1.5", "-1", "nan"])
def test_another_word_is_refused(run, noisy, word: str) -> None:
    said = run("compress", noisy, "--denoise", word, code=2).stderr
    assert word in said
    assert "auto" in said
