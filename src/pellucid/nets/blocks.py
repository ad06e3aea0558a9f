"""The block of both transforms: cheap on a CPU because almost all of it is matrix products.

After the depth-convolution block of DCVC-RT (Jia et al. 2025): a spatial part (1x1, 3x3 depthwise,
1x1) and a channel part (1x1 to a wider space, a gate, 1x1), each beside a skip. Differs in the
gate (SiLU of one half times the other instead of summed groups) and in the zero start: both parts
begin as nothing, so that a net initialised with a linear transform starts as that transform.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class DepthConvBlock(nn.Module):
    """(N, C, H, W) -> (N, C, H, W); 5 C^2 + 9 C multiply-adds a position."""

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
