"""Rate as training sees it: one model for all, rounding that gradients can pass, bits of a symbol.

Gain units (Cui et al. 2021): a vector of factors per quality, multiplied on channels. Here the
vectors are learned at 11 anchors (quality 0, 10, .. 100) as logarithms and interpolated linearly
in between, which makes the factors exponential in quality.

The codec trains with uniform noise in place of rounding where a rate is estimated, and with
straight-through rounding where the decoder or the context reads the value (Minnen & Singh 2020,
"mixed" quantisation).

Tables stand for logistic distributions whose scale grows by 2^(1/6) from one index to the next;
export replaces their shapes by what was counted (`pellucid.train.export`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

ANCHORS = 11
MAX_QUALITY = 100
TABLES = 64
SMALLEST_SCALE = 0.04
TABLES_PER_OCTAVE = 6
LEAST_PROBABILITY = 2.0**-20


class QualityTable(nn.Module):
    """A learned row of `channels` numbers for each quality in 0..100, fractions allowed.

    `rate` multiplies the learned part: the learning rate of this table relative to the net's.
    """

    start: Tensor

    def __init__(self, channels: int, *, rate: float = 1.0) -> None:
        super().__init__()
        self.rate = rate
        self.register_buffer("start", torch.zeros(ANCHORS, channels))
        self.learned = nn.Parameter(torch.zeros(ANCHORS, channels))

    def set_start(self, rows: Tensor) -> None:
        """Set the values before training at the anchors, (11, channels)."""
        self.start.copy_(rows)

    def forward(self, quality: Tensor) -> Tensor:
        """(N,) qualities -> (N, channels, 1, 1)."""
        table = self.start + self.rate * self.learned
        position = quality * ((ANCHORS - 1) / MAX_QUALITY)
        low = position.floor().clamp(0, ANCHORS - 2).long()
        part = (position - low)[:, None]
        rows = table[low] * (1 - part) + table[low + 1] * part
        return rows[:, :, None, None]


def anchor_qualities() -> Tensor:
    """The qualities at which tables are learned: 0, 10, .. 100."""
    return torch.linspace(0, MAX_QUALITY, ANCHORS)


def trade_off(quality: Tensor, low: float, high: float) -> Tensor:
    """Lambda for a quality: log-spaced from `low` at 0 to `high` at 100."""
    return low * (high / low) ** (quality / MAX_QUALITY)


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
