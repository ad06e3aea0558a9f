"""`pellucid train`: a recipe and pictures -> a model."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path

import click

from pellucid.errors import InputError, MissingExtraError, OutputError

NEEDED = ("torch", "onnx")


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
    show_default=True,
    help="Of training in all, resumed runs included.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder for the checkpoint and the model.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="auto takes an accelerator if there is one.",
)
@click.option("--threads", type=click.IntRange(min=1), help="On a CPU.  [default: PyTorch's]")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in OUT.")
@click.option("--force", is_flag=True, help="Start anew over the checkpoint in OUT.")
def train(
    recipe: Path,
    data: Path,
    minutes: float,
    out: Path,
    device: str,
    threads: int | None,
    resume: bool,
    force: bool,
) -> None:
    """Train a model and export it to OUT/<the recipe's name>.

    Bounded by time: the learning rate ends with the minutes, so that every run gives a finished
    model. Use it by `pellucid compress --model OUT/<name>`. Needs the extra: pip install
    'pellucid[train]'.
    """
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, "train")
    from pellucid.train.run import RunOptions, train_codec

    check_start(recipe, out, resume=resume, force=force)
    options = RunOptions(data, minutes, out, device=device, threads=threads, resume=resume)
    folder = train_codec(recipe, options, lambda line: click.echo(line, err=True))
    click.echo(str(folder))


def check_start(recipe: Path, out: Path, *, resume: bool, force: bool) -> None:
    """Raise before any work if the recipe can't be read or a checkpoint would be lost."""
    from pellucid.train.recipe import load_recipe

    try:
        name = load_recipe(recipe).name
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise InputError(f"{recipe} is not a recipe that can be read: {error}") from error
    checkpoint = out / f"{name}.pt"
    if checkpoint.exists() and not (resume or force):
        raise OutputError(
            f"{checkpoint} exists already; go on from it with --resume, or start anew with --force"
        )
