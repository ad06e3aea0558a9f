"""Training of the codec: lambda * distortion + bits, at all qualities at once.

The cost of a sample is divided by what it is, so that a per cent counts the same in every picture
and at every quality, as it does in a mean of BD-rates.

Two objectives. `mse` is the squared error. `eye` joins it with what people see
(`pellucid.train.eye`): the step is that of

    mse' * ((1 - w) log mse + w log dissimilarity)        mse' = mse without gradient

so that relative changes of both count alike at every quality, and lambda keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.rate import MAX_QUALITY, trade_off
from pellucid.train.data import random_crops
from pellucid.train.eye import dissimilarity
from pellucid.train.klt import start_from_klt
from pellucid.train.optimisers import adamw
from pellucid.train.recipe import CodecRecipe
from pellucid.train.trainer import Figures, Scores, Trainer

KLT_CROPS = 1500
LEAST_ERROR, LEAST_UNLIKE = 1e-9, 1e-5  # whose logarithms are still finite
LEAST_COST = 0.03  # in bits per pixel, added to what a cost is divided by: for crops of nothing
STEEPNESS = 8.0  # of the loss; clipping and rates were chosen for it
JUDGED_AT = (10, 30, 50, 70, 90)  # qualities
JUDGED_AT_ONCE = 16  # tiles


class CodecTrainer(Trainer):
    """A codec that learns all qualities at once.

    `fresh`: it starts from principal components; else from nothing, for weights to be loaded.
    """

    recipe: CodecRecipe
    net: Codec
    average: Codec

    def __init__(
        self, recipe: CodecRecipe, tiles: Tensor, device: torch.device, *, fresh: bool = True
    ) -> None:
        torch.manual_seed(recipe.seed)
        codec = Codec(recipe.shape)
        if fresh:
            crops = random_crops(tiles, KLT_CROPS, 128, torch.Generator().manual_seed(recipe.seed))
            start_from_klt(codec, crops, recipe.low_lambda, recipe.high_lambda)
        super().__init__(recipe, codec, tiles, device)
        self.measure = partial(rate_distortion, codec, recipe=recipe)

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        return [adamw(parameter_groups(self.net, self.recipe), self.device)]

    def use_bfloat16(self, wanted: bool) -> None:
        for net in (self.net.analysis, self.net.synthesis):
            net.in_bfloat16 = wanted

    def loss(self, part: float) -> tuple[Tensor, Figures]:
        batch, patch = self.crop_size(part)
        x = random_crops(self.tiles, batch, patch, self.generator)
        return self.measure(x, spread_qualities(batch, self.generator))

    def judge(self, tiles: Tensor) -> Scores:
        rows = validate(self.average, tiles, self.recipe)
        figures = {"held_out_loss": sum(row["loss"] for row in rows) / len(rows)}
        for row in rows:
            for name in ("bpp", "psnr"):
                figures[f"held_out_{row['quality']:g}_{name}"] = row[name]
        return figures


def spread_qualities(count: int, generator: torch.Generator) -> Tensor:
    """One random quality a sample, one from each of `count` equal parts of 0..100."""
    jitter = torch.rand(count, generator=generator, device=generator.device)
    parts = torch.arange(count, device=generator.device)
    return (parts + jitter) * (MAX_QUALITY / count)


def rate_distortion(
    codec: Codec, x: Tensor, quality: Tensor, *, recipe: CodecRecipe
) -> tuple[Tensor, Figures]:
    """The loss, which only has a slope that means something, and its parts.

    The figure `loss` is lambda * squared error + bits per pixel over the square root of lambda,
    whatever the objective.
    """
    return cost_of(codec(x, quality), x, quality, recipe=recipe)


def cost_of(
    coded: tuple[Tensor, Tensor, Tensor], x: Tensor, quality: Tensor, *, recipe: CodecRecipe
) -> tuple[Tensor, Figures]:
    """`rate_distortion` of what `Codec.code` returned, against x."""
    decoded, y_bits, z_bits = coded
    pixels = x.shape[-1] * x.shape[-2]
    mse = (decoded - x).square().mean(dim=(1, 2, 3))
    y_bpp, z_bpp = y_bits / pixels, z_bits / pixels
    trade = trade_off(quality, recipe.low_lambda, recipe.high_lambda)
    distortion, seen = mse, {}
    if recipe.objective == "eye":
        unlike = dissimilarity(decoded, x)
        distortion = joined(mse, unlike, recipe.eye)
        seen = {"unlike": unlike.detach().mean()}

    def cost(error: Tensor) -> Tensor:
        total: Tensor = trade * 255**2 * error + y_bpp + z_bpp
        return total

    plain = cost(mse).detach()
    figures = {
        "loss": (plain / trade.sqrt()).mean(),
        "psnr": (-10 * torch.log10(mse.detach())).mean(),
        "bpp": (y_bpp + z_bpp).detach().mean(),
        "z": z_bpp.detach().mean(),
    }
    return STEEPNESS * (cost(distortion) / (plain + LEAST_COST)).mean(), figures | seen


def joined(mse: Tensor, unlike: Tensor, weight: float) -> Tensor:
    """Squared error and dissimilarity, (N,) each, as one distortion; only its slope has a meaning.

    `weight` 0 has the slope of the squared error, 1 that of the dissimilarity.
    """
    logs = (1 - weight) * torch.log(mse + LEAST_ERROR) + weight * torch.log(unlike + LEAST_UNLIKE)
    return mse.detach() * logs


def parameter_groups(codec: Codec, recipe: CodecRecipe) -> list[dict[str, Any]]:
    """Two groups: the layers started from principal components learn more slowly."""
    ends = [(net.enter, net.leave) for net in (codec.analysis, codec.synthesis)]
    slow = [p for layers in ends for layer in layers for p in layer.parameters()]
    known = set(map(id, slow))
    rest = [p for p in codec.parameters() if id(p) not in known]
    return [
        {"params": rest, "peak": recipe.rate},
        {"params": slow, "peak": recipe.rate * recipe.linear_rate},
    ]


@torch.no_grad()
def validate(codec: Codec, tiles: Tensor, recipe: CodecRecipe) -> list[Scores]:
    """Loss, PSNR and estimated bits per pixel at a few qualities, averaged over `tiles`."""
    device = next(codec.parameters()).device
    rows = []
    with same_noise(device):
        for quality in map(float, JUDGED_AT):

            def figures_of(batch: Tensor, quality: float = quality) -> Figures:
                x = batch.to(device).float() / 255
                given = torch.full((len(x),), quality, device=device)
                return rate_distortion(codec, x, given, recipe=recipe)[1]

            rows.append({"quality": quality, **mean_figures(tiles, figures_of)})
    return rows


@contextmanager
def same_noise(device: torch.device) -> Iterator[None]:
    """The noise in the rate is the same in every such block."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        yield


def mean_figures(tiles: Tensor, figures_of: Callable[[Tensor], Figures]) -> Scores:
    """Figures of batches of `tiles` (n, 3, 256, 256) uint8, averaged over these."""
    sums: Scores = {}
    for batch in tiles.split(JUDGED_AT_ONCE):
        for name, value in figures_of(batch).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(batch) / len(tiles)
    return {name: round(value, 4) for name, value in sums.items()}
