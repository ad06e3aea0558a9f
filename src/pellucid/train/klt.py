"""Start the codec as a linear transform codec: principal components instead of noise.

The Karhunen-Loeve transform (KLT) of 8x8x3 blocks fills the first layer, that of 2x2 groups of its
coefficients the second; synthesis gets the transposes, gains the step that lambda asks for, and
table offsets the measured deviation of y. A net started so is near JPEG 2000 after minutes; one
started from noise is still far from JPEG (figures in `docs/models.md`).

The trunk carries the coefficients divided by a power of their standard deviation, which the next
linear layer undoes: the blocks between see channels of like size.

Linear predictors start as least squares, so that smooth channels are cheap from the start: each
channel of y is predicted from four neighbours in the same channel, B from its A corners, C from its
white cross (`pellucid.nets.entropy_model`). What that saves goes into the table indices.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.rate import ANCHORS, anchor_qualities, index_of, trade_off
from pellucid.nets.transforms import BLOCK, GROUP, PIXEL_MEAN

WHITENING = 0.5
HYPER_START_DEVIATION = 1.0
CORNER_TAPS = ((0, 0), (0, 2), (2, 0), (2, 2))
CROSS_TAPS = ((0, 1), (1, 0), (1, 2), (2, 1))
RIDGE = 1e-4


def principal_components(rows: Tensor, keep: int) -> tuple[Tensor, Tensor]:
    """rows (n, d) -> (keep, d) orthonormal basis by falling variance, (keep,) deviations."""
    covariance = rows.T @ rows / len(rows)
    values, vectors = torch.linalg.eigh(covariance.double())
    order = torch.argsort(values, descending=True)[:keep]
    deviation = values[order].clamp_min(1e-12).sqrt().float()
    return vectors[:, order].T.float(), deviation


@torch.no_grad()
def start_from_klt(codec: Codec, pictures: Tensor, low: float, high: float) -> None:
    """Set every linear layer, gain and offset of an untrained `codec`.

    Args:
        codec: fresh; its blocks must still be zero.
        pictures: (n, 3, H, W) in 0-1, a few hundred crops of 128 x 128.
        low, high: lambda at quality 0 and 100.
    """
    shape = codec.shape
    blocks = F.pixel_unshuffle(pictures - PIXEL_MEAN, BLOCK)
    basis, deviation = principal_components(as_rows(blocks), shape.trunk)
    weight = deviation**-WHITENING
    codec.analysis.enter.weight[:, :, 0, 0] = basis * weight[:, None]
    codec.synthesis.leave.weight[:, :, 0, 0] = (basis / weight[:, None]).T

    coefficients = F.conv2d(blocks, basis[:, :, None, None])
    groups = F.pixel_unshuffle(coefficients, GROUP)
    basis2, deviation2 = principal_components(as_rows(groups), shape.latents)
    repeated = weight.repeat_interleave(GROUP**2)
    codec.analysis.leave.weight[:, :, 0, 0] = basis2 / repeated
    codec.synthesis.enter.weight[:, :, 0, 0] = (basis2 * repeated).T

    trade = trade_off(anchor_qualities(), low, high)
    step = torch.sqrt(18 / (math.log(2) * trade * 255**2))  # whose slope is lambda, if uniform
    log_gain = -torch.log2(step)[:, None].expand(ANCHORS, shape.latents)
    codec.log_gain.set_start(log_gain)
    codec.log_inverse_gain.set_start(-log_gain)
    in_steps = deviation2[None, :] * torch.exp2(log_gain)
    codec.y_offset.set_start(index_of(in_steps))
    hyper_deviation = torch.full((ANCHORS, shape.hyper_latents), HYPER_START_DEVIATION)
    codec.z_index.set_start(index_of(hyper_deviation))
    reach = in_steps[ANCHORS // 2].clamp(1, 32)
    codec.hyper_decoder.mean.reach.copy_(reach)
    codec.spatial_prior.mean.reach.copy_(reach)
    for net in (codec.analysis, codec.synthesis):
        for layer in (net.enter, net.leave):
            layer.bias.zero_()  # type: ignore[union-attr]
    y, prior = codec.analysis(pictures, torch.ones(1, 1, 1, 1)), codec.spatial_prior
    saved = predict_linearly(prior.diagonal.weight, y[:, : prior.smooth], CORNER_TAPS)
    prior.centre_offset[: prior.smooth] = saved / 10
    saved = predict_linearly(prior.predictor.weight, y, CROSS_TAPS)
    prior.index.bias.copy_(saved / 8)


def as_rows(maps: Tensor) -> Tensor:
    """(N, C, H, W) -> (N H W, C)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def predict_linearly(kernel: Tensor, y: Tensor, taps: tuple[tuple[int, int], ...]) -> Tensor:
    """Set a depthwise 3x3 `kernel` to predict y (n, M, h, w) from neighbours.

    Returns the table indices that it saves, (M,), <= 0.
    """
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
    for number, (row, column) in enumerate(taps):
        kernel[:, 0, row, column] = weights[:, number, 0].clamp(-0.99, 0.99)
    return index_of(after) - index_of(before)
