"""Figures on held-out tiles while a model is made; results come from `pellucid bench`."""

from __future__ import annotations

import torch
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.train.codec_trainer import rate_distortion
from pellucid.train.recipe import CodecRecipe

QUALITIES = (10, 30, 50, 70, 90)


def held_out_loss(rows: list[dict[str, float]]) -> float:
    """The mean of the losses at all qualities."""
    return sum(row["loss"] for row in rows) / len(rows)


@torch.no_grad()
def validate(codec: Codec, tiles: Tensor, recipe: CodecRecipe) -> list[dict[str, float]]:
    """Loss, PSNR and estimated bits per pixel at a few qualities, averaged over `tiles`.

    The noise in the rate is the same every time.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return [average_at(quality, codec, tiles, recipe) for quality in QUALITIES]


def average_at(quality: int, codec: Codec, tiles: Tensor, recipe: CodecRecipe) -> dict[str, float]:
    """The figures at one quality."""
    device = next(codec.parameters()).device
    sums: dict[str, float] = {}
    for batch in tiles.split(16):
        x = batch.to(device).float() / 255
        qualities = torch.full((len(x),), float(quality), device=device)
        _, figures = rate_distortion(codec, x, qualities, recipe=recipe)
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(x) / len(tiles)
    row = {name: round(value, 4) for name, value in sums.items()}
    return {"quality": float(quality), **row}
