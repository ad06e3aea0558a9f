"""Takes the last bias out of a trained denoiser, so that brightness stays.

A net trained for a finite time shifts each channel by a small part of the noise level it is given,
much the same in flat places and in detail. It is measured on photographs that were not trained on
and taken off in the net.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pellucid.nets.denoiser import MAPS, STEM, Denoiser
from pellucid.train.degrade import correlated_noise, white_noise

SIGMA = 35 / 255
PICTURES, BATCH = 48, 8
EDGE = 16  # samples at the borders left out
KINDS = (white_noise, correlated_noise)  # of map 0, of map 1


@torch.no_grad()
def centre(net: Denoiser, tiles: Tensor) -> None:
    """Set `net.offset` so that noise on `tiles` (n, 3, H, W), uint8, leaves their mean in place."""
    net.offset.zero_()
    offset = torch.zeros_like(net.offset)
    for which in range(MAPS):
        generator = torch.Generator().manual_seed(which)
        batches = tiles[:PICTURES].split(BATCH)
        shift = torch.stack([shift_of(net, batch, which, generator) for batch in batches]).mean(0)
        offset[:, which, 0, 0] = (shift / SIGMA).repeat_interleave(STEM**2)
    net.offset.copy_(offset)


def shift_of(net: Denoiser, tiles: Tensor, which: int, generator: torch.Generator) -> Tensor:
    """Mean change (3,) that `net` makes to `tiles` with noise whose own mean is nought."""
    inner = (..., slice(EDGE, -EDGE), slice(EDGE, -EDGE))
    clean = tiles.float() / 255
    noise = SIGMA * KINDS[which](clean, generator)
    noise -= noise[inner].mean(dim=(2, 3), keepdim=True)
    maps = clean.new_zeros(len(clean), MAPS, *clean.shape[2:])
    maps[:, which] = SIGMA
    change: Tensor = net(clean + noise, maps) - clean
    return change[inner].mean(dim=(0, 2, 3))
