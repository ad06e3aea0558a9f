"""`pellucid compress`: picture(s) -> .pel."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pellucid.cli import _options as options
from pellucid.cli._batch import Part, Report, Work, run_command
from pellucid.cli._jobs import Job, Outputs, single_output
from pellucid.cli._options import option
from pellucid.cli.info import kind_of
from pellucid.errors import OptionError
from pellucid.pixels import DICOM, NPY, WRITE_SUFFIXES, ZARR

if TYPE_CHECKING:
    from pellucid import CompressOptions, CompressResult, NoiseEstimate

PICTURES = (*WRITE_SUFFIXES, ".jp2", ".j2k", ".avif", ".heic", ".heif", ".jxl")
ARRAYS = (*DICOM, NPY, ZARR)
SIDES = (64, 128, 256, 512, 1024)
SAME = (
    "it is a .pel file already, by its name: pellucid decompress makes a picture of it; if it "
    "isn't what it is called, give -o with another name"
)


@click.command(short_help="Pictures to .pel.")
@option("-q --quality", "0 smallest, 100 best.  [default: 60]", click.IntRange(0, 100))
@option("--bpp", "Best file of at most X bits per pixel.", float, "X")
@option("--size", "Best file of at most this: 200k, 1.5MB, 100KiB.", options.to_bytes, "BYTES")
@option("--psnr", "Smallest file of at least this many dB, of what is visible.", float, "DB")
@option(
    "--keep-noise",
    "Denoise the picture, and keep the source too, without loss or within --max-error: "
    "decompress --which source.",
)
@option("--lossless", "Every sample comes back as it is.")
@option(
    "--max-error",
    "Every sample comes back at most N off, in its own unit; whole unless samples are floats.",
    float,
    "N",
)
@option(
    "--nodata",
    "With --max-error: samples of this value stay, and no other becomes it.",
    float,
    "V",
)
@option(
    "--guide",
    "With --lossless or --max-error: another picture of the same scene, size and place, kept "
    "without loss in the same file.",
    options.FILE,
    "FILE",
)
@option(
    "--tile",
    "Side of the tiles, in samples: each is coded, and damaged, on its own, and small ones take "
    "more bytes.  [default: 512; with loss 1024 if the picture fits in one]",
    click.Choice([str(side) for side in SIDES]),
    callback=lambda _context, _option, value: None if value is None else int(value),
)
@option(
    "--model",
    "Use this one: m, s (faster), or a model's folder.  [default: m; or none and --lossless or "
    "--max-error, where that is better]",
    str,
)
@option(
    "--tune",
    "What a file is best at for its size, if the model has both.  [default: eye; psnr with --psnr]",
    click.Choice(["eye", "psnr"]),
)
@option(
    "--effort",
    "0 to 9: takes time to make files better for their size, smaller with --psnr, closer to the "
    "picture otherwise; 4 takes some seconds a megapixel, 9 up to a minute.  [default: 0]",
    click.IntRange(0, 9),
    "N",
    default=0,
    show_default=False,
)
@options.denoise_option(
    help="Spend no bits on noise: auto leaves out what it finds; 0 to 1, that part of it."
)
@options.metadata_option(
    help="Leave EXIF (and the place of a GeoTIFF), ICC profile, XMP and the elements of DICOM out; "
    "pages stay."
)
@options.page_option
@options.limits_option
@options.batch_options
def compress(batch: options.Batch, **wanted: Any) -> None:
    """Compress pictures to .pel: PNG, JPEG, WebP, AVIF, HEIC, JPEG XL, TIFF, BMP, PPM, Zarr, .npy;
    grey or RGB, 8 or 16 bits (uint8, uint16, int16), with transparency, which is kept as it is, or
    without.

    With --lossless or --max-error also float32 grey, DICOM, and TIFF, Zarr and .npy arrays of
    uint8, uint16, int16, float16 or float32 with any number of channels or pages. Large TIFF, Zarr
    and .npy are never in memory as a whole. Give one of --quality, --bpp, --size, --psnr,
    --lossless and --max-error at most; a target that can't be met is an error. Without --model a
    file becomes lossless or error-bounded where that takes fewer bytes at no lower PSNR, as in many
    drawings, or where a target is out of the model's reach. EXIF (with the
    orientation), ICC profile and XMP are kept byte for byte.
    """
    import pellucid
    from pellucid._api.files import PICTURE_SUFFIXES

    file = single_output(batch)
    if file is not None and file.suffix.lower() in PICTURE_SUFFIXES:
        raise OptionError(
            f"the output {batch.out} looks like a picture; compress writes .pel files"
        )
    run_command(batch, *work_of(pellucid.CompressOptions(**wanted), force=batch.force))


def work_of(asked: CompressOptions, *, force: bool = False) -> tuple[Outputs, Work]:
    """What is made of what, and how."""
    arrays = (ZARR,) if asked.bound is None else ARRAYS  # of which many are bands
    outputs = Outputs(to_pel, (*PICTURES, *arrays), SAME, own=(".pel",))
    return outputs, partial(compress_one, asked, force)


def to_pel(_source: Path) -> str:
    """The suffix of what is made of any source."""
    return ".pel"


def compress_one(asked: CompressOptions, force: bool, job: Job, part: Part) -> Report:
    """Compress one file."""
    import pellucid

    return report_of(
        pellucid.compress_to(job.source, job.output, asked, force=force, progress=part)
    )


def report_of(made: CompressResult) -> Report:
    """What came of one picture."""
    about = made.info
    fields = {
        "width": about.width,
        "height": about.height,
        "bytes": about.file_bytes,
        "bits_per_pixel": about.bits_per_pixel,
        "quality": about.quality if about.max_error is None else None,
        "max_error": about.max_error,
        "source_error": about.source_error,
        "model": about.model_id,
        "tune": about.tune,
        "noise": None if made.noise is None else asdict(made.noise),
    }
    size = f"{about.file_bytes:,} bytes, {about.bits_per_pixel:.3f} bits per pixel"
    return Report(f"{size}, {kind_of(about)}{said_of(made.noise)}", fields, made.remarks)


def said_of(noise: NoiseEstimate | None) -> str:
    """What was left out of a picture, if anything was."""
    if noise is None:
        return ""
    said = [f"noise of sigma {noise.sigma:.3g}"] if noise.sigma else []
    if noise.jpeg_quality is not None:
        said.insert(0, f"the traces of a JPEG of quality {noise.jpeg_quality}")
    return f", without {' and '.join(said)}"
