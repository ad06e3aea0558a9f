"""The dissimilarity that stands for the eye: what it must see, what it must not, its slopes."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest

from pictures import photograph

torch = pytest.importorskip("torch", exc_type=ImportError)

import torch.nn.functional as F  # noqa: E402

import tiny_model  # noqa: E402 - needs torch
from pellucid.errors import OptionError  # noqa: E402
from pellucid.train import eye  # noqa: E402
from pellucid.train.codec_trainer import CodecTrainer, joined  # noqa: E402
from pellucid.train.eye import dissimilarity, linear_light, opponent  # noqa: E402
from pellucid.train.recipe import CodecRecipe, load_recipe  # noqa: E402


@pytest.fixture(scope="module")
def source() -> torch.Tensor:
    rgb = torch.from_numpy(photograph(left=100, top=50)[:192, :192].copy())
    return rgb.permute(2, 0, 1)[None].float() / 255


def blurred(x: torch.Tensor) -> torch.Tensor:
    return F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def noisy(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return x + sigma * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))


def test_the_same_picture_is_not_unlike_and_more_damage_is_more(source: torch.Tensor) -> None:
    assert dissimilarity(source, source).item() == pytest.approx(0, abs=1e-6)
    by_noise = [dissimilarity(noisy(source, s), source).item() for s in (0.01, 0.03, 0.09)]
    assert by_noise == sorted(by_noise)
    assert by_noise[0] > 0.001
    once = blurred(source)
    assert 0 < dissimilarity(once, source).item() < dissimilarity(blurred(once), source).item()


def test_blur_counts_more_than_noise_of_the_same_squared_error(source: torch.Tensor) -> None:
    """What squared error gets wrong: it prefers the blurred picture."""
    soft = blurred(blurred(source))
    error = (soft - source).square().mean().sqrt().item()
    coarse = noisy(source, error)
    assert (coarse - source).square().mean().sqrt().item() == pytest.approx(error, rel=0.02)
    smooth = dissimilarity(soft, source).item()
    assert smooth > dissimilarity(coarse, source).item() * 0.8
    shifted = (source + error).clamp(0, 1)
    assert smooth > 3 * dissimilarity(shifted, source).item(), "a little brighter is hardly seen"


def test_colour_counts_less_than_brightness(source: torch.Tensor) -> None:
    pattern = torch.zeros(1, 1, 192, 192)
    pattern[..., ::2, ::2] = 0.1
    grey = dissimilarity((source + pattern).clamp(0, 1), source)
    blue = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1)
    assert dissimilarity((source + pattern * blue).clamp(0, 1), source) < 0.5 * grey


def test_opponent_planes_of_grey_have_no_colour() -> None:
    grey = torch.linspace(0, 1, 20).view(1, 1, 1, 20).expand(1, 3, 9, 20)
    x, y, b = opponent(linear_light(grey)).unbind(dim=1)
    assert x.abs().max() < 0.01
    assert b.abs().max() < 0.01
    assert (y[0, 0].diff() > 0).all()
    assert linear_light(torch.tensor([-1.0, 0.5, 2.0])).tolist() == pytest.approx(
        [0, 0.214, 1], abs=1e-3
    )


def test_gradients_are_finite_everywhere(source: torch.Tensor) -> None:
    flat = torch.zeros(1, 3, 64, 64, requires_grad=True)
    dissimilarity(flat, torch.zeros(1, 3, 64, 64)).sum().backward()
    assert flat.grad.isfinite().all()
    wild = (3 * noisy(source, 0.5)).requires_grad_()  # far outside of 0-1
    dissimilarity(wild, source).sum().backward()
    assert wild.grad.isfinite().all()
    assert wild.grad.abs().max() > 0


def test_small_pictures_have_fewer_scales() -> None:
    for side, scales in ((9, 1), (17, 1), (18, 2), (64, 3), (144, 5), (600, 5)):
        with mock.patch.object(eye, "compare", wraps=eye.compare) as compare:
            x = torch.rand(2, 3, side, side + 5)
            assert dissimilarity(x, x.flip(3)).shape == (2,)
        assert compare.call_count == scales


def test_both_count_by_their_relative_change() -> None:
    """Whatever their units: the slope of lambda keeps its meaning."""
    mse = torch.tensor([1e-4, 1e-2], requires_grad=True)
    unlike = torch.tensor([0.3, 0.01], requires_grad=True)
    joined(mse, unlike, 0.7).sum().backward()
    assert mse.grad.tolist() == pytest.approx([0.3, 0.3], rel=1e-3), (
        "the squared error's, times 0.3"
    )
    gained = unlike.grad * unlike / mse
    assert gained.tolist() == pytest.approx([0.7, 0.7], rel=2e-3)
    mse.grad = None
    joined(mse, unlike, 0.0).sum().backward()
    assert mse.grad.tolist() == pytest.approx([1, 1], rel=1e-3)


def test_a_codec_learns_by_it() -> None:
    recipe = replace(tiny_model.RECIPE, objective="eye", eye=1.0, rate=3e-3)
    with tiny_model.quick():
        trainer = CodecTrainer(recipe, tiny_model.synthetic_tiles(2), torch.device("cpu"))
        unlike = []
        for _ in range(2):
            tiny_model.train(trainer, 12, of=40)
            unlike.append(trainer.read_figures(12)["unlike"])
    assert unlike[1] < unlike[0]


def test_an_unknown_objective_is_named(tmp_path) -> None:
    (tmp_path / "x.toml").write_text('name = "x"\nobjective = "nose"')
    with pytest.raises(OptionError, match="objective is 'nose'; it must be one of mse, eye"):
        load_recipe(tmp_path / "x.toml")
    with pytest.raises(OptionError, match=r"eye is 1\.5"):
        CodecRecipe("x", eye=1.5)
