"""`pellucid adapt`: noisy pictures -> a denoiser tuned to them."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import click

from pellucid.cli import _options as options
from pellucid.cli._jobs import make_folder
from pellucid.cli._options import option
from pellucid.cli._program import tell
from pellucid.errors import MissingExtraError, OutputError

NEEDED = ("torch", "onnx")
MODEL_FILES = {"card.json", "denoiser.onnx"}


@click.command(short_help="Noisy pictures to a denoiser tuned to them.")
@click.argument("source", metavar="DIR", type=options.THERE)
@option("-o --out", "Folder of the tuned model.", options.FOLDER, required=True)
@option("--minutes", "To tune for.", options.ABOVE_0, default=2)
@option("--model", "Denoiser to start from.", str, default="m")
@option("--repeats", "Each folder in DIR holds two or more shots of one scene.")
@option("--threads", "[default: PyTorch's]", click.IntRange(min=1))
@option("--force", "Replace the model in OUT.")
def adapt(source: Path, out: Path, force: bool, **more: Any) -> None:
    """Tune a denoiser on noisy pictures (a file or a folder); no clean ones are needed.

    It learns from neighbouring samples, whose noise must be independent, or with --repeats from
    several shots of each scene, for any noise. If the result is no better on rows kept from
    learning, the model written is the one it started from. Use it by `pellucid denoise --model
    OUT`. Needs the extra: pip install 'pellucid[train]'.
    """
    require_training()
    check_out(out, force=force)
    from pellucid.train.adapt import adapt_denoiser

    result = adapt_denoiser(source, out, tell, **more)
    change = f"loss on rows kept from learning {result.before:.4f} -> {result.after:.4f}"
    kept = "" if result.better else "; no better, so the model is the one it started from"
    click.echo(f"{result.folder}: {change}{kept}")


def check_out(out: Path, *, force: bool) -> None:
    """Raise OutputError before any work if the model can't go there or something would be lost."""
    from pellucid.train.folder import check_place

    check_place(out)
    present = {path.name for path in out.iterdir()} if out.exists() else set()
    if present and not force:
        raise OutputError(f"{out} exists already; replace that model with --force")
    if others := sorted(present - MODEL_FILES):
        raise OutputError(f"{out} also holds {others[0]}, which would be lost; choose another -o")
    parent = make_folder(out.resolve().parent)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write to the folder {parent}; choose another -o")


def require_training() -> None:
    """MissingExtraError unless what training needs is installed."""
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, "train")
