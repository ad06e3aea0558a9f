"""One command a model: from a recipe and a folder of pictures to files the runtime loads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from pellucid.errors import InputError, OptionError
from pellucid.train.begin import choose_device, make_trainer
from pellucid.train.checkpoint import read_state, write_state
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.data import TILE, Tiles, encoded_pictures, load_split
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.export import export_codec
from pellucid.train.export_denoiser import export_denoiser
from pellucid.train.lock import only_run
from pellucid.train.parallel import ALONE, Crew, in_parallel
from pellucid.train.recipe import Recipe, load_recipe
from pellucid.train.schedule import Schedule
from pellucid.train.speed import fit, has_compiler
from pellucid.train.trainer import Trainer
from pellucid.train.validate import judge

JUDGED = 16  # held-out tiles, for a look now and then
WORTH_COMPILING = 10.0  # minutes; shorter runs end before they gain what compiling costs


@dataclass(frozen=True)
class RunOptions:
    """Options of `pellucid train` beside the recipe.

    Attributes:
        data: folder of pictures, one shard, or a folder of shards.
        minutes: of training in all, earlier runs of the same checkpoint included.
        output: folder for the checkpoint and, under the recipe's name, the exported model.
        device: `auto`, `cpu` or `cuda`.
        threads: of PyTorch on a CPU; None leaves its choice.
        start: weights to start a new run from, such as those in `checkpoints/`.
        processes: that share the work, each with `threads` threads (one if that is None).
        compiled: whether PyTorch compiles the steps; None: if there is a compiler and the run is
            long enough.
        schedule: how the learning rate goes, one of `pellucid.train.schedule.KINDS`.
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
    compiled: bool | None = None
    schedule: str = "cosine"


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
    schedule = Schedule(options.schedule, recipe.warmup)
    checkpoint, folder = options.output / f"{recipe.label}.pt", options.output / recipe.label
    check_options(options, checkpoint)
    with only_run(checkpoint) if crew.leads else nullcontext():
        check_weights(recipe, schedule, options, checkpoint)
        device = choose_device(options.device)
        if options.threads:
            torch.set_num_threads(options.threads)
        say = report if crew.leads else lambda _line: None
        tiles = load_split(encoded_pictures(options.data), limit=options.limit)
        say(f"{tiles}; training on {device}")
        trainer = make_trainer(recipe, tiles.train, device, options.start, resumed=options.resume)
        trainer.crew, trainer.schedule = crew, schedule
        say(describe_run(trainer, options))
        go_on(trainer, tiles, options, checkpoint, say)
        return export_model(trainer, tiles.held_out, folder, report) if crew.leads else folder


def go_on(
    trainer: Trainer,
    tiles: Tiles,
    options: RunOptions,
    checkpoint: Path,
    report: Callable[[str], None],
) -> None:
    """Train from where `checkpoint` is, if the run is resumed, until the minutes are spent."""
    if options.resume:
        trainer.restore(read_state(checkpoint, trainer.device), checkpoint)
        report(f"resumed at step {trainer.progress.step}, {trainer.progress.seconds / 60:.1f} min")
    if trainer.progress.seconds < 60 * options.minutes:
        compiled = options.compiled
        if compiled is None:
            compiled = options.minutes >= WORTH_COMPILING and has_compiler(trainer.device)
        fit(trainer, report, compiled=compiled)

    def look() -> None:
        report(trainer.describe(judge(trainer, tiles.held_out[:JUDGED])))

    trainer.run(
        options.minutes,
        save=lambda: write_state(checkpoint, trainer.state()),
        report=lambda figures: report(trainer.describe(figures)),
        judge=look,
    )
    if trainer.crew.leads:
        look()


def check_options(options: RunOptions, checkpoint: Path) -> None:
    """Raise before any work if options contradict each other."""
    if options.start and options.start.resolve() == checkpoint.resolve():
        raise OptionError(f"{checkpoint} would be written over; choose another output folder")
    if options.start and options.resume:
        raise OptionError("a run that goes on has its own weights; leave out --start or --resume")
    if options.resume and not checkpoint.exists():
        raise InputError(f"there is no {checkpoint} to go on from; leave out --resume")
    if options.schedule == "decay" and not (options.start or options.resume):
        raise OptionError("a decay is of a run's copy; name its checkpoint with --start")


def check_weights(
    recipe: Recipe, schedule: Schedule, options: RunOptions, checkpoint: Path
) -> None:
    """Raise InputError, before pictures are read for minutes, if a run can't go on from weights."""
    if options.start or options.resume:
        blank = torch.zeros(1, 3, TILE, TILE, dtype=torch.uint8)
        trial = make_trainer(recipe, blank, torch.device("cpu"), options.start, resumed=True)
        trial.schedule = schedule
        if options.resume:
            trial.restore(read_state(checkpoint, trial.device), checkpoint)


def describe_run(trainer: Trainer, options: RunOptions) -> str:
    """One line that says what is trained and how."""
    recipe = trainer.recipe
    count, side = trainer.crop_size(0.0)
    parts = [
        f"{recipe.label}: objective {getattr(recipe, 'objective', 'noise')}",
        f"schedule {trainer.schedule.kind}",
        f"{count} crops of {side} x {side}",
        f"rate {recipe.rate:g}",
    ]
    if options.processes > 1:
        parts.append(f"{options.processes} processes")
    if options.start:
        parts.append(f"from {options.start}")
    return ", ".join(parts)


def export_model(
    trainer: Trainer, held_out: Tensor, folder: Path, report: Callable[[str], None]
) -> Path:
    """Write what a trainer made as a model."""
    if isinstance(trainer, DenoiserTrainer):
        return export_denoiser(trainer, held_out, folder, report)
    return export_codec(cast(CodecTrainer, trainer), held_out, folder, report)
