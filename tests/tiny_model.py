"""A codec made in seconds by the real training loop and the real export, for tests.

It starts as principal components of synthetic pictures and takes a few steps, so that its pictures
are recognisable. `ruffle` then gives the layers that start as nothing random weights: windows that
are too small, or integers that differ between machines, must show.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from pellucid.nets.codec import Codec, CodecShape
from pellucid.nets.transforms import DepthConvBlock
from pellucid.train import codec_trainer
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.export import export_codec
from pellucid.train.recipe import CodecRecipe

STEPS = 6
SHAPE = CodecShape(
    trunk=16,
    latents=40,
    analysis_blocks=2,
    synthesis_blocks=2,
    hyper_latents=8,
    hyper_hidden=8,
    features=16,
    prior_hidden=16,
    context=12,
)
RECIPE = CodecRecipe(name="tiny", shape=SHAPE, patch=64, batch=4, last_patch=128)
EYE_RECIPE = replace(RECIPE, name="tiny-eye", objective="eye")
TOML = """\
name = "tiny"
patch = 64
batch = 2

[shape]
trunk = 16
latents = 40
analysis_blocks = 2
synthesis_blocks = 2
hyper_latents = 8
hyper_hidden = 8
features = 16
prior_hidden = 16
context = 12
"""


def synthetic_picture(seed: int, height: int = 256, width: int = 256) -> np.ndarray:
    """(height, width, 3) uint8: waves, straight edges and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 128
    picture = np.full((height, width, 3), 128.0)
    for _ in range(8):
        across, down, phase = rng.normal(0, 3, 3)
        picture += np.sin(x * across + y * down + phase)[..., None] * rng.normal(0, 16, 3)
    for _ in range(4):
        side = x * rng.normal() + y * rng.normal() > rng.uniform(-1, 2)
        picture += side[..., None] * rng.normal(0, 30, 3)
    picture += rng.normal(0, 2, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def synthetic_tiles(count: int, seed: int = 0) -> Tensor:
    """(count, 3, 256, 256) uint8."""
    tiles = np.stack([synthetic_picture(seed + number) for number in range(count)])
    return torch.from_numpy(tiles).permute(0, 3, 1, 2).contiguous()


@contextmanager
def quick() -> Iterator[None]:
    """One thread, and few crops for the principal components."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with mock.patch.object(codec_trainer, "KLT_CROPS", 48):
            yield
    finally:
        torch.set_num_threads(threads)


def new_trainer(recipe: CodecRecipe = RECIPE) -> CodecTrainer:
    """At step 0."""
    with quick():
        return CodecTrainer(recipe, synthetic_tiles(6), torch.device("cpu"))


def train(trainer: CodecTrainer, steps: int, *, of: int = STEPS) -> None:
    """Take `steps` steps of a run of `of`."""
    with quick():
        for _ in range(steps):
            trainer.step(trainer.progress.step / of)


@torch.no_grad()
def ruffle(codec: Codec) -> None:
    """Random weights for the layers that training starts as nothing."""
    generator = torch.Generator().manual_seed(7)

    def add(parameter: Tensor, spread: float) -> None:
        parameter.add_(spread * torch.randn(parameter.shape, generator=generator))

    for module in codec.modules():
        if isinstance(module, DepthConvBlock):
            add(module.leave.weight, 0.1)
            add(module.narrow.weight, 0.1)
    for head in (codec.hyper_decoder, codec.spatial_prior):
        add(head.index.weight, 0.3)
        add(head.mean.weight, 0.05)
    prior = codec.spatial_prior
    add(prior.predictor.weight, 0.1)
    add(prior.diagonal.weight, 0.1)
    add(prior.centre_offset, 0.3)


def export(trainer: CodecTrainer, folder: Path) -> Path:
    """Write it as a model; returns the model's folder, of its recipe's name, in `folder`."""
    place = folder / trainer.recipe.label
    with quick():
        return export_codec(trainer, synthetic_tiles(2, seed=100), place, lambda _: None)


def build(folder: Path, recipe: CodecRecipe = RECIPE) -> Path:
    """Train, ruffle and export; returns the model's folder."""
    trainer = new_trainer(recipe)
    train(trainer, STEPS)
    ruffle(trainer.average)
    return export(trainer, folder)
