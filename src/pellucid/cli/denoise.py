"""`pellucid denoise`: picture(s) -> clean picture(s)."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Limits
from pellucid.cli import _options as options
from pellucid.cli._batch import Part, Report, run_batch
from pellucid.cli._jobs import Job, Outputs, plan_jobs
from pellucid.cli.compress import PICTURES
from pellucid.errors import InputError
from pellucid.pixels import DICOM, NPY, ZARR, ImageInfo, is_npy, is_zarr, read_image
from pellucid.pixels.write import check_suffix

if TYPE_CHECKING:
    from pellucid._api import NoiseEstimate
    from pellucid._api.clean_file import Cleaned

WHITE = {"uint8": 255, "uint16": 65535}
SAME_SUFFIX = (".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", NPY, ZARR, *DICOM)
OTHER_SUFFIX = ".png"
SMALL = 17  # samples a side, from which noise can be measured in a square


@dataclass(frozen=True)
class Settings:
    """How each picture of a run is denoised; `sigma` None measures the noise."""

    sigma: float | None
    strength: float
    mask: NDArray[np.uint8] | None
    mask_name: str | None
    guide: str | None
    nodata: float | None
    model: str
    model_id: str
    force: bool
    measure: bool
    limits: Limits
    page: int | None


def suffix_for(source: Path) -> str:
    """That of an output: the source's, but PNG for formats that would add noise (JPEG) or others.

    GIF can't hold the result.
    """
    return source.suffix if source.suffix.lower() in SAME_SUFFIX else OTHER_SUFFIX


OUTPUTS = Outputs(
    suffix_for,
    (*PICTURES, *DICOM, NPY, ZARR),
    "its output would replace it; choose another name with -o",
    mark=".clean",
)


def to_sigma(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """`auto` -> None; a number from 0 -> that number."""
    if value is None or value == "auto":
        return None
    try:
        sigma = float(value)
    except ValueError:
        sigma = math.nan
    if 0 <= sigma <= float(np.finfo(np.float32).max):
        return sigma
    raise click.BadParameter(f"{value!r} is neither auto nor a number from 0 to 3.4e38")


def to_strength(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """A number from 0 to 1."""
    if 0 <= value <= 1:  # not so for nan
        return value
    raise click.BadParameter(f"{value} is not a number from 0 to 1")


@click.command(short_help="Pictures without their noise.")
@click.option(
    "--sigma",
    metavar="auto|N",
    default="auto",
    show_default=True,
    callback=to_sigma,
    help="Standard deviation of the noise in the file's own unit; auto measures it.",
)
@click.option(
    "--strength",
    metavar="0..1",
    type=float,
    default=1.0,
    show_default=True,
    callback=to_strength,
    help="How much of it to take off.",
)
@click.option(
    "--mask",
    metavar="FILE",
    type=options.FILE,
    help="Grey picture of the same size: white full strength, black none.",
)
@click.option(
    "--guide",
    metavar="FILE",
    type=options.FILE,
    help="Another picture of the same scene, size and place, such as a visible one for infrared.",
)
@click.option(
    "--nodata",
    metavar="N",
    type=float,
    help="Pixels of this value stay, and no other becomes it, such as 0 in depth maps.",
)
@options.model_option
@options.page_option
@options.limits_option
@options.batch_options
def denoise(
    batch: options.Batch,
    sigma: float | None,
    strength: float,
    mask: str | None,
    guide: str | None,
    nodata: float | None,
    model: str,
    page: int | None,
    limits: Limits,
) -> None:
    """Take noise and JPEG artefacts off pictures: photo.png -> photo.clean.png.

    Grey and RGB of 8 and 16 bits with or without transparency, float32 TIFF, DICOM, Zarr, .npy
    arrays, of any number of channels; type, format and metadata stay. A JPEG becomes a PNG, unless
    OUT says otherwise. Large TIFF, Zarr and .npy of up to 4 channels are never in memory as a
    whole.
    """
    from pellucid.runtime import load_denoiser

    beside = Path(model).with_name("card.json") if os.path.isfile(model) else None
    model = str(Path(model).parent) if beside is not None and beside.is_file() else model
    net = load_denoiser(model)  # a wrong name is wrong usage, said once
    if nodata is not None and not math.isfinite(nodata):
        raise click.BadParameter(
            f"{nodata} is not finite; such are left alone", param_hint="nodata"
        )
    settings = Settings(
        sigma=sigma,
        strength=strength,
        mask=None if mask is None else read_mask(mask),
        mask_name=mask,
        guide=guide,
        nodata=nodata,
        model=model,
        model_id=net.id.hex(),
        force=batch.force,
        limits=limits,
        measure=batch.as_json or sigma is None,
        page=page,
    )
    passed: Counter[str] = Counter()
    jobs = plan_jobs(batch, OUTPUTS, passed)
    del passed[".pel"]
    run_batch(
        jobs,
        lambda job, part: denoise_one(job, part, settings),
        batch,
        suffix=OUTPUTS.suffix,
        passed=passed,
    )


def read_mask(name: str) -> NDArray[np.uint8]:
    """A mask (height, width) from a file; InputError if it isn't grey."""
    samples, _ = read_image(name)
    if samples.shape[2] == 3 and (samples != samples[:, :, :1]).any():
        raise InputError(f"the mask {name} has colours; it must be a grey picture")
    return samples[:, :, 0]


def denoise_one(job: Job, part: Part, settings: Settings) -> Report:
    """One picture to its clean one."""
    from pellucid._api.clean_file import clean_to, is_flat, open_noisy

    if not (is_npy(job.output) or is_zarr(job.output) or job.output.suffix.lower() in DICOM):
        check_suffix(job.output)
    with open_noisy(job.source, settings.limits, settings.page) as (samples, info):
        check_mask(settings, info)
        started = time.perf_counter()
        cleaned = clean_to(
            samples,
            info,
            job.output,
            sigma="auto" if settings.sigma is None else settings.sigma,
            strength=settings.strength,
            mask=settings.mask,
            model=settings.model,
            guide=settings.guide,
            nodata=settings.nodata,
            limits=settings.limits,
            flat=is_flat(job.source),
            force=settings.force,
            measured=settings.measure,
            progress=part,
        )
    return report(job, settings, cleaned, time.perf_counter() - started)


def check_mask(settings: Settings, info: ImageInfo) -> None:
    """Raise InputError if the mask's size isn't the picture's."""
    if settings.mask is None or settings.mask.shape == (info.height, info.width):
        return
    height, width = settings.mask.shape
    stored = "; its size as stored counts, before EXIF turns it" if info.exif else ""
    raise InputError(
        f"the mask {settings.mask_name} is {width} x {height} and the picture {info.width} x "
        f"{info.height}; they must have the same size{stored}"
    )


def report(job: Job, settings: Settings, cleaned: Cleaned, seconds: float) -> Report:
    """What a person and a program should know."""
    from pellucid._api.metadata import left_out, metadata_of

    info, noise = cleaned.info, cleaned.noise
    fields = {
        "width": info.width,
        "height": info.height,
        "channels": info.channels,
        "dtype": cleaned.dtype,
        "sigma": "auto" if settings.sigma is None else settings.sigma,
        "strength": settings.strength,
        "mask": settings.mask_name,
        "guide": settings.guide,
        "nodata": settings.nodata,
        "model": settings.model,
        "model_id": settings.model_id,
        "estimate": None if noise is None else asdict(noise),
        "not_finite": cleaned.not_finite,
    }
    said = [*left_out(job.output, metadata_of(info)), *cleaned.doubts]
    if cleaned.not_finite:
        said.append(f"samples that are no finite number, kept as they are: {cleaned.not_finite:,}")
    if cleaned.marks:
        said.append(
            f"samples far from all others, as -9999 is, kept as they are: {cleaned.marks:,}"
        )
    if settings.sigma is None and settings.strength > 0 and found_nothing(noise):
        small = min(info.width, info.height) < SMALL
        why = f", and a side below {SMALL} is little to measure it by" if small else ""
        said.append(
            f"no noise found, so nothing was changed{why}; if there is some (clipped or constant "
            "places can hide it), tell its strength with --sigma"
        )
    line = f"{describe(settings, cleaned.dtype, noise)}, {seconds:.2f} s"
    return Report(line, fields, tuple(said))


def found_nothing(noise: NoiseEstimate | None) -> bool:
    """Whether a measured noise is none, and no JPEG either."""
    return noise is None or (not noise.sigma and noise.jpeg_quality is None)


def describe(settings: Settings, dtype: str, noise: NoiseEstimate | None) -> str:
    """The noise in words: how much, of what, and what was taken off."""
    sigma = settings.sigma if settings.sigma is not None or noise is None else noise.sigma
    unit = f" of {WHITE[dtype]}" if dtype in WHITE else ""
    number = f"{sigma:,.0f}" if sigma is not None and 100 <= sigma < 1e6 else f"{sigma:.3g}"
    words = [f"noise {number}{unit}" + ("" if settings.sigma is None else " (given)")]
    if settings.sigma is None and noise is not None and noise.jpeg_quality is not None:
        words.append(f"JPEG of quality {noise.jpeg_quality}")
    if settings.strength != 1:
        words.append(f"strength {settings.strength:g}")
    return ", ".join(words)
