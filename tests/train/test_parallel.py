"""Processes that train together take the same step, from crops of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)

import crew_work  # noqa: E402 - needs torch
import tiny_model  # noqa: E402
from pellucid.errors import OptionError  # noqa: E402
from pellucid.train.parallel import ALONE, Crew, in_parallel  # noqa: E402
from pellucid.train.run import RunOptions, train_model  # noqa: E402

TOML = """\
kind = "denoiser"
name = "tiny"
batch = 2
[shape]
widths = [4, 4]
before = [1]
after = [0]
"""


def test_gradients_and_time_are_averaged_and_draws_differ() -> None:
    gradients, seconds, others = in_parallel(2, crew_work.mean_of_gradients, 2.0)
    assert gradients == [3.0] * 3
    assert seconds == pytest.approx(1.5)
    alone, _, _ = crew_work.mean_of_gradients(ALONE, 2.0)
    assert alone == [2.0] * 3
    own = torch.randint(1000, (3,), generator=torch.Generator().manual_seed(3)).tolist()
    assert others != own


def test_a_run_from_weights_draws_as_none_before_it() -> None:
    seeds = []
    for earlier in (0, 1000):
        trainer = tiny_model.new_trainer()
        trainer.crew, trainer.progress.earlier = Crew(rank=1, count=2), earlier
        trainer.run(0.0, save=lambda: None, report=print)
        seeds.append(trainer.generators[0].initial_seed())
    assert len(set(seeds)) == 2


def test_a_process_that_fails_ends_the_run() -> None:
    with pytest.raises(RuntimeError):
        in_parallel(2, crew_work.fail_elsewhere)


def test_two_processes_make_one_model(tmp_path: Path) -> None:
    for number in range(3):
        Image.fromarray(tiny_model.synthetic_picture(number)).save(tmp_path / f"{number}.png")
    (tmp_path / "tiny.toml").write_text(TOML)
    options = RunOptions(tmp_path, 0.02, tmp_path / "runs", processes=2)
    folder = train_model(tmp_path / "tiny.toml", options, print)
    card = json.loads((folder / "card.json").read_text())
    assert card["steps"] > 0
    pixels = card["steps"] * 2 * 2 * 64 * 64
    assert card["megapixels"] == pytest.approx(pixels / 1e6, abs=0.2 * pixels / 1e6 + 0.6)
    state = torch.load(tmp_path / "runs" / "denoise-tiny.pt", weights_only=True)
    assert state["progress"]["step"] == card["steps"]
    with pytest.raises(OptionError, match="leave out --processes"):
        train_model(
            tmp_path / "tiny.toml", RunOptions(tmp_path, 1, tmp_path, "cuda", processes=2), print
        )
