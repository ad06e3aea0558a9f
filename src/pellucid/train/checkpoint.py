"""Checkpoints: what a run needs to go on, written whole or not at all.

A checkpoint holds everything (weights, average, optimisers, random state) and continues a run as if
it had never stopped. *Weights* hold the average alone in half precision, small enough to keep in
the repository; a new run can start from them, also with more blocks than they have, because an
untrained block does nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pellucid.errors import InputError, OutputError, PellucidError
from pellucid.train.speed import first_line

if TYPE_CHECKING:
    from pellucid.train.trainer import Trainer


# Parameters of blocks, which weights may lack; without its closing layer a block does nothing.
ADDED = re.compile(r"\.rest\.|^(before\.\d+|middle|after\.\d+)\.\d+\.(first|second)\.weight$")
CLOSING = "second.weight"
KEPT = {"shape", "net", "average", "optimisers", "noise", "progress"}


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Write weights, average, optimisers, random state and progress to `path`."""
    state = {
        "recipe": trainer.recipe.name,
        "shape": asdict(trainer.recipe.shape),
        "schedule": trainer.schedule.kind,
        "net": trainer.net.state_dict(),
        "average": trainer.average.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in trainer.optimisers],
        "generators": [generator.get_state() for generator in trainer.generators],
        "noise": torch.get_rng_state(),
        "progress": asdict(trainer.progress),
    }
    write_state(path, state)


def save_weights(path: Path, trainer: Trainer) -> None:
    """Write the averaged weights of `trainer` in half precision."""
    average = {name: value.half().cpu() for name, value in trainer.average.state_dict().items()}
    progress = asdict(trainer.progress)
    write_state(path, {"recipe": trainer.recipe.name, "average": average, "progress": progress})


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Put a new file in the place of an old one, which stays until the new one is whole.

    Raises:
        PellucidError: a weight of the average is no finite number.
        OutputError: the file can't be written.
    """
    if broken := [name for name, value in state["average"].items() if not value.isfinite().all()]:
        raise PellucidError(
            f"the training diverged, {broken[0]} is no longer finite; {path} is not written: go on "
            "from what is there with a smaller rate"
        )
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:  # PyTorch's own writer raises RuntimeError
        part.unlink(missing_ok=True)
        kept = ", which is as it was before" if path.exists() else ""
        raise OutputError(f"cannot write {path}{kept}: {error}") from error


def read_state(path: Path, device: torch.device) -> dict[str, Any]:
    """The contents of a checkpoint or of weights; InputError if it is damaged."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, UnpicklingError) as error:
        reason = first_line(error).split(".")[0]
        raise InputError(f"the checkpoint {path} can't be read: {reason}") from error
    if not isinstance(state, dict):
        raise InputError(f"{path} is no checkpoint, it holds a {type(state).__name__}")
    return state


def load_checkpoint(path: Path, trainer: Trainer) -> None:
    """Set `trainer` to where the run that wrote `path` was."""
    state = read_state(path, trainer.device)
    if missing := sorted(KEPT - state.keys()):
        raise InputError(
            f"{path} is no checkpoint of this version, it lacks {', '.join(missing)}; start anew "
            "with --force"
        )
    if state["shape"] != asdict(trainer.recipe.shape):
        raise InputError(f"{path} holds a net of shape {state['shape']}, not the recipe's")
    if (kind := state.get("schedule", trainer.schedule.kind)) != trainer.schedule.kind:
        raise InputError(
            f"the run in {path} has the schedule {kind}, not {trainer.schedule.kind}; go on with "
            f"--schedule {kind}, or start a new run from it with --start"
        )
    trainer.net.load_state_dict(state["net"])
    trainer.average.load_state_dict(state["average"])
    load_optimisers(trainer, state["optimisers"])
    states = state.get("generators") or [state["generator"]]  # the first versions kept one
    for generator, stored in zip(trainer.generators, states, strict=False):
        if stored.numel() == generator.get_state().numel():  # else it is another device's
            generator.set_state(stored.cpu())
    torch.set_rng_state(state["noise"].cpu())
    for name, value in state["progress"].items():
        setattr(trainer.progress, name, value)


def load_optimisers(trainer: Trainer, states: list[dict[str, Any]]) -> None:
    """What optimisers learned of the weights; their rates and kernels stay the trainer's own."""
    for optimiser, state in zip(trainer.optimisers, states, strict=True):
        own = [{k: v for k, v in g.items() if k != "params"} for g in optimiser.param_groups]
        optimiser.load_state_dict(state)
        for group, options in zip(optimiser.param_groups, own, strict=True):
            group.update(options)


def load_weights(path: Path, trainer: Trainer) -> None:
    """Start a new run from the weights in `path`, or from the checkpoint of another run.

    Blocks that weights lack stay as they are, doing nothing. A checkpoint gives what its optimisers
    know as well.

    Raises:
        InputError: the file is of a net with other widths, or with more blocks.
    """
    state = read_state(path, trainer.device)
    if "average" not in state:
        raise InputError(f"{path} holds no weights of this project")
    average = {name: value.float() for name, value in state["average"].items()}
    take_weights(path, trainer.average, average)
    take_weights(path, trainer.net, state.get("net", average))
    if "optimisers" in state and state.get("shape") == asdict(trainer.recipe.shape):
        load_optimisers(trainer, state["optimisers"])
    known = state.get("progress", {})
    trainer.progress.earlier = known.get("pixels", 0) + known.get("earlier", 0)
    for generator in trainer.generators:  # other draws than the run before
        generator.manual_seed(trainer.recipe.seed + trainer.progress.earlier % 2**31)


def take_weights(path: Path, net: nn.Module, weights: dict[str, Tensor]) -> None:
    """Load `weights` into `net`; parts that may be missing from them do nothing."""
    known = net.state_dict()
    alien = [name for name in weights if name not in known]
    alien += [n for n, v in weights.items() if n in known and v.shape != known[n].shape]
    missing = [name for name in known if name not in weights]
    foreign = alien + [name for name in missing if not ADDED.search(name)]
    if foreign:
        raise InputError(
            f"{path} is of another net than the recipe's [shape] makes; it differs in {foreign[0]}"
        )
    idle = {name: torch.zeros_like(known[name]) for name in missing if name.endswith(CLOSING)}
    net.load_state_dict(weights | idle, strict=False)
