"""Random numbers on the device of a generator."""

from __future__ import annotations

import torch
from torch import Tensor


def uniform(
    count: int, low: float, high: float, generator: torch.Generator, *, power: float = 1.0
) -> Tensor:
    """(count,) from low to high; a `power` above 1 favours low values."""
    draws = torch.rand(count, generator=generator, device=generator.device)
    return low + (high - low) * draws**power


def log_uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """(count,) with evenly spread logarithms."""
    draws = torch.rand(count, generator=generator, device=generator.device)
    return low * (high / low) ** draws


def normal(shape: torch.Size | tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Standard normal numbers."""
    return torch.randn(shape, generator=generator, device=generator.device)


def chance(probability: float, generator: torch.Generator) -> bool:
    """True with this probability."""
    return bool(torch.rand((), generator=generator, device=generator.device) < probability)


def whole(high: int, generator: torch.Generator) -> int:
    """A whole number from 0 to high - 1."""
    return int(torch.randint(high, (), generator=generator, device=generator.device))


def per_picture(values: Tensor) -> Tensor:
    """(N,) -> (N, 1, 1, 1)."""
    return values[:, None, None, None]
