"""Checkpoints: everything that a run needs to go on elsewhere, written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from pellucid.errors import InputError

if TYPE_CHECKING:
    from pellucid.train.loop import CodecTrainer


def save_checkpoint(path: Path, trainer: CodecTrainer) -> None:
    """Write weights, average, optimiser, random state and progress to `path`."""
    state = {
        "recipe": trainer.recipe.name,
        "shape": asdict(trainer.recipe.shape),
        "codec": trainer.codec.state_dict(),
        "average": trainer.average.state_dict(),
        "optimiser": trainer.optimiser.state_dict(),
        "generator": trainer.generator.get_state(),
        "noise": torch.get_rng_state(),
        "progress": asdict(trainer.progress),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def load_checkpoint(path: Path, trainer: CodecTrainer) -> None:
    """Set `trainer` to where the run that wrote `path` was."""
    state = torch.load(path, map_location=trainer.device, weights_only=True)
    if state["shape"] != asdict(trainer.recipe.shape):
        raise InputError(f"{path} holds a net of shape {state['shape']}, not the recipe's")
    trainer.codec.load_state_dict(state["codec"])
    trainer.average.load_state_dict(state["average"])
    trainer.optimiser.load_state_dict(state["optimiser"])
    trainer.generator.set_state(state["generator"].cpu())
    torch.set_rng_state(state["noise"].cpu())
    for name, value in state["progress"].items():
        setattr(trainer.progress, name, value)
