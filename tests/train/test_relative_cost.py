from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

from pellucid.nets.rate import trade_off  # noqa: E402
from pellucid.train.codec_trainer import STEEPNESS, rate_distortion  # noqa: E402
from pellucid.train.recipe import CodecRecipe  # noqa: E402

RECIPE = CodecRecipe(name="x")


def slopes(errors: list[float], bits: list[float], qualities: list[float]) -> tuple[Any, Any, Any]:
    """Of the loss of one sample each, by a per cent of its error and of its bits; and figures."""
    error = torch.tensor(errors).log().requires_grad_()
    rate = torch.tensor(bits).log().requires_grad_()

    def codec(x: Any, _quality: Any) -> Any:
        return x + error.exp().view(-1, 1, 1, 1), rate.exp(), torch.zeros(len(bits))

    loss, figures = rate_distortion(
        codec, torch.zeros(len(errors), 3, 8, 8), torch.tensor(qualities), recipe=RECIPE
    )
    loss.backward()
    return error.grad.numpy(), rate.grad.numpy(), figures


def test_a_per_cent_counts_the_same_in_every_picture_and_at_every_quality() -> None:
    """The second sample has ten times the error and a hundred times the bits, or another lambda."""
    by_error, by_bits, _ = slopes([0.02, 0.2], [32.0, 3200.0], [50, 50])
    assert by_error[0] == pytest.approx(by_error[1], rel=0.06)
    assert by_bits[0] == pytest.approx(by_bits[1], rel=0.06)
    assert 2 * by_bits.sum() + by_error.sum() == pytest.approx(2 * STEEPNESS, rel=0.06)
    ratio = float(trade_off(torch.tensor(90.0), RECIPE.low_lambda, RECIPE.high_lambda)) / float(
        trade_off(torch.tensor(10.0), RECIPE.low_lambda, RECIPE.high_lambda)
    )
    by_error, by_bits, _ = slopes([0.2, 0.2], [64.0, 64.0 * ratio], [10, 90])
    assert by_error[0] == pytest.approx(by_error[1], rel=0.06)
    assert by_bits[0] == pytest.approx(by_bits[1], rel=0.06)


def test_crops_of_nothing_hardly_count() -> None:
    """A crop that costs next to nothing already has no slope that matters."""
    by_error, by_bits, _ = slopes([1e-4, 0.1], [0.01, 64.0], [50, 50])
    assert by_error[0] < by_error[1] / 20
    assert by_bits[0] < by_bits[1] / 20


def test_the_figure_is_the_cost_itself() -> None:
    _, _, figures = slopes([0.1], [64.0], [50])
    trade = trade_off(torch.tensor(50.0), RECIPE.low_lambda, RECIPE.high_lambda)
    cost = trade * 255**2 * 0.01 + 1
    assert float(figures["loss"]) == pytest.approx(float(cost / trade.sqrt()), rel=1e-5)
