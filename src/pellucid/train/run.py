"""One command a model: from a recipe and a folder of pictures to files the runtime loads."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from pellucid.errors import InputError, OptionError
from pellucid.train.checkpoint import load_weights
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.data import encoded_pictures, load_tiles
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.export import export_codec
from pellucid.train.export_denoiser import export_denoiser
from pellucid.train.parallel import ALONE, Crew, in_parallel
from pellucid.train.recipe import DenoiserRecipe, load_recipe
from pellucid.train.trainer import Trainer

HELD_OUT = 48  # tiles kept for the tables and the validation figures


@dataclass(frozen=True)
class RunOptions:
    """What `pellucid train` is told beside the recipe.

    Attributes:
        data: folder of pictures, one shard, or a folder of shards.
        minutes: of training in all, earlier runs of the same checkpoint included.
        output: folder for the checkpoint and, under the recipe's name, the exported model.
        device: `auto`, `cpu` or `cuda`.
        threads: of PyTorch on a CPU; None leaves its choice.
        start: weights to start a new run from, such as those in `checkpoints/`.
        processes: that share the work, each with `threads` threads (one if that is None).
        compiled: whether PyTorch compiles the net, which needs a C++ compiler on a CPU.
    """

    data: Path
    minutes: float
    output: Path
    device: str = "auto"
    threads: int | None = None
    resume: bool = False
    start: Path | None = None
    limit: int | None = None
    processes: int = 1
    compiled: bool = False


def train_model(recipe_path: Path, options: RunOptions, report: Callable[[str], None]) -> Path:
    """Train, then export; returns the folder of the model."""
    if options.processes > 1:
        if options.device == "cuda" or choose_device(options.device).type != "cpu":
            raise OptionError("several processes share a CPU only; leave out --processes")
        options = replace(options, threads=options.threads or 1, device="cpu")
        return in_parallel(options.processes, train_as, recipe_path, options, report)
    return train_as(ALONE, recipe_path, options, report)


def train_as(
    crew: Crew, recipe_path: Path, options: RunOptions, report: Callable[[str], None]
) -> Path:
    """`train_model` as one of a crew; only the one that leads reports, saves and exports."""
    recipe = load_recipe(recipe_path)
    device = choose_device(options.device)
    if options.threads:
        torch.set_num_threads(options.threads)
    tiles = load_tiles(encoded_pictures(options.data), limit=options.limit)
    if len(tiles) < 2:
        raise InputError(f"{options.data} gives one training tile; two are the least")
    count = min(HELD_OUT, max(1, len(tiles) // 10))
    if crew.leads:
        report(f"{len(tiles)} tiles of 256 x 256, {count} held out; training on {device}")
    held_out, tiles = tiles[:count], tiles[count:]
    checkpoint, folder = options.output / f"{recipe.label}.pt", options.output / recipe.label

    def trained(trainer: Trainer) -> None:
        if options.start:
            load_weights(options.start, trainer)
        if options.compiled:
            trainer.net.compile()
        trainer.crew = crew
        trainer.run(options.minutes, checkpoint, report, resume=options.resume)

    if isinstance(recipe, DenoiserRecipe):
        denoiser = DenoiserTrainer(recipe, tiles, device)
        trained(denoiser)
        return export_denoiser(denoiser, held_out, folder, report) if crew.leads else folder
    codec = CodecTrainer(recipe, tiles, device)
    trained(codec)
    return export_codec(codec, held_out, folder, report) if crew.leads else folder


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
        torch.backends.cudnn.benchmark = True
    else:
        os.environ.setdefault("KMP_BLOCKTIME", "0")
    return torch.device(name)
