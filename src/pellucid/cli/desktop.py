"""`pellucid desktop`: file managers know .pel files and show thumbnails of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pellucid.cli import _options as options
from pellucid.cli._options import option
from pellucid.errors import OptionError

SYSTEM = Path("/usr/local")


@click.group(short_help="Kind of file and thumbnails, on Linux.")
def desktop() -> None:
    """Let the file managers of a Linux desktop know .pel and .pels files and show thumbnails."""


def where(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say below which folder files go."""
    for each in (
        option("--prefix", "Below DIR/share.", options.FOLDER, "DIR"),
        option("--system", f"For all users, below {SYSTEM}/share. Default: for you alone."),
    ):
        command = each(command)
    return command


def share_of(system: bool, prefix: Path | None) -> Path:
    """The folder that is meant."""
    from pellucid.plugins import desktop as files

    if system and prefix is not None:
        raise OptionError("--system and --prefix name two places; leave one out")
    prefix = SYSTEM if system else prefix
    return files.data_folder() if prefix is None else prefix / "share"


@desktop.command(short_help="Write the files.")
@where
def install(**place: Any) -> None:
    """Write what a desktop must know: the kinds of file, and how thumbnails are made.

    They are made by the Python that runs this; install again after moving it. GNOME makes them in a
    sandbox that holds /usr alone, so there pellucid must be installed below /usr, with --system.
    """
    from pellucid.plugins import desktop as files

    for path in files.install(share_of(**place)):
        click.echo(f"wrote {path}")


@desktop.command(short_help="Delete them.")
@where
def remove(**place: Any) -> None:
    """Delete what install wrote."""
    from pellucid.plugins import desktop as files

    for path in files.remove(share_of(**place)):
        click.echo(f"deleted {path}")


@desktop.command(short_help="What file managers call.")
@click.argument("source", metavar="FILE", type=options.PATH)
@click.argument("target", metavar="OUT", type=options.PATH)
@click.argument("size", type=click.IntRange(1, 4096))
def thumbnail(source: Path, target: Path, size: int) -> None:
    """Write FILE's picture as a PNG of at most SIZE samples a side to OUT, whatever that is called.

    It is upright. An OUT that exists is overwritten, as file managers make it first.
    """
    from pellucid.plugins import desktop as files

    files.thumbnail(source, target, size)
