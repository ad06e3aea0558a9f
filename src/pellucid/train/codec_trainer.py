"""Training of the codec: lambda * MSE + bits, at all qualities at once."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.quality import MAX_QUALITY, trade_off
from pellucid.train.data import random_crops
from pellucid.train.klt import start_from_klt
from pellucid.train.recipe import CodecRecipe
from pellucid.train.trainer import Trainer

KLT_CROPS = 1500


class CodecTrainer(Trainer):
    """A codec that starts from principal components and learns all qualities at once."""

    recipe: CodecRecipe

    def __init__(self, recipe: CodecRecipe, tiles: Tensor, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        codec = Codec(recipe.shape)
        crops = random_crops(tiles, KLT_CROPS, 128, torch.Generator().manual_seed(recipe.seed))
        start_from_klt(codec, crops.cpu(), recipe.low_lambda, recipe.high_lambda)
        super().__init__(recipe, codec, tiles, device)

    @property
    def codec(self) -> Codec:
        """The net in training."""
        return cast(Codec, self.net)

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        return [torch.optim.AdamW(parameter_groups(self.codec, self.recipe), weight_decay=0.0)]

    def loss(self, part: float) -> tuple[Tensor, dict[str, float], int]:
        batch, patch = self.crop_size(part)
        x = random_crops(self.tiles, batch, patch, self.generator).to(self.device)
        loss, figures = rate_distortion(self.codec, x, self.spread_qualities(batch), self.recipe)
        return loss, figures, batch * patch * patch

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
