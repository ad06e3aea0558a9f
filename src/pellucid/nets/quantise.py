"""Rounding that gradients can pass: straight-through, and uniform noise in its place.

The codec trains with both at once (Minnen & Singh 2020, "mixed" quantisation): noise where a rate
is estimated, straight-through rounding where the decoder or the context reads the value.
"""

from __future__ import annotations

import torch
from torch import Tensor


def round_through(x: Tensor) -> Tensor:
    """Round half up, as the integer layers do; the gradient passes as if nothing had happened."""
    return x + (torch.floor(x + 0.5) - x).detach()


def add_noise(x: Tensor) -> Tensor:
    """Add uniform noise in [-1/2, 1/2), the usual stand-in for rounding in a rate term."""
    return x + torch.rand_like(x) - 0.5
