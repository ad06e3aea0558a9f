"""One model for every rate: per-channel vectors that depend on the quality.

Gain units (Cui et al. 2021): a vector of factors per quality, multiplied on channels. Here the
vectors are learned at 11 anchors (quality 0, 10, .. 100) as logarithms and interpolated linearly
in between, which makes the factors exponential in quality.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ANCHORS = 11
MAX_QUALITY = 100


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
