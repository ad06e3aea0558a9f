"""Random numbers for training, and constants, without ever waiting for the training device.

A GPU works through a queue; whoever asks it for a number waits until the queue is empty. So what
Python must know, such as which pictures get which noise, is drawn on the CPU, and what only enters
arithmetic is drawn on the device. What goes from the CPU to a GPU goes by page-locked memory, which
is the only kind that is copied without a wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

APART = 1  # between the seeds of two generators


@dataclass(frozen=True)
class Dice:
    """Two sources of random numbers; a training device that is the CPU has one for both.

    Attributes:
        host: on the CPU, for `chance` and `whole`.
        device: on the training device, for noise and for a number a picture, (count, 1, 1, 1).
    """

    host: torch.Generator
    device: torch.Generator

    @classmethod
    def seeded(cls, seed: int, device: torch.device) -> Dice:
        """For tensors on `device`."""
        own = torch.Generator(device).manual_seed(seed)
        if device.type == "cpu":
            return cls(own, own)
        return cls(torch.Generator().manual_seed(seed + APART), own)

    @property
    def generators(self) -> list[torch.Generator]:
        """Each once, the device's first; their states are all there is to save."""
        return [self.device] if self.host is self.device else [self.device, self.host]

    def evenly(self, count: int) -> Tensor:
        """Numbers of 0-1."""
        return torch.rand(count, 1, 1, 1, generator=self.device, device=self.device.device)

    def uniform(self, count: int, low: float, high: float, *, power: float = 1.0) -> Tensor:
        """From low to high; a `power` above 1 favours low values."""
        return low + (high - low) * self.evenly(count) ** power

    def log_uniform(self, count: int, low: float, high: float) -> Tensor:
        """With evenly spread logarithms."""
        return low * (high / low) ** self.evenly(count)

    def coins(self, count: int, probability: float) -> Tensor:
        """Of bool, each True with this probability."""
        return self.evenly(count) < probability

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Standard normal numbers."""
        return torch.randn(shape, generator=self.device, device=self.device.device)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(torch.rand((), generator=self.host) < probability)

    def whole(self, high: int) -> int:
        """A whole number from 0 to high - 1."""
        return int(torch.randint(high, (), generator=self.host))


def moved(values: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU on a device."""
    if device.type == "cuda":
        values = values.pin_memory()
    return values.to(device, non_blocking=True)


@cache
def constant(values: tuple[Any, ...], device: torch.device) -> Tensor:
    """Numbers, in tuples as deep as the tensor has axes, on a device. Not to be written to."""
    return moved(torch.tensor(values), device)
