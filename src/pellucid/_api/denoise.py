"""Denoising: pictures of any common sample type in, the same type and shape out."""

from __future__ import annotations

import os
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.denoising.estimate import NoiseEstimate
from pellucid.errors import InputError, OptionError
from pellucid.pixels import ImageInfo
from pellucid.pixels.lazy import Source

if TYPE_CHECKING:
    from PIL import Image

    from pellucid.denoising.guide import Guide

    PictureSource = NDArray[Any] | Image.Image | str | os.PathLike[str] | bytes

DEFAULT_DENOISER = "m"
WITH_ALPHA = 4  # channels at most, of which the last may be alpha; more are bands
LARGEST = float(np.finfo(np.float32).max)  # of samples and sigma: the network takes float32
SMALLEST = float(np.finfo(np.float32).tiny)  # that the furthest from 0 of samples may be


def denoise(
    image: PictureSource,
    *,
    sigma: str | float | NDArray[Any] | NoiseEstimate = "auto",
    strength: float = 1.0,
    mask: ArrayLike | None = None,
    guide: PictureSource | None = None,
    nodata: float | None = None,
    model: str = DEFAULT_DENOISER,
    limits: Limits = DEFAULT_LIMITS,
) -> NDArray[Any]:
    """Take the noise off a picture; shape and type of its samples stay.

    Args:
        image: array (H, W) or (H, W, C) of uint8, uint16, int16, float16, float32 or float64, C 1
            (grey), 2 (grey, alpha), 3 (RGB), 4 (RGBA), or more (bands, none of them alpha); or a
            Pillow image, a path, or encoded bytes, which come back as (H, W, C). Alpha is kept.
        sigma: standard deviation of the noise in the samples' own unit (25 for uint8, 25 / 255
            for floats of 0-1), one number or (H, W); `auto` measures it, in each of more than 4
            channels by itself; or what `noise_level` gave.
        strength: 0 (nothing is changed) to 1; scales sigma.
        mask: (H, W) of 0-1 floats, booleans, or uint8 of 0-255: scales sigma by place.
        guide: another picture of the same scene, size and place, with less noise, such as a
            visible one for infrared: any type that `image` may have. One that doesn't fit does
            next to no harm.
        nodata: pixels of this value stay as they are, and no other becomes it, such as 0 in depth
            maps.
        model: name of an installed denoiser (`denoisers()`), or a model's folder.

    Where sigma, strength or mask is 0 every bit stays. A sample that is no finite number stays as
    it is, with a warning. Scaling samples and sigma scales the result.

    Raises:
        InputError: the picture can't be read or has samples of another kind.
        OptionError: an option is out of range or has another shape than the picture.
        LimitError: the file's picture is above `limits`.
    """
    from pellucid.denoising.bands import denoise_bands
    from pellucid.denoising.clean import denoise_samples, measure
    from pellucid.runtime import load_denoiser

    samples, shape = open_samples(image, limits)
    size = samples.shape[:2]
    factor = check_strength(strength)
    noise = check_sigma(sigma, size)
    weight = factor if mask is None else factor * check_mask(mask, size)
    net = load_denoiser(model)
    told = check_number(nodata)
    if samples.shape[2] > WITH_ALPHA:
        refuse_bands(guide, nodata)
        bands = denoise_bands(samples, noise if factor else 0.0, weight, net)
        return bands.reshape(shape)
    helper = None if guide is None else open_guide(guide, size, limits)
    if noise is None:
        noise = measure(samples, told) if factor else 0.0
    clean = denoise_samples(samples, noise, weight, net, guide=helper, nodata=told)
    return clean.reshape(shape)


def noise_level(
    image: PictureSource, *, nodata: float | None = None, limits: Limits = DEFAULT_LIMITS
) -> NoiseEstimate:
    """Measure the noise of a picture, in its samples' own unit; takes what `denoise` takes."""
    from pellucid.denoising.clean import measure

    return measure(open_samples(image, limits)[0], check_number(nodata))


def refuse_bands(guide: object, nodata: float | None) -> None:
    """OptionError for what more than four channels (bands) can't have."""
    for name, value in (("a guide", guide), ("nodata", nodata)):
        if value is not None:
            raise OptionError(
                f"{name} goes with up to {WITH_ALPHA} channels, and more (bands) go together; "
                "denoise them one by one"
            )


def open_guide(guide: Any, size: tuple[int, ...], limits: Limits) -> Guide:
    """A guide for a picture of `size` (height, width); OptionError if it has another."""
    return guide_of(open_samples(guide, limits)[0], size)


def guide_of(samples: Source, size: tuple[int, ...]) -> Guide:
    """The same of open samples, which may be in parts."""
    from pellucid.denoising.guide import Guide
    from pellucid.runtime import load_guide

    if samples.shape[2] > WITH_ALPHA:
        raise OptionError(
            f"the guide has {samples.shape[2]} channels; give one of grey or RGB, 1 to "
            f"{WITH_ALPHA} with transparency"
        )
    if samples.shape[:2] != size:
        raise OptionError(
            f"the guide is {samples.shape[1]} x {samples.shape[0]} and the picture {size[1]} x "
            f"{size[0]}; they must have the same size, and show the same place"
        )
    return Guide(samples, load_guide())


def check_number(nodata: float | None) -> float | None:
    """`nodata` if it is a finite number, or None."""
    if nodata is None or (isinstance(nodata, Real) and np.isfinite(float(nodata))):
        return nodata
    raise OptionError(f"nodata is {nodata!r}; it must be a number, and finite: others are left out")


def denoisers() -> dict[str, str]:
    """Installed denoisers: name -> id (hex)."""
    from pellucid.runtime import DENOISER, installed_models

    return installed_models(DENOISER)


def open_samples(image: Any, limits: Limits) -> tuple[NDArray[Any], tuple[int, ...]]:
    """Any accepted picture as checked samples (H, W, C), and the shape to give back."""
    from pellucid.denoising.samples import SampleType
    from pellucid.pixels.samples import read_samples, samples_of

    if isinstance(image, str | os.PathLike | bytes):
        source = image if isinstance(image, bytes) else Path(image)
        array, info = read_samples(source, max_pixels=limits.max_pixels)
        refuse_opaque(image, array.shape[2], info)
    elif isinstance(image, np.ma.MaskedArray):
        raise InputError(
            "a masked array can't be denoised; give floats with NaN where it is masked: "
            "image.astype(float).filled(numpy.nan)"
        )
    else:
        array = np.asarray(image) if isinstance(image, np.ndarray) else samples_of(image)
    SampleType.of(array.dtype)
    samples = array[..., None] if array.ndim == 2 else array
    if samples.ndim != 3 or 0 in samples.shape:
        raise InputError(
            f"an array of shape {array.shape} is no picture; give (H, W) or (H, W, C) with C of 1 "
            "(grey), 2 (grey, alpha), 3 (RGB), 4 (RGBA) or more (bands)"
        )
    if array.dtype.name == "float64":
        check_range(samples)
    return samples, array.shape


def refuse_opaque(name: object, channels: int, info: ImageInfo) -> None:
    """InputError for a file of 2 or 4 channels that says that none is transparency."""
    if channels in (2, WITH_ALPHA) and info.alpha is False:
        raise InputError(
            f"{'the input' if isinstance(name, bytes) else name} has {channels} channels without "
            "transparency, and of 2 or 4 the last is taken for it; denoise them one by one, or 5 "
            "or more (bands) together"
        )


def check_range(samples: NDArray[np.float64]) -> None:
    """Raise InputError for finite samples (H, W, C) that float32, in which all is done, can't hold.

    Too small are those of a picture, or of one of its bands, none of which is far enough from 0.
    """
    from pellucid.denoising.survey import look_through

    size = np.abs(samples, where=np.isfinite(samples), out=np.zeros_like(samples))
    check_ends(0.0, float(size.max()))
    if not ((size > 0) & (size < SMALLEST)).any():
        return  # the usual case
    bands = samples.shape[2] if samples.shape[2] > WITH_ALPHA else 1
    for part in np.split(samples, bands, axis=2):
        survey = look_through(part)
        check_ends(survey.low, survey.high)


def check_ends(low: float, high: float) -> None:
    """Raise InputError for float64 samples from `low` to `high` that float32 can't hold."""
    far = max(high, -low)
    if far > LARGEST:
        raise InputError(
            f"samples as far from 0 as {far:.3g} can't be denoised, {LARGEST:.2g} is the most; "
            "divide them, and sigma, by a number"
        )
    if 0 < far < SMALLEST:
        raise InputError(
            f"samples no further from 0 than {far:.3g} can't be denoised, {SMALLEST:.2g} is the "
            "least that one of them must be; multiply them, and sigma, by a number"
        )


def check_strength(strength: float) -> float:
    """`strength` if it is a number of 0-1."""
    if isinstance(strength, Real) and 0 <= strength <= 1:
        return float(strength)
    raise OptionError(f"strength is {strength!r}; it must be a number from 0 to 1")


def check_sigma(
    sigma: str | float | NDArray[Any] | NoiseEstimate, size: tuple[int, int]
) -> float | NDArray[np.float32] | NoiseEstimate | None:
    """A number, an estimate, or an array of the picture's size; None for `auto`."""
    if isinstance(sigma, NoiseEstimate):
        return check_estimate(sigma)
    if isinstance(sigma, str):
        if sigma == "auto":
            return None
        raise OptionError(f"sigma is {sigma!r}; it must be auto, a number or an array")
    if isinstance(sigma, Real):
        if 0 <= sigma <= LARGEST:
            return float(sigma)
        raise OptionError(f"sigma is {sigma!r}; it must be a number from 0 to {LARGEST:.2g}")
    values = numbers(sigma, "sigma", size)
    if not (np.isfinite(values).all() and values.min() >= 0):
        raise OptionError("sigma holds values below 0 or no finite numbers; it must be from 0")
    return values


def check_estimate(noise: NoiseEstimate) -> NoiseEstimate:
    """An estimate, which may have been changed by hand, if its values can be."""
    values = (noise.sigma, noise.slope, noise.offset, noise.correlation)
    if not (np.isfinite(values).all() and 0 <= noise.sigma <= LARGEST):
        raise OptionError(f"{noise} must hold finite numbers, and a sigma from 0 to {LARGEST:.2g}")
    if noise.jpeg_quality is not None and not 1 <= noise.jpeg_quality <= 100:
        raise OptionError(f"jpeg_quality is {noise.jpeg_quality}; it must be 1 to 100, or None")
    return noise


def check_mask(mask: ArrayLike, size: tuple[int, int]) -> NDArray[np.float32]:
    """A mask of 0-1, of the picture's size."""
    given = np.asarray(mask)
    values = numbers(given, "mask", size)
    if given.dtype == np.uint8:
        return values / np.float32(255)
    if not (values.min() >= 0 and values.max() <= 1):
        raise OptionError("mask must hold values from 0 to 1 (or uint8 from 0 to 255)")
    return values


def numbers(values: Any, name: str, size: tuple[int, int]) -> NDArray[np.float32]:
    """An array of real numbers of the picture's height and width."""
    array = np.asarray(values)
    if array.dtype.kind not in "buif":
        raise OptionError(f"{name} is {values!r}; it must hold numbers")
    if array.shape != size:
        raise OptionError(
            f"{name} has the shape {array.shape}; the picture's is {size} (height, width)"
        )
    with np.errstate(over="ignore"):  # what gets infinite by it is refused
        return array.astype(np.float32)
