"""A recipe and weights to a trainer on a device.

Apart from exporting, so that a machine which is lent for training needs PyTorch, NumPy and Pillow
alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from pellucid.errors import OptionError
from pellucid.train.checkpoint import read_state
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.recipe import DenoiserRecipe, Recipe
from pellucid.train.trainer import Trainer


def make_trainer(
    recipe: Recipe,
    tiles: Tensor,
    device: torch.device,
    start: Path | None,
    *,
    resumed: bool = False,
) -> Trainer:
    """The trainer of a recipe, from its own start or from weights.

    Args:
        resumed: a checkpoint will be loaded into it.
    """
    trainer: Trainer
    if isinstance(recipe, DenoiserRecipe):
        trainer = DenoiserTrainer(recipe, tiles, device)
    else:
        trainer = CodecTrainer(recipe, tiles, device, fresh=not (start or resumed))
    if start:
        trainer.start_from(read_state(start, trainer.device), start)
    return trainer


def choose_device(name: str) -> torch.device:
    """`auto` takes an accelerator if there is one."""
    if name not in ("auto", "cpu", "cuda"):
        raise OptionError(f"device {name!r} is not one of auto, cpu, cuda")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        if not torch.cuda.is_available():
            raise OptionError("there is no device cuda that PyTorch can use; choose cpu or auto")
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = False  # deviations and 15-bit integers need more digits
        torch.backends.cudnn.benchmark = True
    else:
        os.environ.setdefault("KMP_BLOCKTIME", "0")
    return torch.device(name)
