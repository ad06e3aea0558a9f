"""Bits a symbol costs under the table it is given, as training sees it.

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
