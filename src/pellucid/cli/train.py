"""`pellucid train`: a recipe and pictures -> a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pellucid.cli._program import tell
from pellucid.cli.adapt import require_training
from pellucid.errors import OutputError


@click.command(short_help="A recipe and pictures to a model.")
@click.argument("recipe", metavar="RECIPE.toml", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder of pictures, or of shards made by pellucid.train.pack.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    help="Of training in all, resumed runs included.",
)
@click.option(
    "-o",
    "--out",
    "output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    help="Folder for the checkpoint and the model.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    help="auto takes an accelerator if there is one.",
)
@click.option("--threads", type=click.IntRange(min=1), help="On a CPU.  [default: PyTorch's]")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    help="On a CPU: that share the work, each with crops of its own.",
)
@click.option(
    "--compile/--no-compile",
    "compiled",
    default=None,
    help="Faster steps; needs a C++ compiler.  [default: where there is one, from 10 minutes on]",
)
@click.option(
    "--schedule",
    type=click.Choice(["cosine", "constant", "decay"]),
    default="cosine",
    help="How the learning rate goes: to zero over the minutes; constant, over many resumed runs; "
    "from constant to zero, on a copy of such a run given by --start.",
)
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Weights or a checkpoint to start a new run from, such as checkpoints/codec-m.pt.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in OUT.")
@click.option("--force", is_flag=True, help="Start anew over what is in OUT.")
def train(recipe: Path, force: bool, **words: Any) -> None:
    """Train a codec or a denoiser and export it to OUT/<name>, or OUT/denoise-<name>.

    Bounded by time: the learning rate ends with the minutes, so that every run gives a finished
    model, unless --schedule says otherwise. Number format and compiling follow what is fastest on
    this machine. Use it by `pellucid compress --model OUT/<name>`, or `denoise --model`. Needs the
    extra: pip install 'pellucid[train]'.
    """
    require_training()
    from pellucid.train.run import RunOptions, train_model

    options = RunOptions(**words)
    check_start(recipe, options.output, resume=options.resume, force=force)
    click.echo(str(train_model(recipe, options, tell)))


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
