"""Start the linear predictors as least squares, so that smooth channels are cheap from the start.

Each channel of y is predicted from four neighbours in the same channel: B from its A corners, C
from its white cross (`pellucid.nets.entropy_model`). What the prediction saves goes into the table
indices.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.rate import index_of

CORNER_TAPS = ((0, 0), (0, 2), (2, 0), (2, 2))
CROSS_TAPS = ((0, 1), (1, 0), (1, 2), (2, 1))
RIDGE = 1e-4


@torch.no_grad()
def start_predictors(codec: Codec, y: Tensor) -> None:
    """Set both predictors of an untrained `codec` from y (n, M, h, w), in any unit."""
    start_diagonal(codec, y)
    prior = codec.spatial_prior
    weights, saved = least_squares(y, CROSS_TAPS)
    set_taps(prior.predictor.weight, weights, CROSS_TAPS)
    prior.index.bias.copy_(saved / 8)  # type: ignore[union-attr]


@torch.no_grad()
def start_diagonal(codec: Codec, y: Tensor) -> None:
    """Set what B takes from A."""
    prior = codec.spatial_prior
    weights, saved = least_squares(y[:, : prior.smooth], CORNER_TAPS)
    set_taps(prior.diagonal.weight, weights, CORNER_TAPS)
    prior.centre_offset[: prior.smooth] = saved / 10


def least_squares(y: Tensor, taps: tuple[tuple[int, int], ...]) -> tuple[Tensor, Tensor]:
    """Weights (channels, taps) that predict y from neighbours, and table indices saved (<= 0)."""
    height, width = y.shape[-2] - 2, y.shape[-1] - 2
    near = torch.stack([y[..., r : r + height, c : c + width] for r, c in taps], dim=-1)
    rows = near.transpose(0, 1).flatten(1, 3)  # (channels, samples, taps)
    target = y[..., 1:-1, 1:-1].transpose(0, 1).flatten(1)[..., None]
    gram = rows.transpose(1, 2) @ rows
    power = gram.diagonal(dim1=1, dim2=2).mean(dim=1)[:, None, None]
    damped = gram + RIDGE * power * torch.eye(len(taps))
    weights = torch.linalg.solve(damped, rows.transpose(1, 2) @ target)
    before = target.square().mean(dim=(1, 2)).sqrt()
    after = (target - rows @ weights).square().mean(dim=(1, 2)).sqrt()
    return weights[..., 0].clamp(-0.99, 0.99), index_of(after) - index_of(before)


def set_taps(kernel: Tensor, weights: Tensor, taps: tuple[tuple[int, int], ...]) -> None:
    """Copy (channels, taps) into a depthwise 3x3 kernel."""
    for number, (row, column) in enumerate(taps):
        kernel[:, 0, row, column] = weights[:, number]
