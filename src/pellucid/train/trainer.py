"""The training loop that all models share: bounded by time and resumable at any point.

The learning rate follows the time budget (warm-up, then a cosine to zero), so a run that ends is a
finished model whatever the machine; what is exported is the moving average of the weights.
"""

from __future__ import annotations

import copy
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pellucid.train.checkpoint import load_checkpoint, save_checkpoint
from pellucid.train.parallel import ALONE, Crew

LONGEST_STEP = 10.0  # seconds; a longer one means that the process was paused
REPORT_EVERY = 200
SAVE_EVERY = 120.0  # seconds of training


@dataclass
class Progress:
    """What a checkpoint keeps beside the tensors."""

    step: int = 0
    seconds: float = 0.0
    pixels: int = 0


class Trainer(ABC):
    """A net, its optimisers, its average, and how far they are.

    Args:
        recipe: with name, shape, ema and clip.
        net: where training starts; moved to the device.
        tiles: (n, 3, 256, 256) uint8.
    """

    def __init__(self, recipe: Any, net: nn.Module, tiles: Tensor, device: torch.device) -> None:
        self.recipe, self.tiles, self.device = recipe, tiles, device
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.generators = [self.generator]  # all whose states a checkpoint keeps
        self.net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.optimisers = self.make_optimisers()
        self.progress = Progress()
        self.crew: Crew = ALONE
        self.since = time.monotonic()  # when the last step's time was taken

    @abstractmethod
    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        """What moves the net; each group of parameters has its highest rate under `peak`."""

    @abstractmethod
    def loss(self, part: float) -> tuple[Tensor, dict[str, float], int]:
        """The loss of a fresh batch, figures to report, and the pixels it holds."""

    def run(
        self, minutes: float, checkpoint: Path, report: Callable[[str], None], *, resume: bool
    ) -> None:
        """Train until `minutes` have been spent in all, earlier runs included."""
        if resume and checkpoint.exists():
            load_checkpoint(checkpoint, self)
            if self.crew.leads:
                report(
                    f"resumed at step {self.progress.step}, {self.progress.seconds / 60:.1f} min"
                )
        self.crew.part_ways(self.generators, self.recipe.seed, self.progress.step)
        self.since = time.monotonic()
        saved = self.progress.seconds
        sums: dict[str, float] = {}
        count = 0
        while self.progress.seconds < 60 * minutes:
            for name, value in self.step(self.progress.seconds / (60 * minutes)).items():
                sums[name] = sums.get(name, 0.0) + value
            count += 1
            if self.crew.leads and self.progress.step % REPORT_EVERY == 0:
                report(describe(self.progress, {k: v / count for k, v in sums.items()}))
                sums, count = {}, 0
            if self.crew.leads and self.progress.seconds - saved > SAVE_EVERY:
                save_checkpoint(checkpoint, self)
                saved = self.progress.seconds
        if self.crew.leads:
            save_checkpoint(checkpoint, self)

    def step(self, part: float) -> dict[str, float]:
        """One step at `part` (0-1) of the time budget; returns figures to report."""
        loss, figures, pixels = self.loss(part)
        rate = learning_rate(part, self.recipe.warmup)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * rate
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        now = time.monotonic()
        took = min(now - self.since, LONGEST_STEP)
        self.progress.seconds += self.crew.agree(self.net, took)
        self.since = now
        nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        self.progress.step += 1
        self.progress.pixels += pixels * self.crew.count
        move_average(self.average, self.net, self.recipe.ema, self.progress.step)
        return figures

    def crop_size(self, part: float) -> tuple[int, int]:
        """Number and side of a step's crops: fewer and larger ones towards the end."""
        recipe = self.recipe
        if part <= 1 - recipe.last_part:
            return recipe.batch, recipe.patch
        batch = round(recipe.batch * (recipe.patch / recipe.last_patch) ** 2)
        return max(1, batch), recipe.last_patch


def learning_rate(part: float, warmup: float) -> float:
    """Relative rate at `part` of the budget: linear warm-up, then a cosine to zero."""
    if part < warmup:
        return part / warmup + 1e-3
    return 0.5 * (1 + math.cos(math.pi * (part - warmup) / (1 - warmup)))


@torch.no_grad()
def move_average(average: nn.Module, current: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of the weights, short at first."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    pairs = zip(average.parameters(), current.parameters(), strict=True)
    for mean, value in pairs:
        mean.lerp_(value, weight)


def describe(progress: Progress, figures: dict[str, float]) -> str:
    """One line of the log."""
    parts = " ".join(f"{name} {value:.4f}" for name, value in figures.items())
    speed = progress.pixels / max(progress.seconds, 1e-9) / 1e6
    return f"{progress.seconds / 60:7.2f} min  step {progress.step}  {parts}  {speed:.2f} Mpx/s"
