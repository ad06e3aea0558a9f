"""Rounding that gradients can pass, and the bits a symbol costs, as training sees them.

The codec trains with uniform noise in place of rounding where a rate is estimated, and with
straight-through rounding where the decoder or the context reads the value (Minnen & Singh 2020,
"mixed" quantisation).

Tables stand for logistic distributions whose scale grows by 2^(1/6) from one index to the next;
export replaces their shapes by what was counted (`pellucid.train.tables`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TABLES = 64
SMALLEST_SCALE = 0.04
TABLES_PER_OCTAVE = 6
LEAST_PROBABILITY = 2.0**-20


def round_through(x: Tensor) -> Tensor:
    """Round half up, as the integer layers do; the gradient passes as if nothing had happened."""
    return x + (torch.floor(x + 0.5) - x).detach()


def add_noise(x: Tensor) -> Tensor:
    """Add uniform noise in [-1/2, 1/2), the usual stand-in for rounding in a rate term."""
    return x + torch.rand_like(x) - 0.5


def scale_of(index: Tensor) -> Tensor:
    """Table index (fractions allowed) -> logistic scale in quantiser steps."""
    return SMALLEST_SCALE * torch.exp2(index / TABLES_PER_OCTAVE)


def index_of(deviation: Tensor) -> Tensor:
    """Standard deviation in quantiser steps -> table index, not rounded."""
    scale = deviation.clamp_min(1e-6) * (math.sqrt(3) / math.pi)
    return torch.log2(scale / SMALLEST_SCALE) * TABLES_PER_OCTAVE


def bits(residual: Tensor, index: Tensor) -> Tensor:
    """-log2 P(residual +- 1/2), elementwise; `residual` = noisy value minus mean."""
    inverse = 1 / scale_of(index)
    distance = residual.abs()
    upper = torch.sigmoid((0.5 - distance) * inverse)
    lower = torch.sigmoid((-0.5 - distance) * inverse)
    return -torch.log2((upper - lower).clamp_min(LEAST_PROBABILITY))
