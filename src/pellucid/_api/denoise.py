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

if TYPE_CHECKING:
    from PIL import Image

    PictureSource = NDArray[Any] | Image.Image | str | os.PathLike[str] | bytes

DEFAULT_DENOISER = "m"
CHANNELS = (1, 2, 3, 4)
PILLOW_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "F")


def denoise(
    image: PictureSource,
    *,
    sigma: str | float | NDArray[Any] | NoiseEstimate = "auto",
    strength: float = 1.0,
    mask: ArrayLike | None = None,
    model: str = DEFAULT_DENOISER,
    limits: Limits = DEFAULT_LIMITS,
) -> NDArray[Any]:
    """Take the noise off a picture; shape and type of its samples stay.

    Args:
        image: array (H, W) or (H, W, C) of uint8, uint16, float16, float32 or float64, C 1 (grey),
            2 (grey, alpha), 3 (RGB) or 4 (RGBA); or a Pillow image, a path, or encoded bytes,
            which come back as (H, W, C). Alpha is kept.
        sigma: standard deviation of the noise in the samples' own unit (25 for uint8, 25 / 255
            for floats of 0-1), one number or (H, W); `auto` measures it; or what `noise_level`
            gave.
        strength: 0 (nothing is changed) to 1; scales sigma.
        mask: (H, W) of 0-1 floats, booleans, or uint8 of 0-255: scales sigma by place.
        model: name of an installed denoiser (`denoisers()`), or a model's folder.

    Where sigma, strength or mask is 0 every bit stays. A sample that is no finite number stays as
    it is, with a warning. Scaling samples and sigma scales the result.

    Raises:
        InputError: the picture can't be read or has samples of another kind.
        OptionError: an option is out of range or has another shape than the picture.
        LimitError: the file's picture is above `limits`.
    """
    from pellucid.denoising.clean import denoise_samples, measure
    from pellucid.runtime import load_denoiser

    samples, shape = open_samples(image, limits)
    size = samples.shape[:2]
    factor = check_strength(strength)
    noise = sigma if isinstance(sigma, NoiseEstimate) else check_sigma(sigma, size)
    weight = factor if mask is None else factor * check_mask(mask, size)
    net = load_denoiser(model)
    if noise is None:
        noise = measure(samples) if factor else 0.0
    return denoise_samples(samples, noise, weight, net).reshape(shape)


def noise_level(image: PictureSource, *, limits: Limits = DEFAULT_LIMITS) -> NoiseEstimate:
    """Measure the noise of a picture, in its samples' own unit; takes what `denoise` takes."""
    from pellucid.denoising.clean import measure

    return measure(open_samples(image, limits)[0])


def denoisers() -> dict[str, str]:
    """Installed denoisers: name -> id (hex)."""
    from pellucid.runtime import DENOISER, installed_models

    return installed_models(DENOISER)


def open_samples(image: Any, limits: Limits) -> tuple[NDArray[Any], tuple[int, ...]]:
    """Any accepted picture as checked samples (H, W, C), and the shape to give back."""
    from pellucid.denoising.samples import SampleType
    from pellucid.pixels.samples import read_samples

    if isinstance(image, str | os.PathLike | bytes):
        source = image if isinstance(image, bytes) else Path(image)
        array, _ = read_samples(source, max_pixels=limits.max_pixels)
    elif isinstance(image, np.ndarray):
        array = image
    else:
        array = from_pillow(image)
    SampleType.of(array.dtype)
    samples = array[..., None] if array.ndim == 2 else array
    if samples.ndim != 3 or samples.shape[2] not in CHANNELS or 0 in samples.shape:
        raise InputError(
            f"an array of shape {array.shape} is no picture; give (H, W) or (H, W, C) with C of 1 "
            "(grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA)"
        )
    return samples, array.shape


def from_pillow(image: Any) -> NDArray[Any]:
    """A Pillow image of a mode whose samples are the picture's."""
    mode = getattr(image, "mode", None)
    if mode not in PILLOW_MODES:
        what = f"a Pillow image of mode {mode}" if mode else f"a {type(image).__name__}"
        raise InputError(
            f"{what} can't be denoised; give an array, a path, or a Pillow image of mode "
            f"{', '.join(PILLOW_MODES)} (Pillow's `convert` makes one)"
        )
    return np.asarray(image)


def check_strength(strength: float) -> float:
    """`strength` if it is a number of 0-1."""
    if isinstance(strength, Real) and 0 <= strength <= 1:
        return float(strength)
    raise OptionError(f"strength is {strength!r}; it must be a number from 0 to 1")


def check_sigma(
    sigma: str | float | NDArray[Any], size: tuple[int, int]
) -> float | NDArray[np.float32] | None:
    """A number, or an array of the picture's size; None for `auto`."""
    if isinstance(sigma, str):
        if sigma == "auto":
            return None
        raise OptionError(f"sigma is {sigma!r}; it must be auto, a number or an array")
    if isinstance(sigma, Real):
        if 0 <= sigma < float("inf"):
            return float(sigma)
        raise OptionError(f"sigma is {sigma!r}; it must be a number from 0")
    values = numbers(sigma, "sigma", size)
    if not (np.isfinite(values).all() and values.min() >= 0):
        raise OptionError("sigma holds values below 0 or no finite numbers; it must be from 0")
    return values


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
    return array.astype(np.float32)
