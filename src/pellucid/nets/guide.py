"""Planes of `denoising.guide` -> what to put back, in units of the noise.

    8 planes at 1/1 -> 32 at 1/2 -> 3x3 -> C0 - block ---------------- block - 3x3 -> 4 at 1/2
                                              \\ 2x2/2 -> C1 at 1/4 - blocks /

Without biases, as the denoiser; one of the planes is 1 where samples are known.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from pellucid.denoising.guide import COUNT
from pellucid.nets.denoiser import STEM, blocks, convolution

WIDTHS = (32, 64)
MIDDLE = 3  # blocks at 1/4
MULTIPLE = 4
REACH = 2 * (3 + 2) * STEM + (2 * MIDDLE + 2) * 2 * STEM  # samples around one, at most


class GuideNet(nn.Module):
    """(N, 8, H, W) -> (N, 1, H, W); H and W are multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        fine, coarse = WIDTHS
        self.enter = convolution(COUNT * STEM**2, fine)
        self.before = blocks(fine, 1)
        self.down = nn.Conv2d(fine, coarse, 2, stride=2, bias=False)
        self.middle = blocks(coarse, MIDDLE)
        self.up = nn.Conv2d(coarse, 4 * fine, 1, bias=False)
        self.after = blocks(fine, 1)
        self.leave = convolution(fine, STEM**2)
        nn.init.zeros_(self.leave.weight)

    def forward(self, planes: Tensor) -> Tensor:
        x = self.before(self.enter(F.pixel_unshuffle(planes, STEM)))
        x = x + F.pixel_shuffle(self.up(self.middle(self.down(x))), 2)
        found: Tensor = F.pixel_shuffle(self.leave(self.after(x)), STEM)
        return found
