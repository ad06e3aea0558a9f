"""Training of an analysis that leaves the noise out, for a codec that stays as it is.

Noisy crops with their noise level maps go in (`pellucid.train.degrade`), and what the codec decodes
is compared with the clean ones. Two objectives, the cheap one first:

    latents  the y that the codec's own analysis gives of the clean crop: the squared difference in
             the synthesis' unit, relative to the error of rounding there
    rate     the codec's: lambda * distortion + bits, through its entropy model and synthesis, with
             the distortion that it was tuned for

Only the analysis learns; the codec comes from its model's folder and takes no gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.denoiser import MAPS
from pellucid.nets.denoising_analysis import DenoisingAnalysis
from pellucid.nets.rate import MAX_QUALITY
from pellucid.runtime import locate
from pellucid.train.codec_trainer import cost_of, mean_figures, same_noise, spread_qualities
from pellucid.train.data import random_crops
from pellucid.train.degrade import Dice, degrade
from pellucid.train.import_codec import import_codec
from pellucid.train.optimisers import adamw
from pellucid.train.recipe import AnalysisRecipe, CodecRecipe
from pellucid.train.trainer import Figures, Scores, Trainer

ROUNDING = 1 / 12  # variance of rounding, in squared quantiser steps
JUDGED_AT = (5, 10, 25)  # strengths of white noise, of 255,
QUALITIES = (20.0, 50.0, 80.0, 100.0)  # and qualities


class AnalysisTrainer(Trainer):
    """An analysis that starts as the codec's own, with blocks in front that do nothing."""

    recipe: AnalysisRecipe
    net: DenoisingAnalysis
    average: DenoisingAnalysis

    def __init__(self, recipe: AnalysisRecipe, tiles: Tensor, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.folder = locate(recipe.codec, "codec")
        self.codec, self.codec_recipe = import_codec(self.folder)
        self.codec.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        net = DenoisingAnalysis(self.codec.shape, recipe.cleaning)
        net.load_state_dict(self.codec.analysis.state_dict(), strict=False)
        super().__init__(recipe, net, tiles, device)
        self.dice = Dice.seeded(recipe.seed, device)
        self.generators += self.dice.generators
        self.measure = self.error

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        fresh = [*self.net.clean.parameters(), *self.net.told.parameters()]
        new = set(map(id, fresh))
        known = [p for p in self.net.parameters() if id(p) not in new]
        rate, slow = self.recipe.rate, self.recipe.rate * self.recipe.known_rate
        groups = [{"params": fresh, "peak": rate}, {"params": known, "peak": slow}]
        return [adamw(groups, self.device)]

    def use_bfloat16(self, wanted: bool) -> None:
        for net in (self.net, self.codec.analysis, self.codec.synthesis):
            net.in_bfloat16 = wanted

    def loss(self, part: float) -> tuple[Tensor, Figures]:
        batch, patch = self.crop_size(part)
        clean = random_crops(self.tiles, batch, patch, self.generator)
        sample = degrade(clean, self.recipe.mixture, self.dice)
        quality = spread_qualities(batch, self.generator)
        return self.measure(sample.noisy, sample.maps, sample.clean, quality)

    def error(
        self, noisy: Tensor, maps: Tensor, clean: Tensor, quality: Tensor
    ) -> tuple[Tensor, Figures]:
        """The loss of a batch with its noise level `maps`, and figures."""
        y = encode(self.codec, self.net, noisy, maps, quality)
        if self.recipe.objective == "latents":
            return self.unlike(y, clean, quality)
        return cost_of(self.codec.code(y, quality), clean, quality, recipe=self.codec_recipe)

    def unlike(self, y: Tensor, clean: Tensor, quality: Tensor) -> tuple[Tensor, Figures]:
        """Logarithm of the latents' squared error, with that of rounding added."""
        with torch.no_grad():
            wanted = self.codec.encode(clean, quality)
            size = torch.exp2(self.codec.log_inverse_gain(quality))
            rounding = ROUNDING * size.square().mean(dim=(1, 2, 3))
        error = ((y - wanted) * size).square().mean(dim=(1, 2, 3))
        loss = torch.log2(1 + error / rounding).mean()
        return loss, {"loss": loss.detach()}

    def judge(self, tiles: Tensor) -> Scores:
        figures: Scores = {"held_out_loss": 0.0}
        rows = list(scores(self.codec, self.average, tiles, self.codec_recipe))
        for row in rows:
            figures["held_out_loss"] += row["loss"] / len(rows)
            if row["quality"] == MAX_QUALITY:
                figures[f"held_out_psnr_{row['sigma']:g}"] = row["psnr"]
        return figures


def encode(
    codec: Codec, net: DenoisingAnalysis, noisy: Tensor, maps: Tensor, quality: Tensor
) -> Tensor:
    """What `Codec.encode` gives, by another analysis."""
    y = net(noisy, torch.exp2(codec.log_analysis_scale(quality)), maps)
    steps: Tensor = y * torch.exp2(codec.log_gain(quality))
    return steps


@torch.no_grad()
def scores(
    codec: Codec, net: DenoisingAnalysis, tiles: Tensor, recipe: CodecRecipe
) -> Iterator[dict[str, Any]]:
    """Loss, PSNR and bits per pixel against the clean `tiles`, by strength and quality.

    Noise is the same every time, in the picture and in the rate.
    """
    device = next(net.parameters()).device
    codec.synthesis.in_bfloat16 = net.in_bfloat16 = False  # figures of any processor
    for strength, quality in product(JUDGED_AT, QUALITIES):
        draws = torch.Generator().manual_seed(strength)  # on the host: the same on every device
        level = strength / 255

        def figures_of(
            batch: Tensor,
            quality: float = quality,
            level: float = level,
            draws: torch.Generator = draws,
        ) -> Figures:
            clean = batch.float() / 255
            noisy = clean + level * torch.randn(clean.shape, generator=draws)
            noisy = (torch.round(noisy.clamp(0, 1) * 255) / 255).to(device)  # as in a file
            clean = clean.to(device)
            maps = clean.new_zeros(len(clean), MAPS, *clean.shape[2:])
            maps[:, 0] = level
            given = torch.full((len(clean),), quality, device=device)
            coded = codec.code(encode(codec, net, noisy, maps, given), given)
            return cost_of(coded, clean, given, recipe=recipe)[1]

        with same_noise(device):
            yield {"sigma": strength, "quality": quality} | mean_figures(tiles, figures_of)
