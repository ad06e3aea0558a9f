"""Gaussian noise of standard deviation 1: independent, or blurred and mixed between channels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.train.degrade.draw import coins, normal, per_picture, uniform

BLUR = 5  # side of the kernel that correlates neighbours
CHANNEL_MIX = 0.5  # at most so much of a channel's noise comes from each of the others


def white_noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """Independent from sample to sample and channel to channel, shaped as `like`."""
    return normal(like.shape, generator)


def correlated_noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """As resizing and demosaicing leave it: one random blur and channel mix a picture.

    Its standard deviation is 1 in every channel; half the time noise is coarser as well, made at
    half the resolution and enlarged.
    """
    count, channels, height, width = like.shape
    noise = normal((count, channels, height + BLUR - 1, width + BLUR - 1), generator)
    sigma = uniform(count, 0.3, 1.4, generator)
    line = gaussian_taps(sigma, BLUR)
    kernel = line[:, :, None] * line[:, None, :]
    small = normal((count, channels, height // 2 + BLUR, width // 2 + BLUR), generator)
    coarse = F.interpolate(small, scale_factor=2, mode="bilinear")
    share = uniform(count, 0.0, 1.0, generator) * coins(1, 0.5, generator)  # a coin for all
    noise = noise + per_picture(share) * coarse[..., : noise.shape[2], : noise.shape[3]]
    grouped = noise.reshape(1, count * channels, *noise.shape[2:])
    weight = kernel.repeat_interleave(channels, dim=0)[:, None]
    noise = F.conv2d(grouped, weight, groups=count * channels).reshape(like.shape)
    mix = uniform(count, 0.0, CHANNEL_MIX, generator)[:, None, None]
    matrix = torch.eye(channels, device=like.device) * (1 - mix) + mix
    noise = torch.einsum("nij,njhw->nihw", matrix, noise)
    return noise / noise.std(dim=(2, 3), keepdim=True).clamp(min=1e-6)


def gaussian_taps(sigma: Tensor, count: int) -> Tensor:
    """Weights of `count` samples in a row, of sum 1, for each standard deviation: (N, count)."""
    place = torch.arange(count, device=sigma.device) - count // 2
    taps = torch.exp(-0.5 * (place[None] / sigma[:, None]) ** 2)
    return taps / taps.sum(dim=1, keepdim=True)
