"""Figures on held-out tiles while a model is made; results come from `pellucid bench`."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from pellucid.nets.codec import Codec
from pellucid.nets.denoiser import Denoiser
from pellucid.train.codec_trainer import CodecTrainer, rate_distortion
from pellucid.train.degrade import white_noise
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.recipe import CodecRecipe
from pellucid.train.trainer import Trainer

QUALITIES = (10, 30, 50, 70, 90)
STRENGTHS = (15, 25, 50)  # of 255


def judge(trainer: Trainer, tiles: Tensor) -> dict[str, float]:
    """Figures of a trainer's averaged weights on held-out `tiles`; what to watch comes first."""
    if isinstance(trainer, DenoiserTrainer):
        scores = [score(cast(Denoiser, trainer.average), tiles, sigma) for sigma in STRENGTHS]
        return {f"held_out_psnr_{row['sigma']:g}": row["psnr"] for row in scores}
    codec = cast(CodecTrainer, trainer)
    rows = validate(codec.average, tiles, codec.recipe)
    figures = {"held_out_loss": sum(row["loss"] for row in rows) / len(rows)}
    for row in rows:
        figures |= {f"held_out_{row['quality']:g}_{name}": row[name] for name in ("bpp", "psnr")}
    return figures


@torch.no_grad()
def validate(codec: Codec, tiles: Tensor, recipe: CodecRecipe) -> list[dict[str, float]]:
    """Loss, PSNR and estimated bits per pixel at a few qualities, averaged over `tiles`.

    The noise in the rate is the same every time.
    """
    device = next(codec.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
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


@torch.no_grad()
def score(net: Denoiser, tiles: Tensor, strength: int) -> dict[str, float]:
    """Mean PSNR of held-out tiles with independent noise of `strength` (of 255), same each time."""
    device = next(net.parameters()).device
    generator = torch.Generator().manual_seed(strength)  # on the host: the same on every device
    total = 0.0
    for batch in tiles.split(8):
        clean = batch.float() / 255
        noisy = clean + strength / 255 * white_noise(clean, generator)
        maps = torch.zeros(len(clean), 2, *clean.shape[2:])
        maps[:, 0] = strength / 255
        denoised = net(noisy.to(device), maps.to(device)).cpu()
        error = (denoised.clamp(0, 1) - clean).square().mean(dim=(1, 2, 3))
        total += float((-10 * torch.log10(error)).sum())
    return {"sigma": float(strength), "psnr": round(total / len(tiles), 3)}
