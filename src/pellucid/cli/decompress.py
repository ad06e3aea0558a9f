"""`pellucid decompress`: .pel -> picture(s)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from pellucid.cli import _options as options
from pellucid.cli._batch import Part, Report, Work, run_command
from pellucid.cli._jobs import Job, Outputs, single_output
from pellucid.cli._options import option
from pellucid.errors import OptionError, OutputError
from pellucid.pixels import WRITERS

if TYPE_CHECKING:
    from pellucid import DecompressOptions, DecompressResult

FORMATS = tuple(suffix[1:] for suffix in WRITERS)
REDUCED = {"1/2": 2, "1/4": 4, "1/8": 8}
SAME = (
    "it is no .pel file, by its name: pellucid compress makes one of it; if it isn't what it is "
    "called, give -o with another name"
)


def to_grain(value: str) -> float:
    """A number; where a file's name follows --grain that is no value of it."""
    try:
        return float(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is no number from 0 to 1; before a file's name write --grain 1"
        ) from error


@click.command(short_help=".pel to pictures.")
@option(
    "--region",
    "Only this part, in samples as stored: before EXIF turns the picture (see info).",
    options.to_numbers("X,Y,W,H", "0,0,640,480"),
    "X,Y,W,H",
)
@option(
    "--scale",
    "A thumbnail: all is decoded, and each output sample is the mean of a square of samples.",
    click.Choice(tuple(REDUCED)),
    callback=lambda _context, _option, value: REDUCED.get(value, 1),
)
@option(
    "--which",
    "Of a file that holds a picture and its guide, or, by --keep-noise, its source.",
    click.Choice(("picture", "guide", "source")),
    default="picture",
)
@option(
    "--grain",
    "Put noise back, like that which was taken off before compression: 1 (also where no number "
    "follows) is all of it, 0.5 half, 0 none.  [default: 0]",
    to_grain,
    "[N]",
    flag_value="1",
    default="0",
    show_default=False,
)
@option(
    "--format kind",
    "Of outputs whose name isn't given; otherwise OUT's suffix decides.  [default: png]",
    click.Choice(FORMATS),
)
@option("--jpeg-quality", "Of JPEG outputs.  [default: 95]", click.IntRange(1, 100))
@options.metadata_option(help="Write no EXIF, ICC profile and XMP.")
@option(
    "--keep-going",
    "Save what is whole of a damaged file: lost tiles become grey, lost alpha opaque, and are "
    "named; exit code 1.",
)
@option(
    "--frame",
    "Of a sequence (.pels), only this frame, from 0; to OUT.pel as it is, without decoding it.",
    click.IntRange(min=0),
    "N",
)
@options.device_option
@options.limits_option
@options.batch_options
def decompress(
    batch: options.Batch,
    kind: str | None,
    **wanted: Any,
) -> None:
    """Decode .pel files to pictures, with the metadata they came with.

    A sequence (.pels) becomes a folder of pictures, or those that a name with a place for the
    number says: -o out_%05d.png.

    All formats are written without loss but JPEG (4:4:4). What other formats don't hold
    (16 bits in colour but for PNG and PPM, signed samples, many channels) can be written as .tif,
    .zarr or .npy; these are written part by part, so that the picture needn't fit into memory.
    """
    file = single_output(batch)
    if kind is not None and file is not None and file.suffix.lower() not in ("", f".{kind}"):
        raise OptionError(f"--format {kind} and -o {batch.out} name two formats; leave one out")
    asked = Wanted.of(kind=kind, told=file is not None, force=batch.force, **wanted)
    run_command(batch, *work_of(asked))


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each file.

    Attributes:
        suffix: of a picture; `told` says whether its format was asked for.
        shared: options of everything that writes pictures.
    """

    options: DecompressOptions
    suffix: str
    told: bool
    frame: int | None
    keep_going: bool
    shared: dict[str, Any]

    @classmethod
    def of(
        cls,
        *,
        kind: str | None,
        jpeg_quality: int | None,
        metadata: bool,
        keep_going: bool,
        frame: int | None,
        told: bool = False,
        force: bool = False,
        **wanted: Any,
    ) -> Self:
        """By the options of the command; raises OptionError.

        `told`: the output's name says the format, where `kind` doesn't.
        """
        import pellucid

        shared = {"jpeg_quality": jpeg_quality, "metadata": metadata, "force": force}
        told = told or kind is not None
        decoding = pellucid.DecompressOptions(**wanted)
        return cls(decoding, f".{kind or 'png'}", told, frame, keep_going, shared)


def work_of(asked: Wanted) -> tuple[Outputs, Work]:
    """What is made of what, and how."""
    outputs = Outputs(partial(suffix_of, asked), (".pel", ".pels"), SAME, own=tuple(WRITERS))
    return outputs, partial(decompress_one, asked)


def suffix_of(asked: Wanted, source: Path) -> str:
    """That of what is made of a file; none of a sequence, which becomes a folder."""
    import pellucid

    return "" if asked.frame is None and pellucid.is_sequence(source) else asked.suffix


def decompress_one(asked: Wanted, job: Job, part: Part) -> Report:
    """Decompress one file, or a sequence."""
    import pellucid

    going = asked.keep_going
    try:
        if pellucid.is_sequence(job.source):
            return from_sequence(asked, job, part)
        if asked.frame is not None:
            raise OptionError("--frame is of a sequence (.pels), and this is one picture")
        made = pellucid.decompress_to(
            job.source, job.output, asked.options, keep_going=going, progress=part, **asked.shared
        )
        return report_of(made)
    except OutputError as error:
        if asked.told or ".tif" not in str(error):
            raise  # the format was told, or there is no other
        raise OutputError(f"{error}; choose one with --format, such as --format tif") from error


def from_sequence(asked: Wanted, job: Job, part: Part) -> Report:
    """One frame or all."""
    import pellucid

    frame, suffix, shared = asked.frame, asked.suffix, asked.shared
    with pellucid.open_sequence(job.source, asked.options, keep_going=asked.keep_going) as sequence:
        if frame is not None:
            return report_of(pellucid.save_frame(sequence, frame, job.output, **shared))
        made = pellucid.save_frames(sequence, job.output, suffix=suffix, progress=part, **shared)
    fields = {"frames": made.total, "written": made.written, "damage": list(made.damage)}
    line = f"{made.written} of {made.total} frames"
    return Report(line, fields, (*made.damage, *made.remarks), damaged=bool(made.damage))


def report_of(made: DecompressResult) -> Report:
    """What came of one picture."""
    fields = {
        "width": made.width,
        "height": made.height,
        "channels": made.channels,
        "damaged_tiles": list(made.damaged),
        "lost_metadata": list(made.lost_metadata),
    }
    line = f"{made.width} x {made.height}, {made.kind}"
    return Report(line, fields, (*made.damage, *made.remarks), damaged=bool(made.damage))
