"""`bench adapt`: its noises, its rows, its table; tuning itself is tested in tests/train."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches import adapt as adapting
from pellucid.evaluate.benches.adapt import BENCH, KINDS, ROWS, Plan, Tune
from pellucid.evaluate.registry import SECTIONS
from pellucid.evaluate.report import markdown


def flat(level: float = 120.0) -> np.ndarray:
    return np.full((64, 80, 3), level, np.float32)


def noise_of(kind: str, level: float = 120.0) -> np.ndarray:
    return KINDS[kind].draw(flat(level), np.random.default_rng(1)) - level


def test_photons_vary_with_the_root_of_brightness() -> None:
    dark, bright = noise_of("photons", 20).var(), noise_of("photons", 200).var()
    assert bright / dark == pytest.approx(10, rel=0.1)
    assert bright == pytest.approx(200 * 255 / adapting.PHOTONS, rel=0.1)


def test_rows_move_as_a_whole() -> None:
    noise = noise_of("rows")
    assert noise.mean(axis=(1, 2)).std() == pytest.approx(adapting.ROW_SIGMA, rel=0.25)
    assert (noise - noise.mean(axis=(1, 2), keepdims=True)).std() == pytest.approx(
        adapting.OWN_SIGMA, rel=0.05
    )


def test_coarse_noise_is_shared_by_neighbours() -> None:
    noise = noise_of("coarse")
    assert noise.std() == pytest.approx(adapting.COARSE_SIGMA, rel=0.1)
    beside = np.mean(noise[:, 1:] * noise[:, :-1]) / noise.var()
    assert beside == pytest.approx(2 / 3, abs=0.1)
    apart = adapting.COARSE_SIDE
    assert abs(np.mean(noise[:, apart:] * noise[:, :-apart]) / noise.var()) < 0.1


def plan_of(scenes: Path, tmp_path: Path, tune: Tune, **more: Any) -> Plan:
    return Plan(data=scenes, out=tmp_path / "rows", tune=tune, **more)


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    folder = tmp_path / "scenes"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for name in ("a", "b"):
        rough = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
        Image.fromarray(rough).resize((96, 80), Image.Resampling.BICUBIC).save(
            folder / f"{name}.png"
        )
    return folder


def test_a_row_for_every_scene_and_kind(tiny_denoiser: str, scenes: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, bool]] = []

    def tune(shots: Path, _folder: Path, repeats: bool) -> Path:
        seen.append((len(list(shots.iterdir())), repeats))
        return Path(tiny_denoiser)

    plan = plan_of(scenes, tmp_path, tune, minutes=0.1, model=tiny_denoiser)
    outcome = run(BENCH, plan)
    rows = ROWS.load(plan.out)
    assert outcome.new_rows == len(rows) == 6
    assert {(row.kind, row.image) for row in rows} == {(k, i) for k in KINDS for i in "ab"}
    assert seen == [(1, False), (4, True), (4, True)] * 2
    assert all(row.psnr == row.prior_psnr for row in rows), "the same model was given back"
    text = markdown(SECTIONS["denoise-adapt"](plan.out))
    assert "| rows | 4 |" in text
    assert "+0.00" in text


def test_a_scene_that_fails_is_reported_and_the_others_go_on(
    tiny_denoiser: str, scenes: Path, tmp_path: Path
) -> None:
    def tune(shots: Path, _folder: Path, repeats: bool) -> Path:
        if not repeats:
            raise InputError(f"{shots} can't be learned from")
        return Path(tiny_denoiser)

    outcome = run(BENCH, plan_of(scenes, tmp_path, tune, every=2, model=tiny_denoiser))
    assert outcome.new_rows == 2
    assert [failure.split(":")[0] for failure in outcome.failures] == ["a, photons"]


def test_earlier_rows_stay_if_every_other_scene_fails(
    tiny_denoiser: str, scenes: Path, tmp_path: Path
) -> None:
    def tune(shots: Path, folder: Path, repeats: bool) -> Path:
        raise InputError("no")

    def same(_shots: Path, _folder: Path, _repeats: bool) -> Path:
        return Path(tiny_denoiser)

    plan = plan_of(scenes, tmp_path, same, every=2, model=tiny_denoiser)
    assert run(BENCH, plan).new_rows == 3
    before = (plan.out / ROWS.file).read_bytes()
    assert len(run(BENCH, replace(plan, every=1, tune=tune)).failures) == 3
    assert (plan.out / ROWS.file).read_bytes() == before
    assert run(BENCH, plan).new_rows == 0
    assert run(BENCH, replace(plan, minutes=0.5)).new_rows == 3
    assert {row.minutes for row in ROWS.load(plan.out)} == {0.5}
