"""Picture to latents and back, everything at 1/8 of the resolution or below.

    x  3 at 1/1 -> unshuffle(8) -> 1x1 -> C at 1/8 -> blocks -> unshuffle(2) -> 1x1 -> y  M at 1/16
    y^ M at 1/16 -> 1x1 -> shuffle(2) -> C at 1/8 -> blocks -> 1x1 -> shuffle(8) -> x^ 3 at 1/1

The linear layers start as principal components of 8x8x3 blocks and of 2x2 groups of them
(`pellucid.train.klt`), the blocks as nothing: training starts from a good transform codec. Almost
all of a block is matrix products, which are cheap on a CPU.

With `in_bfloat16` set, for training on hardware that is faster so, what blocks add is computed in
half the bits; the linear layers and the path from one to the other stay in float32.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 8  # pixels a trunk position covers, each way
GROUP = 2  # trunk positions a latent position covers, each way
PIXEL_MEAN = 0.5


class DepthConvBlock(nn.Module):
    """(N, C, H, W) -> (N, C, H, W); 5 C^2 + 9 C multiply-adds a position.

    After the depth-convolution block of DCVC-RT (Jia et al. 2025): a spatial part (1x1, 3x3
    depthwise, 1x1) and a channel part (1x1 to a wider space, a gate, 1x1), each beside a skip.
    Differs in the gate (SiLU of one half times the other instead of summed groups) and in the zero
    start: both parts begin as nothing, so that a net initialised with a linear transform starts as
    that transform.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(channels, channels, 1)
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.leave = nn.Conv2d(channels, channels, 1)
        self.widen = nn.Conv2d(channels, 2 * channels, 1)
        self.narrow = nn.Conv2d(channels, channels, 1)
        for last in (self.leave, self.narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.leave(self.depthwise(F.silu(self.enter(x))))
        gate, value = self.widen(x).chunk(2, dim=1)
        out: Tensor = x + self.narrow(F.silu(gate) * value)
        return out


class Analysis(nn.Module):
    """x (N, 3, H, W) in 0-1 -> y (N, M, H/16, W/16); H and W multiples of 16."""

    in_bfloat16 = False

    def __init__(self, trunk: int, latents: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3 * BLOCK**2, trunk, 1)
        self.first = DepthConvBlock(trunk)
        self.rest = nn.Sequential(*(DepthConvBlock(trunk) for _ in range(blocks - 1)))
        self.leave = nn.Conv2d(trunk * GROUP**2, latents, 1)

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        """`scale` (N, C, 1, 1) multiplies the trunk after its first block."""
        return self.transformed(self.trunk_of(x), scale)

    def trunk_of(self, x: Tensor) -> Tensor:
        """Samples to the trunk before all blocks, (N, C, H/8, W/8)."""
        trunk: Tensor = self.enter(F.pixel_unshuffle(x - PIXEL_MEAN, BLOCK))
        return trunk

    def transformed(self, trunk: Tensor, scale: Tensor) -> Tensor:
        """From the trunk before its blocks to y."""
        with torch.autocast(trunk.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            trunk = self.inner(trunk, scale)
        y: Tensor = self.leave(F.pixel_unshuffle(trunk, GROUP))
        return y

    def inner(self, trunk: Tensor, scale: Tensor) -> Tensor:
        """All blocks."""
        out: Tensor = self.rest(self.first(trunk) * scale)
        return out


class Synthesis(nn.Module):
    """y^ (N, M, h, w) -> x^ (N, 3, 16 h, 16 w), about 0-1, not clipped."""

    in_bfloat16 = False

    def __init__(self, trunk: int, latents: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(latents, trunk * GROUP**2, 1)
        self.rest = nn.Sequential(*(DepthConvBlock(trunk) for _ in range(blocks - 1)))
        self.last = DepthConvBlock(trunk)
        self.leave = nn.Conv2d(trunk, 3 * BLOCK**2, 1)

    def forward(self, y: Tensor, scale: Tensor) -> Tensor:
        """`scale` (N, C, 1, 1) multiplies the trunk before its last block."""
        trunk = F.pixel_shuffle(self.enter(y), GROUP)
        with torch.autocast(y.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            trunk = self.last(self.rest(trunk) * scale)
        return F.pixel_shuffle(self.leave(trunk), BLOCK) + PIXEL_MEAN


class HyperAnalysis(nn.Module):
    """y in quantiser steps (N, M, h, w) -> z (N, Z, h/4, w/4), not yet rounded."""

    def __init__(self, latents: int, hidden: int, hyper_latents: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(2 * latents, hidden, 1)
        self.down = nn.Conv2d(4 * hidden, hidden, 1)
        self.mix = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.leave = nn.Conv2d(4 * hidden, hyper_latents, 1)

    def forward(self, y: Tensor) -> Tensor:
        level = torch.asinh(y)
        x = F.silu(self.enter(torch.cat([level, level.abs()], dim=1)))
        x = F.silu(self.down(F.pixel_unshuffle(x, 2)))
        x = x + F.silu(self.mix(x))
        z: Tensor = self.leave(F.pixel_unshuffle(x, 2))
        return z
