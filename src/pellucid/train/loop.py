"""The training loop of the codec, bounded by time and resumable at any point.

The learning rate follows the time budget (warm-up, then a cosine to zero), so a run that ends is a
finished model whatever the machine; what is exported is the moving average of the weights.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from pellucid.nets.codec import Codec
from pellucid.nets.quality import MAX_QUALITY, trade_off
from pellucid.train.checkpoint import load_checkpoint, save_checkpoint
from pellucid.train.data import random_crops
from pellucid.train.klt import start_from_klt
from pellucid.train.recipe import CodecRecipe

LONGEST_STEP = 10.0  # seconds; a longer one means that the process was paused
KLT_CROPS = 1500
REPORT_EVERY = 200
SAVE_EVERY = 120.0  # seconds of training


@dataclass
class Progress:
    """What a checkpoint keeps beside the tensors."""

    step: int = 0
    seconds: float = 0.0
    pixels: int = 0


class CodecTrainer:
    """A codec, its optimiser, its average, and how far they are."""

    def __init__(self, recipe: CodecRecipe, tiles: Tensor, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.tiles, self.device = recipe, tiles, device
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.codec = Codec(recipe.shape)
        crops = random_crops(tiles, KLT_CROPS, 128, self.generator).cpu()
        start_from_klt(self.codec, crops, recipe.low_lambda, recipe.high_lambda)
        self.codec.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.codec).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(parameter_groups(self.codec, recipe), weight_decay=0.0)
        self.progress = Progress()

    def run(
        self, minutes: float, checkpoint: Path, report: Callable[[str], None], *, resume: bool
    ) -> None:
        """Train until `minutes` have been spent in all, earlier runs included."""
        if resume and checkpoint.exists():
            load_checkpoint(checkpoint, self)
            report(f"resumed at step {self.progress.step}, {self.progress.seconds / 60:.1f} min")
        saved = self.progress.seconds
        sums: dict[str, float] = {}
        count = 0
        while self.progress.seconds < 60 * minutes:
            started = time.monotonic()
            for name, value in self.step(self.progress.seconds / (60 * minutes)).items():
                sums[name] = sums.get(name, 0.0) + value
            count += 1
            self.progress.seconds += min(time.monotonic() - started, LONGEST_STEP)
            if self.progress.step % REPORT_EVERY == 0:
                report(describe(self.progress, {k: v / count for k, v in sums.items()}))
                sums, count = {}, 0
            if self.progress.seconds - saved > SAVE_EVERY:
                save_checkpoint(checkpoint, self)
                saved = self.progress.seconds
        save_checkpoint(checkpoint, self)

    def step(self, part: float) -> dict[str, float]:
        """One step at `part` (0-1) of the time budget; returns figures to report."""
        recipe = self.recipe
        patch, batch = recipe.patch, recipe.batch
        if part > 1 - recipe.last_part:
            patch = recipe.last_patch
            batch = max(1, round(batch * (recipe.patch / patch) ** 2))
        x = random_crops(self.tiles, batch, patch, self.generator).to(self.device)
        quality = self.spread_qualities(batch)
        loss, figures = rate_distortion(self.codec, x, quality, recipe)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * learning_rate(part, recipe.warmup)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.codec.parameters(), recipe.clip)
        self.optimiser.step()
        self.progress.step += 1
        self.progress.pixels += batch * patch * patch
        move_average(self.average, self.codec, recipe.ema, self.progress.step)
        return figures

    def spread_qualities(self, count: int) -> Tensor:
        """One random quality a sample, one from each of `count` equal parts of 0..100."""
        jitter = torch.rand(count, generator=self.generator)
        return ((torch.arange(count) + jitter) * (MAX_QUALITY / count)).to(self.device)


def rate_distortion(
    codec: Codec, x: Tensor, quality: Tensor, recipe: CodecRecipe
) -> tuple[Tensor, dict[str, float]]:
    """The loss lambda * MSE + bits per pixel, balanced over qualities, and its parts."""
    output = codec(x, quality)
    pixels = x.shape[-1] * x.shape[-2]
    mse = (output.decoded - x).square().mean(dim=(1, 2, 3))
    y_bpp, z_bpp = output.y_bits / pixels, output.z_bits / pixels
    trade = trade_off(quality, recipe.low_lambda, recipe.high_lambda)
    costs = trade * 255**2 * mse + y_bpp + z_bpp
    loss = (costs / trade**recipe.balance).mean()
    figures = {
        "loss": loss.item(),
        "psnr": (-10 * torch.log10(mse)).mean().item(),
        "bpp": (y_bpp + z_bpp).mean().item(),
        "z": z_bpp.mean().item(),
    }
    return loss, figures


def parameter_groups(codec: Codec, recipe: CodecRecipe) -> list[dict[str, object]]:
    """Two groups: the layers started from principal components learn more slowly."""
    layers = [codec.analysis.enter, codec.analysis.leave]
    layers += [codec.synthesis.enter, codec.synthesis.leave]
    slow = {id(p) for layer in layers for p in layer.parameters()}
    rest = [p for p in codec.parameters() if id(p) not in slow]
    return [
        {"params": rest, "peak": recipe.rate},
        {
            "params": [p for p in codec.parameters() if id(p) in slow],
            "peak": recipe.rate * recipe.linear_rate,
        },
    ]


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
