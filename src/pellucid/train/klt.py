"""Start the codec as a linear transform codec: principal components instead of noise.

The Karhunen-Loeve transform (KLT) of 8x8x3 blocks fills the first layer, that of 2x2 groups of its
coefficients the second; synthesis gets the transposes, gains the step that lambda asks for, and
table offsets the measured deviation of y. A net started so is near JPEG 2000 after minutes; one
started from noise is still far from JPEG (figures in `docs/models.md`).

The trunk carries the coefficients divided by a power of their standard deviation, which the next
linear layer undoes: the blocks between see channels of like size.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.quality import ANCHORS, anchor_qualities, trade_off
from pellucid.nets.rate import index_of
from pellucid.nets.transforms import BLOCK, GROUP, PIXEL_MEAN
from pellucid.train.predictors import start_predictors

WHITENING = 0.5
HYPER_START_DEVIATION = 1.0


def principal_components(rows: Tensor, keep: int) -> tuple[Tensor, Tensor]:
    """rows (n, d) -> (keep, d) orthonormal basis by falling variance, (keep,) deviations."""
    covariance = rows.T @ rows / len(rows)
    values, vectors = torch.linalg.eigh(covariance.double())
    order = torch.argsort(values, descending=True)[:keep]
    deviation = values[order].clamp_min(1e-12).sqrt().float()
    return vectors[:, order].T.float(), deviation


def quantiser_step(trade: Tensor) -> Tensor:
    """Step at which a uniform quantiser's slope is lambda, for pixels in 0-1."""
    return torch.sqrt(18 / (math.log(2) * trade * 255**2))


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
    set_linear(codec.analysis.enter.weight, basis * weight[:, None])
    set_linear(codec.synthesis.leave.weight, (basis / weight[:, None]).T)

    coefficients = F.conv2d(blocks, basis[:, :, None, None])
    groups = F.pixel_unshuffle(coefficients, GROUP)
    basis2, deviation2 = principal_components(as_rows(groups), shape.latents)
    repeated = weight.repeat_interleave(GROUP**2)
    set_linear(codec.analysis.leave.weight, basis2 / repeated)
    set_linear(codec.synthesis.enter.weight, (basis2 * repeated).T)

    trade = trade_off(anchor_qualities(), low, high)
    log_gain = -torch.log2(quantiser_step(trade))[:, None].expand(ANCHORS, shape.latents)
    codec.log_gain.set_start(log_gain)
    codec.log_inverse_gain.set_start(-log_gain)
    in_steps = deviation2[None, :] * torch.exp2(log_gain)
    codec.y_offset.set_start(index_of(in_steps))
    hyper_deviation = torch.full((ANCHORS, shape.hyper_latents), HYPER_START_DEVIATION)
    codec.z_index.set_start(index_of(hyper_deviation))
    reach = in_steps[ANCHORS // 2].clamp(1, 32)
    codec.hyper_decoder.mean.reach.copy_(reach)
    codec.spatial_prior.mean.reach.copy_(reach)
    transforms = (codec.analysis, codec.synthesis)
    for module in (layer for net in transforms for layer in (net.enter, net.leave)):
        module.bias.zero_()  # type: ignore[union-attr]
    start_predictors(codec, codec.analysis(pictures, torch.ones(1, 1, 1, 1)))


def as_rows(maps: Tensor) -> Tensor:
    """(N, C, H, W) -> (N H W, C)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def set_linear(weight: Tensor, matrix: Tensor) -> None:
    """Copy (out, in) into a 1x1 convolution's weight."""
    weight.copy_(matrix[:, :, None, None])
