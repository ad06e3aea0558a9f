"""JPEG as arithmetic on tensors: what a decoder shows after compression, on any device.

ITU-T T.81 without its entropy coding, which loses nothing: YCbCr, 4:2:0 or 4:4:4, 8x8 DCT, the
standard's example tables scaled by a quality as the IJG library does, rounding, and back.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.denoising.jpeg import LEAST_SCALE, LUMA, SIGMA_AT_50, SIGMA_POWER
from pellucid.train.degrade.draw import constant

BLOCK = 8
CHROMA = """17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99
47 66 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99
99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99"""
TO_YCC = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
FROM_YCC = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))


def jpeg(pictures: Tensor, quality: Tensor, *, subsampled: bool) -> Tensor:
    """Compress and decode (N, 3, H, W) in 0-1, H and W multiples of 16; N qualities, 1-100.

    Returns 8-bit samples as k / 255.
    """
    to_ycc, from_ycc = (constant(matrix, pictures.device) for matrix in (TO_YCC, FROM_YCC))
    ycc = torch.einsum("ij,njhw->nihw", to_ycc, torch.round(pictures.clamp(0, 1) * 255))
    luma = coded(ycc[:, :1] - 128, tables(LUMA, quality)) + 128
    chroma = ycc[:, 1:]
    if subsampled:
        chroma = F.avg_pool2d(chroma, 2)
    chroma = coded(chroma, tables(CHROMA, quality))
    if subsampled:
        chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = torch.einsum("ij,njhw->nihw", from_ycc, torch.cat([luma, chroma], 1))
    return torch.round(rgb).clamp(0, 255) / 255


def scale_of(quality: Tensor) -> Tensor:
    """What a quality multiplies the standard's tables by (the IJG library's rule)."""
    return torch.where(quality < 50, 50 / quality.clamp(min=1), 2 - quality / 50)


def tables(text: str, quality: Tensor) -> Tensor:
    """Quantiser steps (N, 1, 8, 8, 1, 1) of the table `text` at each quality."""
    base = constant(tuple(map(float, text.split())), quality.device)
    steps = torch.floor(base * scale_of(quality).reshape(-1, 1) + 0.5).clamp(1, 255)
    return steps.reshape(-1, 1, BLOCK, BLOCK, 1, 1)


def coded(plane: Tensor, steps: Tensor) -> Tensor:
    """Transform, round to `steps` and transform back (N, C, H, W)."""
    n, c, h, w = plane.shape
    dct = cosines(plane.device)
    blocks = plane.reshape(n, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK)
    spectrum = torch.einsum("ui,ncyixj,vj->ncuvyx", dct, blocks, dct)
    spectrum = torch.round(spectrum / steps) * steps
    back = torch.einsum("ui,ncuvyx,vj->ncyixj", dct, spectrum, dct)
    return back.reshape(n, c, h, w)


def cosines(device: torch.device) -> Tensor:
    """The orthonormal DCT-II of 8 samples, (8, 8), a frequency a row."""
    k = torch.arange(BLOCK, device=device, dtype=torch.float32)
    matrix = torch.cos(math.pi / BLOCK * (k[None] + 0.5) * k[:, None]) * math.sqrt(2 / BLOCK)
    matrix[0] /= math.sqrt(2)
    return matrix


def jpeg_sigma(quality: Tensor) -> Tensor:
    """How strong the error of a quality is on photographs (standard deviation in 0-1, typical)."""
    return SIGMA_AT_50 * scale_of(quality).clamp(min=LEAST_SCALE) ** SIGMA_POWER
