"""A denoiser made in seconds by the real trainer and the real export, for tests.

It is trained for nothing: random weights where training starts with zeros make it change every
sample and see as far as its shape lets it. What holds for any weights is tested with it; what
needs a denoiser that denoises is tested with the one that ships.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from pellucid.nets.denoiser import Denoiser, DenoiserShape
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.export_denoiser import export_denoiser
from pellucid.train.recipe import DenoiserRecipe
from tiny_model import synthetic_tiles

SHAPE = DenoiserShape(widths=(8, 12), before=(1,), middle=1, after=(1,))
RECIPE = DenoiserRecipe(
    name="tiny", shape=SHAPE, patch=32, batch=8, last_patch=64, rate=4e-3, ema=0.9
)
TOML = """\
kind = "denoiser"
name = "tiny"
patch = 32
batch = 4
rate = 4e-3

[shape]
widths = [8, 12]
before = [1]
middle = 1
after = [1]
"""
SPREAD = 0.06  # of the last layer's random weights: about as much is taken off as is told


@contextmanager
def quick() -> Iterator[None]:
    """One thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def new_trainer(recipe: DenoiserRecipe = RECIPE) -> DenoiserTrainer:
    """At step 0."""
    with quick():
        return DenoiserTrainer(recipe, synthetic_tiles(6), torch.device("cpu"))


def train(trainer: DenoiserTrainer, steps: int, *, of: int) -> None:
    """Take `steps` steps of a run of `of`."""
    with quick():
        for _ in range(steps):
            trainer.step(trainer.progress.step / of)


@torch.no_grad()
def ruffle(net: Denoiser, spread: float = SPREAD) -> None:
    """Random weights for the layer that training starts as nothing."""
    generator = torch.Generator().manual_seed(7)
    draws = torch.randn(net.leave.weight.shape, generator=generator)
    net.leave.weight.copy_(spread * draws)


def noise_of(net: Denoiser, noisy: Tensor, maps: Tensor) -> Tensor:
    """What `net` takes off, as the exported graph gives it."""
    with quick(), torch.no_grad():
        return noisy - net(noisy, maps)


def export(trainer: DenoiserTrainer, folder: Path) -> Path:
    """Write it as a model; returns the model's folder, `folder`/denoise-tiny."""
    with quick():
        tiles = synthetic_tiles(1, seed=100)[..., :64, :64]
        return export_denoiser(trainer, tiles, folder / trainer.recipe.label, lambda _: None)


def build(folder: Path) -> Path:
    """Make, ruffle and export; returns the model's folder."""
    trainer = new_trainer()
    ruffle(trainer.average)
    return export(trainer, folder)
