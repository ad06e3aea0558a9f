"""One command a model: from a recipe and a folder of pictures to files the runtime loads.

A machine that is lent for training needs PyTorch, NumPy and Pillow alone: what exports is imported
when it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from pellucid.errors import InputError, OptionError
from pellucid.train.checkpoint import only_run, read_state, write_state
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.data import TILE, Tiles, encoded_pictures, load_split
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.optimisers import Schedule
from pellucid.train.parallel import ALONE, Crew, in_parallel
from pellucid.train.recipe import AnalysisRecipe, DenoiserRecipe, Recipe, load_recipe
from pellucid.train.speed import fit, has_compiler
from pellucid.train.trainer import Trainer

JUDGED = 16  # held-out tiles, for a look now and then
WORTH_COMPILING = 10.0  # minutes; shorter runs end before they gain what compiling costs
CPU = torch.device("cpu")

Report = Callable[[str], None]


@dataclass(frozen=True)
class RunOptions:
    """Options of `pellucid train`, whose help explains them.

    `threads` None leaves PyTorch's choice, or one for each of several `processes`; `compiled` None
    compiles steps if there is a compiler and the run is long enough.
    """

    data: Path
    minutes: float
    output: Path
    device: str = "auto"
    threads: int | None = None
    resume: bool = False
    start: Path | None = None
    processes: int = 1
    compiled: bool | None = None
    schedule: str = "cosine"


def make_trainer(
    recipe: Recipe,
    tiles: Tensor,
    device: torch.device,
    start: Path | None,
    *,
    resumed: bool = False,
) -> Trainer:
    """The trainer of a recipe, from its own start or from weights.

    `resumed`: a checkpoint will be loaded into it.
    """
    trainer: Trainer
    if isinstance(recipe, DenoiserRecipe):
        trainer = DenoiserTrainer(recipe, tiles, device)
    elif isinstance(recipe, AnalysisRecipe):
        from pellucid.train.analysis_trainer import AnalysisTrainer  # it reads ONNX files

        trainer = AnalysisTrainer(recipe, tiles, device)
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


def train_model(recipe_path: Path, options: RunOptions, report: Report) -> Path:
    """Train, then export; returns the folder of the model."""
    if options.processes > 1:
        if options.device == "cuda" or choose_device(options.device).type != "cpu":
            raise OptionError("several processes share a CPU only; leave out --processes")
        options = replace(options, threads=options.threads or 1, device="cpu")
        return in_parallel(options.processes, train_as, recipe_path, options, report)
    return train_as(ALONE, recipe_path, options, report)


def train_as(crew: Crew, recipe_path: Path, options: RunOptions, report: Report) -> Path:
    """`train_model` as one of a crew; only the one that leads reports, saves and exports."""
    recipe = load_recipe(recipe_path)
    schedule = Schedule(options.schedule, recipe.warmup)
    checkpoint, folder = options.output / f"{recipe.label}.pt", options.output / recipe.label
    check_options(options, checkpoint)

    def prepare(tiles: Tensor, device: torch.device) -> Trainer:
        trainer = make_trainer(recipe, tiles, device, options.start, resumed=options.resume)
        trainer.crew, trainer.schedule = crew, schedule
        if options.resume:
            trainer.restore(read_state(checkpoint, device), checkpoint)
        return trainer

    with only_run(checkpoint) if crew.leads else nullcontext():
        if options.start or options.resume:  # before pictures are read for minutes
            prepare(torch.zeros(1, 3, TILE, TILE, dtype=torch.uint8), CPU)
        device = choose_device(options.device)
        if options.threads:
            torch.set_num_threads(options.threads)
        say = report if crew.leads else lambda _line: None
        tiles = load_split(encoded_pictures(options.data))
        say(f"{tiles}; training on {device}")
        trainer = prepare(tiles.train, device)
        say(describe_run(trainer, options))
        go_on(trainer, tiles, options, checkpoint, say)
        return export_model(trainer, tiles.held_out, folder, report) if crew.leads else folder


def go_on(
    trainer: Trainer, tiles: Tiles, options: RunOptions, checkpoint: Path, report: Report
) -> None:
    """Train until the minutes are spent; those of a run that is resumed count as well."""
    spent = trainer.progress.seconds / 60
    if options.resume:
        report(f"resumed at step {trainer.progress.step}, {spent:.1f} min")
    if spent < options.minutes:
        compiled = options.compiled
        if compiled is None:
            compiled = options.minutes >= WORTH_COMPILING and has_compiler(trainer.device)
        fit(trainer, report, compiled=compiled)

    def look() -> None:
        report(trainer.describe(trainer.judge(tiles.held_out[:JUDGED])))

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


def describe_run(trainer: Trainer, options: RunOptions) -> str:
    """One line that says what is trained and how."""
    recipe = trainer.recipe
    count, side = trainer.crop_size(0.0)
    line = (
        f"{recipe.label}: objective {getattr(recipe, 'objective', 'noise')}, "
        f"schedule {trainer.schedule.kind}, {count} crops of {side} x {side}, rate {recipe.rate:g}"
    )
    if options.processes > 1:
        line += f", {options.processes} processes"
    return f"{line}, from {options.start}" if options.start else line


def export_model(trainer: Trainer, held_out: Tensor, folder: Path, report: Report) -> Path:
    """Write what a trainer made as a model."""
    from pellucid.train.analysis_trainer import AnalysisTrainer
    from pellucid.train.export import export_codec
    from pellucid.train.export_analysis import export_analysis
    from pellucid.train.export_denoiser import export_denoiser

    if isinstance(trainer, AnalysisTrainer):
        return export_analysis(trainer, held_out, folder, report)
    if isinstance(trainer, DenoiserTrainer):
        return export_denoiser(trainer, held_out, folder, report)
    return export_codec(cast(CodecTrainer, trainer), held_out, folder, report)
