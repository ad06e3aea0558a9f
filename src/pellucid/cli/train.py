"""`pellucid train`: a recipe and pictures -> a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pellucid.cli import _options as options
from pellucid.cli._options import option
from pellucid.cli._program import tell
from pellucid.cli.adapt import require_training
from pellucid.errors import OutputError


@click.command(short_help="A recipe and pictures to a model.")
@click.argument("recipe", metavar="RECIPE.toml", type=options.THERE)
@option(
    "--data",
    "Folder of pictures, or of shards made by pellucid.train.pack.",
    options.THERE,
    required=True,
)
@option(
    "--minutes",
    "Of training in all, resumed runs included; 0 exports what --start or --resume holds.",
    click.FloatRange(min=0),
    default=60,
)
@option(
    "-o --out output",
    "Folder for the checkpoint and the model.",
    options.FOLDER,
    default=Path("runs"),
)
@option(
    "--device",
    "auto takes an accelerator if there is one.",
    click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
)
@option("--threads", "On a CPU.  [default: PyTorch's]", click.IntRange(min=1))
@option(
    "--processes",
    "On a CPU: that share the work, each with crops of its own.",
    click.IntRange(1, 64),
    default=1,
)
@click.option(
    "--compile/--no-compile",
    "compiled",
    default=None,
    help="Faster steps; needs a C++ compiler.  [default: where there is one, from 10 minutes on]",
)
@option(
    "--schedule",
    "How the learning rate goes: to zero over the minutes; constant, over many resumed runs; "
    "from constant to zero, on a copy of such a run given by --start.",
    click.Choice(["cosine", "constant", "decay"]),
    default="cosine",
)
@option(
    "--start",
    "Weights or a checkpoint to start a new run from, such as checkpoints/codec-m.pt.",
    click.Path(exists=True, dir_okay=False, path_type=Path),
)
@option("--resume", "Go on from the checkpoint in OUT.")
@option("--force", "Start anew over what is in OUT.")
def train(recipe: Path, force: bool, **words: Any) -> None:
    """Train a codec or a denoiser and export it to OUT/<name>, or OUT/denoise-<name>.

    Bounded by time: the learning rate ends with the minutes, so that every run gives a finished
    model, unless --schedule says otherwise. Number format and compiling follow what is fastest on
    this machine. Use it by `pellucid compress --model OUT/<name>`, or `denoise --model`. Needs the
    extra: pip install 'pellucid[train]'.
    """
    require_training()
    from pellucid.train.run import RunOptions, train_model

    run = RunOptions(**words)
    check_start(recipe, run.output, resume=run.resume, force=force)
    click.echo(str(train_model(recipe, run, tell)))


def check_start(recipe: Path, out: Path, *, resume: bool, force: bool) -> None:
    """Raise before any work if the recipe can't be read or something would be lost."""
    from pellucid.train.folder import check_place
    from pellucid.train.recipe import load_recipe

    label = load_recipe(recipe).label
    folder, checkpoint = out / label, out / f"{label}.pt"
    check_place(folder)
    if resume or force:
        return
    if checkpoint.exists():
        raise OutputError(
            f"{checkpoint} exists already; go on from it with --resume, or start anew with --force"
        )
    if folder.exists():
        raise OutputError(f"{folder} exists already; replace that model with --force")
