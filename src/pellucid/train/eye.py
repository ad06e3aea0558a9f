"""What a decoded picture looks like beside its source: a distortion for training by eye.

Both pictures go to an opponent colour space (the XYB of JPEG XL: cube roots of cone responses), and
at each of several scales local means, variances and their correlation are compared. Three maps tell
what people see: structure and contrast that differ, detail that is lost, edges that are added. Of
each the mean counts and the L4 norm, so that one bad place is not averaged away. Colour differences
count less than brightness.

The maps follow the published definitions of MS-SSIM (Wang et al. 2003) and SSIMULACRA2 (Sneyers
2022); scales and weights are simpler, so that what is learned is not one metric's habits.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SCALES = 5
TAPS, SIGMA = 9, 1.5  # of the Gaussian that means "local", in samples of each scale
STABLE = 0.0009  # added to variances, so that what can't be seen doesn't count
PLANES: tuple[float, ...] = (0.15, 0.7, 0.15)  # weights of X (red-green), Y, B (blue-yellow)
WORST = 0.5  # weight of the L4 norm beside the mean
LOST, ADDED = 6.0, 4.0  # weights of lost detail and of added edges beside 1 - SSIM
CONES = ((0.30, 0.622, 0.078), (0.23, 0.692, 0.078), (0.24342269, 0.20476745, 0.55180986))
CONE_BIAS = 0.0037930733
TINY = 1e-16


def dissimilarity(decoded: Tensor, source: Tensor) -> Tensor:
    """How different two sRGB pictures (N, 3, H, W) in 0-1 look: (N,), 0 if they are the same.

    Sides of at least 9 samples; scales that would be smaller than that are left out.
    """
    scales = min(SCALES, int(math.log2(min(decoded.shape[-2:]) / TAPS)) + 1)
    total = decoded.new_zeros(len(decoded))
    first, second = linear_light(decoded), linear_light(source)
    for scale in range(scales):
        planes = slice(None) if scale else slice(1, 2)  # colour is not seen as finely
        unlike = compare(opponent(first)[:, planes], opponent(second)[:, planes])
        weights = PLANES[planes]
        for plane, weight in enumerate(weights):
            total = total + unlike[:, plane] * (weight / sum(weights) / scales)
        first, second = F.avg_pool2d(first, 2), F.avg_pool2d(second, 2)
    return total


def compare(decoded: Tensor, source: Tensor) -> Tensor:
    """Dissimilarity of each opponent plane at one scale: (N, 3, H, W) twice -> (N, 3)."""
    products = torch.cat([decoded, source, decoded**2, source**2, decoded * source], dim=1)
    mean, other, square, other_square, product = local_mean(products).chunk(5, dim=1)
    shared = product - mean * other
    variance = (square - mean**2) + (other_square - other**2)
    structure = (2 * shared + STABLE) / (variance + STABLE)
    unlike = (1 - (1 - (mean - other) ** 2) * structure).clamp_min(0)
    inner = (..., slice(TAPS // 2, -(TAPS // 2)), slice(TAPS // 2, -(TAPS // 2)))
    detail, wanted = (decoded[inner] - mean).abs(), (source[inner] - other).abs()
    change: Tensor = (1 + detail) / (1 + wanted) - 1
    return norms(unlike) + ADDED * norms(F.relu(change)) + LOST * norms(F.relu(-change))


def norms(values: Tensor) -> Tensor:
    """Mean and L4 norm over places, weighted: (N, C, H, W) -> (N, C)."""
    worst = ((values**4).mean(dim=(2, 3)) + TINY) ** 0.25 - TINY**0.25
    total: Tensor = values.mean(dim=(2, 3)) + WORST * worst
    return total


def local_mean(planes: Tensor) -> Tensor:
    """Gaussian mean around each sample, without borders: 8 samples less each way."""
    places = torch.arange(TAPS, device=planes.device, dtype=planes.dtype) - TAPS // 2
    taps = torch.exp(-(places**2) / (2 * SIGMA**2))
    taps = (taps / taps.sum()).expand(planes.shape[1], 1, 1, TAPS)
    across = F.conv2d(planes, taps, groups=planes.shape[1])
    return F.conv2d(across, taps.transpose(2, 3), groups=planes.shape[1])


def linear_light(srgb: Tensor) -> Tensor:
    """sRGB values, clipped to 0-1, to light."""
    x = srgb.clamp(0, 1)
    curve = ((x.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(x <= 0.04045, x / 12.92, curve)


def opponent(light: Tensor) -> Tensor:
    """Linear light to X (enlarged), Y and B - Y, each of a range near 0-1."""
    red, green, blue = light.unbind(dim=1)
    long, medium, short = (
        (r * red + g * green + b * blue + CONE_BIAS) ** (1 / 3) - CONE_BIAS ** (1 / 3)
        for r, g, b in CONES
    )
    y = (long + medium) / 2
    return torch.stack([7 * (long - medium), y, short - y], dim=1)
