"""What the loss of a denoiser asks for."""

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

import tiny_denoiser as tiny  # noqa: E402 - needs torch

TOLD = 0.1


def loss_of(*spreads: float) -> float:
    """The loss of crops whose error has these standard deviations: a new net takes nothing off."""
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    noise -= noise.mean(dim=(2, 3), keepdim=True)
    wrong = torch.cat([spread * noise for spread in spreads])
    maps = torch.zeros(len(spreads), 2, 64, 64)
    maps[:, 0] = TOLD
    loss, _ = tiny.new_trainer().error(0.5 + wrong, maps, torch.full_like(wrong, 0.5))
    return float(loss.detach())


def test_a_smooth_crop_counts_as_much_as_a_detailed_one() -> None:
    start = loss_of(0.02, 0.1)
    assert loss_of(0.01, 0.1) - start == pytest.approx(loss_of(0.02, 0.05) - start, rel=0.2)
    assert loss_of(0.01, 0.1) < start


def test_a_crop_without_error_does_not_count_without_end() -> None:
    least, small = loss_of(0.0, 0.1), loss_of(1e-4, 0.1)
    assert small - least < 0.01
    assert loss_of(0.0) > -4
