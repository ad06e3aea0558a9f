"""`pellucid verify`: every checksum and every latent of files; one beside its source."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pellucid.cli import _options as options
from pellucid.cli._batch import Part, Report, Work, run_command
from pellucid.cli._jobs import Job
from pellucid.cli._options import option
from pellucid.errors import DamagedFileError, MismatchError, OptionError

if TYPE_CHECKING:
    from pellucid import Limits, Verification


NAMED = 8  # of what is wrong with a sequence
AGAIN = "; get the file again"  # is said once, at the end


@click.command(short_help="Checksums and latents of .pel files.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.FILE)
@option(
    "--against",
    "Decode one file and compare it with the picture that it was made of: every sample of a "
    "lossless one, the bound, EXIF, ICC profile and XMP; says the PSNR of the others.",
    options.FILE,
    "SOURCE",
)
@options.limits_option
@options.json_option
def verify(files: tuple[str, ...], against: str | None, limits: Limits, as_json: bool) -> None:
    """Check .pel files, and sequences of them: every checksum, and that every latent decodes.

    Names each damaged tile with its size and place in pixels, and what else is damaged. Exit code
    1 if a file is damaged or can't be decoded here, or isn't what it must be beside SOURCE.
    """
    batch = options.Batch(files, as_json=as_json)
    if against is not None and len(files) > 1:
        raise OptionError("--against names what one file was made of; give one file")
    run_command(batch, None, work_of(limits, against))


def work_of(limits: Limits, against: str | None = None) -> Work:
    """What is done with each file."""
    return partial(verify_one, limits, against)


def verify_one(limits: Limits, against: str | None, job: Job, part: Part) -> Report:
    """Check one file; DamagedFileError lists all that is wrong."""
    import pellucid

    file = job.source
    if pellucid.is_sequence(file):
        if against is not None:
            raise OptionError("--against is for one picture, and this is a sequence")
        return verify_sequence(file, limits)
    damage = pellucid.verify(file, limits=limits)
    if not damage.sound:
        said = [message.removesuffix(AGAIN) for message in damage.messages]
        raise DamagedFileError("; ".join([*said, way_out(damage)]))
    if against is not None:
        return verify_beside(file, against, limits, part)
    return Report("sound", {"sound": True})


def verify_beside(file: Path, against: str, limits: Limits, part: Part) -> Report:
    """Compare a sound file with its source; MismatchError names what must not differ."""
    import pellucid

    found = pellucid.compare(file, against, limits=limits, progress=part)
    if found.problems:
        raise MismatchError(f"beside {against}: {'; '.join(found.problems)}")
    fields = {
        "sound": True,
        "against": against,
        "identical": found.identical,
        "largest_error": found.largest_error,
        "psnr": None if found.psnr == math.inf else found.psnr,
    }
    return Report(f"sound; beside {against}: {found}", fields)


def verify_sequence(file: Path, limits: Limits) -> Report:
    """Check all frames of a sequence; DamagedFileError names those that are damaged."""
    import pellucid

    options = pellucid.DecompressOptions(limits=limits)
    with pellucid.open_sequence(file, options, keep_going=True) as sequence:
        damage = sequence.verify()
    if damage.sound:
        return Report(f"sound, {damage.total} frames", {"sound": True, "frames": damage.total})
    said = [message.removesuffix(AGAIN) for message in damage.messages]
    if len(said) > NAMED:
        said[NAMED:] = [f"and {len(said) - NAMED} more"]
    whole = damage.total - len(damage.frames)
    raise DamagedFileError(
        f"{whole} of {damage.total} frames are whole: {'; '.join(said)}; pellucid decompress "
        "--keep-going can save what is whole"
    )


def way_out(damage: Verification) -> str:
    """What can be done with a damaged file."""
    whole = damage.salvageable
    if not whole:
        return "no tile is whole: get the file again"
    number = "all tiles are" if not damage.tiles else f"{whole} of {damage.total} tiles are"
    return f"{number} whole, and pellucid decompress --keep-going can save them"
