"""`pellucid decompress`: .pel -> picture(s)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pellucid.cli import _options as options
from pellucid.cli._batch import Part, Report, run_command
from pellucid.cli._jobs import Job, Outputs, single_output
from pellucid.errors import OptionError, OutputError
from pellucid.pixels import DICOM, NPY, WRITE_SUFFIXES, ZARR

if TYPE_CHECKING:
    from pellucid import DecompressOptions, Limits

SUFFIXES = (*WRITE_SUFFIXES, NPY, ZARR, *DICOM)
FORMATS = tuple(suffix[1:] for suffix in SUFFIXES)
REDUCED = {"1/2": 2, "1/4": 4, "1/8": 8}
SAME = (
    "it is no .pel file, by its name: pellucid compress makes one of it; if it isn't what it is "
    "called, give -o with another name"
)


@dataclass(frozen=True)
class Settings:
    """How each file of a run is decoded and written."""

    options: DecompressOptions
    jpeg_quality: int | None
    metadata: bool
    keep_going: bool
    force: bool
    chosen: bool  # whether the format was told, by name or by --format


@click.command(short_help=".pel to pictures.")
@click.option(
    "--region",
    metavar="X,Y,W,H",
    callback=options.to_region,
    help="Only this part, in samples as stored: before EXIF turns the picture (see info).",
)
@click.option(
    "--scale",
    type=click.Choice(tuple(REDUCED)),
    help="A thumbnail: all is decoded, and each output sample is the mean of a square of samples.",
)
@click.option(
    "--which",
    type=click.Choice(("picture", "guide")),
    default="picture",
    show_default=True,
    help="Of a file that holds a picture and its guide.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="Of outputs whose name isn't given; otherwise OUT's suffix decides.  [default: png]",
)
@click.option("--jpeg-quality", type=click.IntRange(1, 100), help="Of JPEG outputs.  [default: 95]")
@click.option("--no-metadata", is_flag=True, help="Write no EXIF, ICC profile and XMP.")
@click.option(
    "--keep-going",
    is_flag=True,
    help="Save what is whole of a damaged file: lost tiles become grey, lost alpha opaque, and are "
    "named; exit code 1.",
)
@options.limits_option
@options.batch_options
def decompress(
    batch: options.Batch,
    region: tuple[int, int, int, int] | None,
    scale: str | None,
    which: str,
    kind: str | None,
    jpeg_quality: int | None,
    no_metadata: bool,
    keep_going: bool,
    limits: Limits,
) -> None:
    """Decode .pel files to pictures, with the metadata they came with.

    All formats are written without loss but JPEG (4:4:4). What other formats don't hold
    (16 bits in colour but for PNG and PPM, signed samples, many channels) can be written as .tif,
    .zarr or .npy; these are written part by part, so that the picture needn't fit into memory.
    """
    import pellucid

    suffix = f".{kind or 'png'}"
    file = single_output(batch)
    if kind is not None and file is not None and file.suffix.lower() != suffix:
        raise OptionError(f"--format {kind} and -o {batch.out} name two formats; leave one out")
    chosen = kind is not None or file is not None
    wanted = pellucid.DecompressOptions(
        region=region, scale=1 if scale is None else REDUCED[scale], which=which, limits=limits
    )
    settings = Settings(wanted, jpeg_quality, not no_metadata, keep_going, batch.force, chosen)
    outputs = Outputs(lambda _: suffix, (".pel",), SAME, own=SUFFIXES)
    run_command(batch, outputs, lambda job, part: decompress_one(job, part, settings))


def decompress_one(job: Job, part: Part, settings: Settings) -> Report:
    """One file to its picture."""
    import pellucid

    target = job.output
    if target.suffix.lower() not in SUFFIXES:
        known = " ".join(SUFFIXES)
        raise OutputError(f"cannot write {target}: its suffix must be one of {known}")
    try:
        done = pellucid.decompress_to(
            job.source,
            target,
            settings.options,
            jpeg_quality=settings.jpeg_quality,
            metadata=settings.metadata,
            keep_going=settings.keep_going,
            force=settings.force,
            progress=part,
        )
    except OutputError as error:
        if settings.chosen or ".tif" not in str(error):
            raise
        raise OutputError(f"{error}; choose one with --format, such as --format tif") from error
    fields = {
        "width": done.width,
        "height": done.height,
        "channels": done.channels,
        "damaged_tiles": list(done.damaged),
        "lost_metadata": list(done.lost_metadata),
    }
    line = f"{done.width} x {done.height}, {done.kind}"
    return Report(line, fields, (*done.damage, *done.remarks), damaged=bool(done.damage))
