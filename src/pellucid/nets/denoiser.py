"""The denoiser, a small U-Net without biases, with a noise level map; and the net of a guide.

    noisy 3 + maps 2 at 1/1 -> halved -> 12 + 2 at 1/2 -> 3x3 -> C0 --------- blocks - 3x3 -> 12
                                                         \\ 2x2/2 -> C1 at 1/4 --- blocks /
                                                               \\ 2x2/2 -> C2 at 1/8 /
    clean = noisy - the 12 channels shuffled back to 1/1

The 12 channels go in less a smooth local average: without biases a net has no other way to get rid
of the brightness, and learns several times more slowly with it.

The maps say how strong the noise is (standard deviation in the picture's own unit): first that of
noise that is independent from sample to sample, then that of noise that went through demosaicing,
resizing or JPEG (after FFDNet, Zhang et al. 2018; the second map is ours). No biases and only ReLU,
so that scaling the picture and its maps scales the result (after Mohan et al. 2020). Dense 3x3
convolutions: on a CPU faster for what they achieve than depthwise ones (`docs/models.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pellucid.denoising.guide import COUNT

SAMPLES = 3  # red, green, blue
MAPS = 2  # standard deviation of independent noise, and of processed noise
STEM = 2  # samples a position of the finest level covers, each way
START = 0.3  # what a block adds at first, relative
AVERAGED = 8  # samples over which the local average is taken, each way
GUIDE_REACH = 52  # samples around one that a guide's net sees, at most


@dataclass(frozen=True)
class DenoiserShape:
    """Widths and depths, finest level first; a level's positions cover twice as much each way.

    Attributes:
        widths: channels of each level.
        before, after: residual blocks on the way down and up, for all levels but the last.
        middle: residual blocks of the last level.
    """

    widths: tuple[int, ...] = (32, 48, 64)
    before: tuple[int, ...] = (1, 0)
    middle: int = 1
    after: tuple[int, ...] = (2, 0)

    @property
    def multiple(self) -> int:
        """Height and width of an input are multiples of this."""
        return max(AVERAGED, STEM << (len(self.widths) - 1))

    @property
    def reach(self) -> int:
        """Samples around one that can change it, at most (the receptive field's radius)."""
        total = 2 * AVERAGED + 3 * STEM  # local average, first and last convolution, halving
        for level in range(len(self.widths)):
            last = level == len(self.widths) - 1
            blocks = self.middle if last else self.before[level] + self.after[level]
            total += (2 * blocks + 1) * STEM * 2**level
        return total


GUIDE = DenoiserShape((32, 64), (1,), 3, (1,))


class ResidualBlock(nn.Module):
    """(N, C, H, W) -> (N, C, H, W); 18 C^2 multiply-adds a position. Begins near the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels)
        self.second.weight.data.mul_(START)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.relu(self.first(x)))
        return out


class UNet(nn.Module):
    """Levels of residual blocks with skips between them, (N, inputs, H, W) -> (N, outputs, H, W).

    It starts as nothing.
    """

    def __init__(self, inputs: int, outputs: int, shape: DenoiserShape) -> None:
        super().__init__()
        self.shape, widths = shape, shape.widths
        pairs = list(pairwise(widths))
        self.enter = convolution(inputs, widths[0])
        self.before = nn.ModuleList(map(blocks, widths, shape.before))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2, bias=False) for a, b in pairs)
        self.middle = blocks(widths[-1], shape.middle)
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1, bias=False) for a, b in pairs)
        self.after = nn.ModuleList(map(blocks, widths, shape.after))
        self.leave = convolution(widths[0], outputs)
        nn.init.zeros_(self.leave.weight)

    def levels(self, x: Tensor) -> Tensor:
        """From the inputs to the outputs."""
        x = self.enter(x)
        skips = []
        for before, down in zip(self.before, self.down, strict=True):
            skips.append(before(x))
            x = down(skips[-1])
        x = self.middle(x)
        for skip, up, after in reversed(list(zip(skips, self.up, self.after, strict=True))):
            x = after(skip + F.pixel_shuffle(up(x), 2))
        out: Tensor = self.leave(x)
        return out


class Denoiser(UNet):
    """noisy (N, 3, H, W), maps (N, 2, H, W) -> clean (N, 3, H, W); see `DenoiserShape.multiple`."""

    offset: Tensor

    def __init__(self, shape: DenoiserShape) -> None:
        super().__init__(SAMPLES * STEM**2 + MAPS, SAMPLES * STEM**2, shape)
        offset = torch.zeros(SAMPLES * STEM**2, MAPS, 1, 1)
        self.register_buffer("offset", offset, persistent=False)  # set at export

    def forward(self, noisy: Tensor, maps: Tensor) -> Tensor:
        average = F.avg_pool2d(noisy, AVERAGED)
        average = F.interpolate(average, scale_factor=AVERAGED / STEM, mode="bilinear")
        halved = F.pixel_unshuffle(noisy, STEM) - average.repeat_interleave(STEM**2, dim=1)
        noise_level = F.avg_pool2d(maps, STEM)
        noise = self.levels(torch.cat([halved, noise_level], dim=1)).to(noisy.dtype)
        return noisy - F.pixel_shuffle(noise + F.conv2d(noise_level, self.offset), STEM)


class GuideNet(UNet):
    """Planes of `denoising.guide` -> what to put back, in units of the noise.

    (N, 8, H, W) -> (N, 1, H, W), H and W multiples of 4; one of the planes is 1 where samples are
    known.
    """

    def __init__(self) -> None:
        super().__init__(COUNT * STEM**2, STEM**2, GUIDE)

    def forward(self, planes: Tensor) -> Tensor:
        return F.pixel_shuffle(self.levels(F.pixel_unshuffle(planes, STEM)), STEM)


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3x3, zero-padded, without bias, started for ReLU (He et al. 2015)."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return layer


def blocks(channels: int, count: int) -> nn.Sequential:
    """`count` residual blocks in a row; none is the identity."""
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
