"""Training of the denoiser: all kinds and strengths of noise at once, squared error.

A sample's error is divided by its typical size at that strength of noise, so that weak noise counts
as much as strong; brightness that moves over a whole crop counts extra. Convolutions run in
bfloat16 where the hardware has it (twice as fast, also on CPUs); weights, the loss and what is
added to the picture stay in float32.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from pellucid.nets.denoiser import Denoiser
from pellucid.train.data import random_crops, textured
from pellucid.train.degrade import Dice, degrade
from pellucid.train.muon import ConvolutionMuon
from pellucid.train.recipe import DenoiserRecipe
from pellucid.train.trainer import Trainer

ERROR_POWER = 1.15  # of a denoiser: the mean squared error grows as sigma to this power
FLOOR = 2 / 255  # strengths below this weigh as this
LOSS_SCALE = 20.0  # brings the loss near 1
SHIFT_WEIGHT = 4.0  # of a channel's mean, whose error counts little among that of all samples


class DenoiserTrainer(Trainer):
    """A denoiser that starts as the identity."""

    recipe: DenoiserRecipe

    def __init__(self, recipe: DenoiserRecipe, tiles: Tensor, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        super().__init__(recipe, Denoiser(recipe.shape), textured(tiles, recipe.texture), device)
        self.dice = Dice.seeded(recipe.seed, device)
        self.generators += self.dice.generators

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        """Muon for all layers but the last, whose output is noise in the picture's own unit."""
        last = list(cast(Denoiser, self.net).leave.parameters())
        hidden = [weight for weight in self.net.parameters() if weight is not last[0]]
        return [
            ConvolutionMuon(hidden, self.recipe.rate),
            torch.optim.AdamW([{"params": last, "peak": self.recipe.last_rate}], weight_decay=0.0),
        ]

    def loss(self, part: float) -> tuple[Tensor, dict[str, Any], int]:
        batch, patch = self.crop_size(part)
        clean = random_crops(self.tiles, batch, patch, self.generator).to(self.device)
        sample = degrade(clean, self.recipe.mixture, self.dice)
        noisy = sample.noisy.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.bfloat16):
            out = self.net(noisy, sample.maps)
        wrong = out.float() - sample.clean
        error = wrong.square().mean(dim=(1, 2, 3))
        shift = wrong.mean(dim=(2, 3)).square().mean(dim=1)
        told = sample.maps.sum(dim=1).square().mean(dim=(1, 2)).sqrt()
        expected = told.clamp(min=FLOOR) ** ERROR_POWER
        loss = ((error + SHIFT_WEIGHT * shift) / expected).mean() * LOSS_SCALE
        gain = 10 * torch.log10((sample.noisy - sample.clean).square().mean() / error.mean())
        return loss, {"loss": loss.detach(), "gain": gain.detach()}, batch * patch * patch
