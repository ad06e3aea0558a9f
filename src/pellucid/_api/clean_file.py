"""`denoise_file`: from file to file, window by window."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid._api.denoise import (
    DEFAULT_DENOISER,
    check_ends,
    check_mask,
    check_number,
    check_sigma,
    check_strength,
    guide_of,
    open_guide,
    refuse_bands,
    refuse_opaque,
)
from pellucid._api.progress import Progress, Watched
from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.denoising.estimate import NoiseEstimate
from pellucid.errors import InputError
from pellucid.pixels import ImageInfo, is_npy, open_parts, open_sink, read_npy, read_samples
from pellucid.pixels.dicom_change import Change
from pellucid.pixels.lazy import LARGE, Source

if TYPE_CHECKING:
    from pellucid.denoising.guide import Guide


@dataclass(frozen=True)
class Cleaned:
    """What was done: the picture's geometry, metadata and type, its noise if it was measured.

    `not_finite` counts samples and `marks` pixels that were kept as they are; `remarks` say so, and
    what else a person should know, `doubts` only the latter.
    """

    info: ImageInfo
    dtype: str
    noise: NoiseEstimate | None
    not_finite: int
    marks: int
    remarks: tuple[str, ...]
    doubts: tuple[str, ...]


def denoise_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    sigma: str | float | NDArray[Any] | NoiseEstimate = "auto",
    strength: float = 1.0,
    mask: ArrayLike | None = None,
    guide: Any = None,
    nodata: float | None = None,
    model: str = DEFAULT_DENOISER,
    limits: Limits = DEFAULT_LIMITS,
    page: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> NoiseEstimate | None:
    """Take the noise off a picture file; type, metadata and channels of its samples stay.

    Large TIFF, Zarr and .npy are read and written in parts, but bands (more than 4 channels) and a
    mask are in memory as a whole. The arguments are those of `denoise`, and of `compress_file`.
    Returns the noise, if it was measured.

    Raises:
        OutputError: `target` exists and `force` is false, it can't be written, or its format can't
        hold the samples; and what `denoise` raises. Then there is no new file.
    """
    with open_noisy(source, limits, page) as (samples, info):
        cleaned = clean_to(
            samples,
            info,
            Path(target),
            sigma=sigma,
            strength=strength,
            mask=mask,
            guide=guide,
            nodata=nodata,
            model=model,
            limits=limits,
            flat=is_flat(source),
            force=force,
            progress=progress,
        )
    for remark in cleaned.remarks:
        warnings.warn(remark, stacklevel=2)
    return cleaned.noise


def clean_to(
    samples: Source,
    info: ImageInfo,
    target: Path,
    *,
    sigma: Any,
    strength: float,
    mask: ArrayLike | None,
    guide: Any,
    nodata: float | None,
    model: str,
    limits: Limits,
    flat: bool,
    force: bool,
    measured: bool = False,
    progress: Progress | None = None,
) -> Cleaned:
    """The same of an open file; with `measured` the noise is measured in any case."""
    from pellucid._api.clean_whole import clean_whole, is_bands, is_whole
    from pellucid.denoising.clean import denoise_into, measure, nothing_to_do, picture_of
    from pellucid.denoising.view import Surveyed
    from pellucid.runtime import load_denoiser
    from pellucid.runtime.session import thread_count

    height, width, channels = samples.shape
    size = (height, width)
    factor = check_strength(strength)
    told = check_sigma(sigma, size)
    weight = factor if mask is None else factor * check_mask(mask, size)
    net = load_denoiser(model)
    hole = check_number(nodata)
    if is_bands(samples, info):
        refuse_bands(guide, hole)
    picture = None if is_whole(samples, info) else picture_of(samples, hole)
    seen = picture or Surveyed(samples, hole)
    if samples.dtype == np.float64:
        check_ends(seen.survey.low, seen.survey.high)
    noise = measure(samples, hole) if measured or (told is None and factor) else None
    taken = told if told is not None else noise if noise is not None and factor else 0.0
    if nothing_to_do(taken, weight, samples.dtype):
        taken, weight = 0.0, 0.0  # then every part is copied
    sink = open_sink(
        target,
        (height, width, channels),
        samples.dtype,
        info,
        flat=flat,
        force=force,
        threads=thread_count(),
        change=lambda: Change(f"pellucid, noise reduced, strength {factor:g}"),
    )
    with open_helper(guide, size, limits) as helper, sink as out:
        watched = Watched(out, samples.shape, progress)
        if picture is None:
            watched[0:height, 0:width] = clean_whole(
                samples, info, told, weight, net, guide=helper, nodata=hole
            )
        else:
            denoise_into(watched, picture, taken, weight, net, guide=helper)
    return summary(samples, info, noise, told, seen)


def summary(
    samples: Source, info: ImageInfo, noise: NoiseEstimate | None, told: Any, seen: Any
) -> Cleaned:
    """What was done, of a picture of which `seen` is the survey and what there is to remark."""
    survey = seen.survey
    doubt = survey.unlikely(told) if isinstance(told, float) else None
    return Cleaned(
        info,
        samples.dtype.name,
        noise,
        survey.not_finite,
        survey.marks,
        remarks=tuple(seen.remarks(told)),
        doubts=() if doubt is None else (doubt,),
    )


@contextmanager
def open_helper(guide: Any, size: tuple[int, int], limits: Limits) -> Iterator[Guide | None]:
    """A guide, in parts if it is a large file; OptionError if it has another size."""
    if isinstance(guide, str | os.PathLike):
        with open_noisy(guide, limits) as (samples, _):
            yield guide_of(samples, size)
    else:
        yield None if guide is None else open_guide(guide, size, limits)


@contextmanager
def open_noisy(
    source: str | os.PathLike[str], limits: Limits, page: int | None = None
) -> Iterator[tuple[Source, ImageInfo]]:
    """A picture file as samples that can be denoised, in parts if it is large."""
    from pellucid.denoising.samples import SampleType

    with open_parts(source, max_pixels=limits.max_pixels, page=page) as parts:
        if parts is None:
            parts = read_samples(source, max_pixels=limits.max_pixels)
        samples, info = parts
        SampleType.of(samples.dtype)
        height, width, channels = samples.shape
        if info.axes is not None and info.dicom is None:  # frames go one by one
            raise InputError(
                f"{source} has pages, {channels} channels in all; choose one: of a TIFF with "
                "--page N (page=N), from 0; of others by an array of its own"
            )
        refuse_opaque(source, channels, info)
        yield (samples[0:height, 0:width] if height * width <= LARGE else samples), info


def is_flat(source: str | os.PathLike[str]) -> bool:
    """Whether a file holds an array without an axis of channels."""
    return is_npy(source) and read_npy(source).ndim == 2
