"""An analysis transform that leaves the noise out: noisy picture and noise level maps to latents.

    x noisy -> unshuffle(8) -> 1x1 -+- blocks that clean -> the codec's blocks -> y of the clean x
    maps    -> means of 8x8 -> 1x1 -+

It starts as a codec's plain analysis with blocks in front that do nothing, and is trained with that
codec's synthesis, entropy model and tables as they are. So its latents are those of a plain file,
and what decodes them needn't know of it.

The maps are those of the denoiser (`pellucid.nets.denoiser`): standard deviation of noise that is
independent from sample to sample, and of processed noise. A net with biases can't follow a level
by its scale alone, so its logarithm enters as well.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pellucid.nets.codec import CodecShape
from pellucid.nets.denoiser import MAPS
from pellucid.nets.transforms import BLOCK, Analysis, DepthConvBlock

LINEAR, LOGARITHMIC = 8.0, 0.25  # bring levels of 0-1, and log2(1 + 255 level), to about 1
WHITE = 255.0
START = 0.1  # of a usual first weight: levels hardly show in the trunk at first


class DenoisingAnalysis(Analysis):
    """x (N, 3, H, W) noisy, in 0-1 -> y (N, M, H/16, W/16) of the clean picture.

    H and W are multiples of 16; `cleaning` is how many blocks stand before those of the codec.
    """

    def __init__(self, shape: CodecShape, cleaning: int) -> None:
        super().__init__(shape.trunk, shape.latents, shape.analysis_blocks)
        self.told = nn.Conv2d(2 * MAPS, shape.trunk, 1, bias=False)
        self.told.weight.data.mul_(START)
        self.clean = nn.Sequential(*(DepthConvBlock(shape.trunk) for _ in range(cleaning)))

    def forward(self, x: Tensor, scale: Tensor, maps: Tensor) -> Tensor:  # type: ignore[override]
        """`maps` (N, 2, H, W) of standard deviations in 0-1; `scale` as `Analysis` takes it."""
        return self.transformed(self.trunk_of(x) + self.told(level_features(maps)), scale)

    def inner(self, trunk: Tensor, scale: Tensor) -> Tensor:
        """All blocks."""
        return super().inner(self.clean(trunk), scale)


def level_features(maps: Tensor) -> Tensor:
    """Maps (N, 2, H, W) -> what the trunk is told of each 8x8 block, (N, 4, H/8, W/8)."""
    levels = F.avg_pool2d(maps, BLOCK)
    return torch.cat([levels * LINEAR, torch.log2(1 + WHITE * levels) * LOGARITHMIC], dim=1)
