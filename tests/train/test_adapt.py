"""A denoiser tuned on noisy pictures alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)


import pellucid  # noqa: E402
import tiny_denoiser as tiny  # noqa: E402 - needs torch
from opened import write_samples  # noqa: E402
from pellucid.errors import InputError, OptionError  # noqa: E402
from pellucid.nets.denoiser import Denoiser  # noqa: E402
from pellucid.runtime import load_denoiser  # noqa: E402
from pellucid.train.adapt import (  # noqa: E402
    AdaptSettings,
    AdaptTrainer,
    Shots,
    adapt,
    adapt_denoiser,
    draw_crops,
    find_scenes,
    helped,
    load_shots,
    neighbours,
    rows_of,
    take,
)
from pictures import photograph  # noqa: E402
from tiny_model import synthetic_picture  # noqa: E402

SIGMA = 25
SETTINGS = AdaptSettings(batch=4, patch=48, rate=3e-3, ema=0.8)


@pytest.fixture(autouse=True)
def one_thread():
    with tiny.quick():
        yield


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A denoiser trained a little, on white noise alone."""
    trainer = tiny.new_trainer()
    tiny.train(trainer, 30, of=30)
    return str(tiny.export(trainer, tmp_path_factory.mktemp("prior")))


def noisy_picture(seed: int, height: int = 128, width: int = 160) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, SIGMA, (height, width, 3))
    return np.rint(synthetic_picture(3, height, width) + noise).clip(0, 255).astype(np.uint8)


def write(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def scene(repeats: int, sigma: float = 0.1, side: int = 96) -> tuple[Shots, torch.Tensor]:
    """Shots of one picture with independent noise, and the picture (3, H, W)."""
    clean = torch.from_numpy(photograph(side, side)).permute(2, 0, 1).float() / 255
    generator = torch.Generator().manual_seed(repeats)
    noise = sigma * torch.randn((repeats, *clean.shape), generator=generator)
    maps = torch.zeros(2, side, side)
    maps[0] = sigma
    return Shots(clean + noise, maps), clean


def new_net(shots: Shots) -> AdaptTrainer:
    torch.manual_seed(5)
    return AdaptTrainer(SETTINGS, Denoiser(tiny.SHAPE), [shots])


# Neighbor2Neighbor and Noise2Noise


def test_two_neighbours_of_every_four_are_taken() -> None:
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(24.0), indexing="ij")
    picture = torch.stack([rows, columns, rows + columns])[None].repeat(5, 1, 1, 1)
    generator = torch.Generator().manual_seed(1)
    pair = neighbours(picture, generator)
    first, second = (take(picture, place) for place in pair)
    assert first.shape == second.shape == (5, 3, 8, 12)
    assert ((first - second)[:, :2].abs().sum(dim=1) == 1).all(), "side by side or one above"
    cells = (first[:, 0] // 2 == rows[::2, ::2] // 2) & (first[:, 1] // 2 == columns[::2, ::2] // 2)
    assert cells.all(), "out of their own four"
    assert torch.equal(first[:, 2], first[:, 0] + first[:, 1]), "the same place in all channels"
    counts = torch.bincount((pair[0] * 4 + pair[1]).flatten(), minlength=16).reshape(4, 4)
    assert (counts.diagonal() == 0).all()
    assert (counts > 0).sum() == 8


@pytest.mark.parametrize("repeats", [1, 3])
def test_it_learns_without_clean_pictures(repeats: int) -> None:
    shots, clean = scene(repeats)
    trainer = new_net(shots)
    before = trainer.kept_loss(trainer.average)
    for step in range(40):
        trainer.step(step / 40)
    assert trainer.kept_loss(trainer.average) < before
    noisy, maps = shots.planes[:1], shots.maps[None]
    left = noisy - tiny.noise_of(trainer.average, noisy, maps) - clean
    assert 20 * torch.log10((noisy - clean).std() / left.std()) > 1.5


def test_judging_is_the_same_every_time() -> None:
    trainer = new_net(scene(1)[0])
    state = trainer.generator.get_state()
    assert trainer.kept_loss(trainer.net) == trainer.kept_loss(trainer.net)
    assert torch.equal(trainer.generator.get_state(), state)


@pytest.mark.parametrize("height", [64, 70, 96, 500])
def test_rows_that_judge_are_not_learned_from(height: int) -> None:
    (start, stop), (kept, end) = rows_of(height, kept=False), rows_of(height, kept=True)
    assert (start, stop, end) == (0, kept, height)
    assert end - kept >= 16
    rows = torch.arange(float(height))[:, None].expand(height, 64)
    shots = Shots(rows.expand(1, 3, -1, -1), rows.expand(2, -1, -1))
    generator = torch.Generator().manual_seed(1)
    for judged in (False, True):
        noisy, other, maps = draw_crops([shots], SETTINGS, generator, kept=judged)
        assert other is None
        assert noisy.shape[2] % 16 == noisy.shape[3] % 16 == 0
        assert noisy.shape[0] == maps.shape[0] == SETTINGS.batch
        low, high = (kept, height) if judged else (0, kept)
        for part in (noisy, maps):
            assert low <= part.min() <= part.max() < high


def test_repeats_are_two_shots_of_one_place() -> None:
    scenes = []
    for number in range(2):
        place = torch.rand(3, 64, 64) + 10 * number
        scenes.append(Shots(torch.stack([place + 100 * shot for shot in range(3)]), place[:2]))
    generator = torch.Generator().manual_seed(1)
    for _ in range(6):
        noisy, other, maps = draw_crops(scenes, SETTINGS, generator)
        assert other is not None
        apart = (noisy - other) / 100
        assert torch.allclose(apart, apart.round(), atol=1e-3)
        assert (apart.abs() > 0.5).all(), "never a shot and itself"
        assert torch.allclose((noisy[:, :2] - maps) % 100, torch.zeros(()), atol=1e-2)


def test_the_prior_is_kept_if_tuning_is_no_better() -> None:
    trainer = new_net(scene(1)[0])
    tiny.ruffle(trainer.net)
    start = {name: value.clone() for name, value in trainer.average.state_dict().items()}
    losses = iter([1.0, 1.0])
    trainer.kept_loss = lambda net: next(losses)  # type: ignore[method-assign]
    assert adapt(trainer, 0.002, lambda _: None) == (1.0, 1.0)
    assert trainer.progress.step > 0
    assert all(torch.equal(v, start[name]) for name, v in trainer.average.state_dict().items())
    losses = iter([1.0, 0.9])
    assert adapt(trainer, 0.004, lambda _: None) == (1.0, 0.9)
    assert not all(torch.equal(v, start[name]) for name, v in trainer.average.state_dict().items())


# From pictures to a model


def test_one_picture_is_enough(tmp_path: Path, prior: str) -> None:
    path = write(tmp_path / "one.png", noisy_picture(1))
    lines: list[str] = []
    options = {"minutes": 0.02, "model": prior, "threads": 1}
    result = adapt_denoiser(path, tmp_path / "mine", lines.append, **options)
    assert lines[0] == "1 scene(s), single shots; starting from tiny"
    card = json.loads((result.folder / "card.json").read_text())
    assert (card["name"], card["kind"]) == ("adapted", "denoiser")
    assert card["prior"] == load_denoiser(prior).id.hex()
    assert card["loss"] == {"before": round(result.before, 5), "after": round(result.after, 5)}
    assert card["steps"] > 0
    assert result.better == helped(result.before, result.after)
    assert (card["id"] != card["prior"]) == result.better
    noisy = noisy_picture(1)
    clean = pellucid.denoise(noisy, model=str(result.folder))
    truth = synthetic_picture(3, 128, 160).astype(float)
    assert np.square(clean - truth).mean() < np.square(noisy - truth).mean()
    again = {"minutes": 0.001, "model": str(result.folder)}
    assert adapt_denoiser(path, tmp_path / "more", lines.append, **again).folder.is_dir()


def test_no_better_is_the_prior(tmp_path: Path, prior: str) -> None:
    path = write(tmp_path / "one.png", noisy_picture(1))
    options = {"minutes": 0.002, "model": prior, "settings": replace(SETTINGS, rate=0.0)}
    result = adapt_denoiser(path, tmp_path / "mine", lambda _: None, **options)
    assert not result.better
    assert result.after == result.before
    assert load_denoiser(str(result.folder)).id == load_denoiser(prior).id


def test_repeats_of_scenes(tmp_path: Path, prior: str) -> None:
    for number in range(2):
        for shot in range(2 + number):
            picture = noisy_picture(10 * number + shot, 64 + 16 * number, 80)
            write(tmp_path / "shots" / f"scene{number}" / f"{shot}.png", picture)
    lines: list[str] = []
    options = {"minutes": 0.002, "model": prior, "repeats": True}
    adapt_denoiser(tmp_path / "shots", tmp_path / "mine", lines.append, **options)
    assert lines[0] == "2 scene(s), repeats; starting from tiny"
    one, two = find_scenes(tmp_path / "shots", repeats=True)
    assert (one.planes.shape, two.planes.shape) == ((2, 3, 64, 80), (3, 3, 80, 80))
    assert one.maps.shape == (2, 64, 80)
    assert len(find_scenes(tmp_path / "shots", repeats=False)) == 5


def test_what_is_learned_from_is_what_denoise_shows_the_net(tmp_path: Path) -> None:
    path = write(tmp_path / "one.png", noisy_picture(1))
    shots = load_shots([path])
    assert shots.planes.max() == 1
    assert shots.maps[0].mean() * 255 == pytest.approx(SIGMA, rel=0.2)
    grey = noisy_picture(1)[..., 0].astype(np.uint16) * 257
    write_samples(tmp_path / "grey.tif", grey[..., None])
    sixteen = load_shots([tmp_path / "grey.tif"])
    assert sixteen.planes.shape == (1, 3, 128, 160)
    assert torch.equal(sixteen.planes[:, 0], sixteen.planes[:, 2])


def test_noise_that_grows_with_light_is_stabilised_first(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(2, 60, 256), (192, 1))
    photons = np.random.default_rng(1).poisson(ramp)
    shots = load_shots([write(tmp_path / "light.png", (4 * photons).clip(0, 255).astype(np.uint8))])
    stable = (shots.planes[0, 0] / shots.maps.sum(dim=0)).numpy()
    for part in (slice(40, 80), slice(200, 240)):
        expected = 2 * np.sqrt(photons[:, part] + 3 / 8)
        assert np.median(stable[:, part] / expected) == pytest.approx(1, abs=0.15)


def test_pictures_that_cannot_be_learned_from(tmp_path: Path, prior: str) -> None:
    def refused(name: str, message: str, *, repeats: bool = False) -> None:
        options = {"minutes": 0.001, "model": prior, "repeats": repeats}
        with pytest.raises(InputError, match=message):
            adapt_denoiser(tmp_path / name, tmp_path / "mine", lambda _: None, **options)
        assert not (tmp_path / "mine").exists()

    (tmp_path / "empty").mkdir()
    refused("empty", "no pictures in .*empty")
    write(tmp_path / "small.png", noisy_picture(1, 63, 200))
    refused("small.png", r"small\.png of 200 x 63 is too small to learn from; 64 samples")
    write(tmp_path / "clean.png", np.full((80, 80, 3), 90, np.uint8))
    refused("clean.png", r"clean\.png has no noise that could be measured")
    (tmp_path / "text.png").write_text("no picture")
    refused("text.png", "text")
    write(tmp_path / "pairs" / "a.png", noisy_picture(1))
    refused("pairs", "pairs holds one picture; repeats need two", repeats=True)
    write(tmp_path / "pairs" / "b.png", noisy_picture(2, 128, 128))
    refused("pairs", r"b\.png and .*a\.png are not shots of one scene", repeats=True)
    with pytest.raises(OptionError, match="no denoiser 'none'"):
        adapt_denoiser(tmp_path / "clean.png", tmp_path / "mine", lambda _: None, model="none")
