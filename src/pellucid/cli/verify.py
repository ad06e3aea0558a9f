"""`pellucid verify`: every checksum and every latent of files."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _options as options
from pellucid.cli._batch import Report, run_batch
from pellucid.cli._files import read_bytes
from pellucid.errors import DamagedFileError


@click.command(short_help="Checksums and latents of .pel files.")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@options.json_option
def verify(files: tuple[Path, ...], as_json: bool) -> None:
    """Check .pel files: every checksum, and that every latent decodes.

    Exit code 1 if one of them is damaged or can't be decoded here.
    """
    run_batch(files, lambda file: file, verify_one, as_json=as_json)


def verify_one(file: Path) -> Report:
    """Check one file; DamagedFileError lists all that is wrong."""
    import pellucid

    problems = pellucid.verify(read_bytes(file))
    if problems:
        raise DamagedFileError("; ".join(problems))
    return Report(f"{file}  sound", {"source": str(file), "sound": True})
