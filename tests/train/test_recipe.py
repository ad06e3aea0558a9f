"""Recipes, and what the loop makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)
pytest.importorskip("onnx", exc_type=ImportError)

from pellucid.errors import OptionError  # noqa: E402 - needs torch
from pellucid.nets.rate import QualityTable, anchor_qualities, trade_off  # noqa: E402
from pellucid.train.codec_trainer import parameter_groups, spread_qualities  # noqa: E402
from pellucid.train.optimisers import Schedule  # noqa: E402
from pellucid.train.recipe import load_recipe  # noqa: E402
from pellucid.train.trainer import move_average  # noqa: E402

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("codec-*.toml")), ids=lambda path: path.stem)
def test_recipes_load(path: Path) -> None:
    recipe = load_recipe(path)
    assert path.stem == f"codec-{recipe.name}"
    shape = recipe.shape
    assert shape.context <= shape.latents <= 4 * shape.trunk <= 4 * 192
    assert 0 < recipe.low_lambda < recipe.high_lambda
    assert recipe.patch % 64 == recipe.last_patch % 64 == 0


@pytest.mark.parametrize(
    "text", ['name = "x"\nspeed = 1', 'name = "x"\n[shape]\nspeed = 1', 'name = "x"\n[speed]\na=1']
)
def test_an_unknown_key_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(OptionError, match=r"x\.toml: unknown key 'speed'; known: "):
        load_recipe(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "../x"', "plain"),
        ('name = ""', "plain"),
        ('name = "x"\nshape = 3', "table"),
        ('name = "x"\nrate = "fast"', "rate is 'fast'"),
        ('name = "x"\nbatch = 1.5', "batch is 1.5"),
        ('name = "x"\n[shape]\ntrunk = true', "trunk is True"),
        ('name = "x"\nbatch = 0', "batch is 0; it must be 1 or more"),
        ('name = "x"\npatch = 100', "patch is 100; it must be a multiple of 64 and 256 at most"),
        ('name = "x"\nlast_patch = 320', "last_patch is 320; it must be"),
        ('name = "x"\nkind = "denoiser"\npatch = 60', "patch is 60; it must be a multiple of 8"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(OptionError, match=message):
        load_recipe(tmp_path / "x.toml")


def test_the_learning_rate_warms_up_and_falls_to_nothing() -> None:
    parts = [n / 1000 for n in range(1001)]
    rates = [Schedule("cosine", 0.02).rate(part, 0) for part in parts]
    assert 0 < rates[0] < 0.01
    assert max(rates) == pytest.approx(1, abs=2e-3)
    assert rates.index(max(rates)) in (19, 20)
    assert rates[:19] == sorted(rates[:19])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert Schedule("cosine", 0.0).rate(0.0, 0) == 1


def test_quality_tables_pass_through_their_anchors() -> None:
    table = QualityTable(3, rate=10.0)
    with torch.no_grad():
        table.learned.copy_(torch.randn(11, 3))
    table.set_start(torch.randn(11, 3))
    rows = table.start + 10 * table.learned
    assert torch.allclose(table(anchor_qualities())[:, :, 0, 0], rows, atol=1e-5)
    between = table(torch.tensor([13.0]))[0, :, 0, 0]
    assert torch.allclose(between, 0.7 * rows[1] + 0.3 * rows[2], atol=1e-5)


def test_lambda_is_even_in_its_logarithm() -> None:
    trade = trade_off(torch.tensor([0.0, 50, 100]), 0.01, 1.0)
    assert trade.tolist() == pytest.approx([0.01, 0.1, 1.0])


def test_the_average_follows_and_groups_hold_every_parameter() -> None:
    import tiny_model

    trainer = tiny_model.new_trainer()
    grouped = [p for g in parameter_groups(trainer.net, trainer.recipe) for p in g["params"]]
    assert {id(p) for p in grouped} == {id(p) for p in trainer.net.parameters()}
    assert len(grouped) == len({id(p) for p in grouped})
    first = next(trainer.average.parameters()).clone()
    with torch.no_grad():
        for parameter in trainer.net.parameters():
            parameter += 1
    move_average(*trainer.weights, 0.9, 10**6)
    assert torch.allclose(next(trainer.average.parameters()), first + 0.1, atol=1e-5)
    qualities = spread_qualities(5, trainer.generator)
    assert (qualities.div(20).floor() == torch.arange(5)).all(), "one from each fifth"
