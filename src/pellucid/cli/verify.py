"""`pellucid verify`: every checksum and every latent of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pellucid.cli import _options as options
from pellucid.cli._batch import Report, run_command
from pellucid.errors import DamagedFileError

if TYPE_CHECKING:
    from pellucid import Limits, Verification


AGAIN = "; get the file again"  # is said once, at the end


@click.command(short_help="Checksums and latents of .pel files.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.FILE)
@options.limits_option
@options.json_option
def verify(files: tuple[str, ...], limits: Limits, as_json: bool) -> None:
    """Check .pel files: every checksum, and that every latent decodes.

    Names each damaged tile with its size and place in pixels, and what else is damaged. Exit code
    1 if a file is damaged or can't be decoded here.
    """
    batch = options.Batch(files, as_json=as_json)
    run_command(batch, None, lambda job, _: verify_one(job.source, limits))


def verify_one(file: Path, limits: Limits) -> Report:
    """Check one file; DamagedFileError lists all that is wrong."""
    import pellucid

    damage = pellucid.verify(file, limits=limits)
    if not damage.sound:
        said = [message.removesuffix(AGAIN) for message in damage.messages]
        raise DamagedFileError("; ".join([*said, way_out(damage)]))
    return Report("sound", {"sound": True})


def way_out(damage: Verification) -> str:
    """What can be done with a damaged file."""
    whole = damage.salvageable
    if not whole:
        return "no tile is whole: get the file again"
    number = "all tiles are" if not damage.tiles else f"{whole} of {damage.total} tiles are"
    return f"{number} whole, and pellucid decompress --keep-going can save them"
