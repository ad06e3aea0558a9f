"""`pellucid denoise`: picture(s) -> clean picture(s)."""

from __future__ import annotations

import math
import os
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Limits
from pellucid.cli import _options as options
from pellucid.cli._batch import Report, run_batch
from pellucid.cli._clean_jobs import plan_clean_jobs
from pellucid.cli._jobs import Job
from pellucid.cli.decompress import left_out
from pellucid.errors import InputError
from pellucid.pixels import ImageInfo, is_npy, read_image, read_npy, read_samples, write_samples
from pellucid.pixels.write import check_suffix

if TYPE_CHECKING:
    from pellucid._api import NoiseEstimate

WHITE = {"uint8": 255, "uint16": 65535}
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

    @property
    def holes(self) -> dict[str, Any]:
        """What is asked of holes."""
        return {} if self.nodata is None else {"nodata": self.nodata}

    @property
    def helper(self) -> dict[str, Any]:
        """What is asked of a guide."""
        return {} if self.guide is None else {"guide": self.guide, "limits": self.limits}


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
@options.inputs_argument
@options.out_option
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
    "--mask", metavar="FILE", help="Grey picture of the same size: white full strength, black none."
)
@click.option(
    "--guide",
    metavar="FILE",
    help="Another picture of the same scene, size and place, such as a visible one for infrared.",
)
@click.option(
    "--nodata",
    metavar="N",
    type=float,
    help="Pixels of this value stay, and no other becomes it, such as 0 in depth maps.",
)
@click.option("--model", default="m", show_default=True, help="m, s (faster), or a model's folder.")
@options.limits_option
@options.recursive_option
@options.force_option
@options.json_option
def denoise(
    inputs: tuple[str, ...],
    out: str | None,
    sigma: float | None,
    strength: float,
    mask: str | None,
    guide: str | None,
    nodata: float | None,
    model: str,
    limits: Limits,
    recursive: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Take noise and JPEG artefacts off pictures: photo.png -> photo.clean.png.

    8-bit grey and RGB with or without transparency, 16-bit grey, float32 TIFF, .npy arrays; type,
    format and metadata stay. A JPEG becomes a PNG, unless OUT says otherwise.
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
        force=force,
        limits=limits,
        measure=as_json or sigma is None,
    )
    jobs = plan_clean_jobs(inputs, out, recursive=recursive)
    run_batch(jobs, lambda job: job.source, lambda job: denoise_one(job, settings), as_json=as_json)


def read_mask(name: str) -> NDArray[np.uint8]:
    """A mask (height, width) from a file; InputError if it isn't grey."""
    samples, _ = read_image(name)
    if samples.shape[2] == 3 and (samples != samples[:, :, :1]).any():
        raise InputError(f"the mask {name} has colours; it must be a grey picture")
    return samples[:, :, 0]


def denoise_one(job: Job, settings: Settings) -> Report:
    """One picture to its clean one."""
    from pellucid import _api

    job.check(force=settings.force)
    if not is_npy(job.target):
        check_suffix(job.target)
    samples, info = read_samples(job.source, max_pixels=settings.limits.max_pixels)
    check_mask(settings, info)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of samples that are counted below
        noise = _api.noise_level(samples, **settings.holes) if settings.measure else None
        clean = _api.denoise(
            samples,
            sigma=settings.sigma if settings.sigma is not None else noise or "auto",
            strength=settings.strength,
            mask=settings.mask,
            model=settings.model,
            **settings.holes,
            **settings.helper,
        )
    seconds = time.perf_counter() - started
    flat = is_npy(job.source) and is_npy(job.target) and read_npy(job.source).ndim == 2
    write_samples(job.target, clean[..., 0] if flat else clean, info, force=settings.force)
    return report(job, settings, samples, info, noise, seconds)


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


def report(
    job: Job,
    settings: Settings,
    samples: NDArray[Any],
    info: ImageInfo,
    noise: NoiseEstimate | None,
    seconds: float,
) -> Report:
    """What a person and a program should know."""
    from pellucid.denoising.clean import unlikely
    from pellucid.denoising.holes import strays
    from pellucid.denoising.samples import split_alpha

    lost = 0 if samples.dtype.kind == "u" else int(np.count_nonzero(~np.isfinite(samples)))
    fields = {
        "source": str(job.source),
        "output": str(job.target),
        "width": info.width,
        "height": info.height,
        "channels": info.channels,
        "dtype": samples.dtype.name,
        "sigma": "auto" if settings.sigma is None else settings.sigma,
        "strength": settings.strength,
        "mask": settings.mask_name,
        "guide": settings.guide,
        "nodata": settings.nodata,
        "model": settings.model,
        "model_id": settings.model_id,
        "estimate": None if noise is None else asdict(noise),
        "not_finite": lost,
        "seconds": round(seconds, 4),
    }
    metadata = {"exif": info.exif, "icc": info.icc, "xmp": info.xmp}
    kept = {name: value for name, value in metadata.items() if value}
    said = left_out(job.target, kept)
    if settings.sigma is not None and (doubt := unlikely(settings.sigma, split_alpha(samples)[0])):
        said.append(doubt)
    if lost:
        said.append(f"samples that are no finite number, kept as they are: {lost:,}")
    if marks := np.count_nonzero(strays(split_alpha(samples)[0])):
        said.append(f"samples far from all others, as -9999 is, kept as they are: {marks:,}")
    if settings.sigma is None and not (noise and noise.sigma) and min(samples.shape[:2]) < SMALL:
        said.append(
            f"no noise found, and a side below {SMALL} is little to measure it by; give --sigma"
        )
    line = f"{job.target}  {describe(settings, samples.dtype.name, noise)}, {seconds:.2f} s"
    return Report(line, fields, tuple(said))


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
