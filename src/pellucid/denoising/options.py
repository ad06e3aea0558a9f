"""How a picture is to be denoised, checked when it is made; and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.bitstream import DEFAULT_LIMITS, Limits, check_limits
from pellucid.bitstream.limits import is_number
from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.picture import LARGEST
from pellucid.denoising.samples import MOST, Floats, check_kind
from pellucid.errors import InputError, OptionError, require
from pellucid.pixels import open_image
from pellucid.pixels.lazy import in_memory_if_small

if TYPE_CHECKING:
    from pellucid.denoising.guide import Guide

DEFAULT_DENOISER = "m"

Sigma = str | float | NDArray[Any] | NoiseEstimate
Size = tuple[int, int]  # height, width


@dataclass(frozen=True, eq=False)
class DenoiseOptions:
    """The options of `pellucid.denoise` and, with `measure`, of `denoise_file`, which say what each
    means.

    Raises:
        OptionError: one of them is out of range or of another type.
    """

    sigma: Sigma = "auto"
    strength: float = 1.0
    mask: ArrayLike | str | os.PathLike[str] | None = None
    guide: Any = None
    nodata: float | None = None
    model: str = DEFAULT_DENOISER
    page: int | None = None
    limits: Limits = DEFAULT_LIMITS
    measure: bool = False
    device: str = "auto"

    def __post_init__(self) -> None:
        fine = is_number(self.strength) and 0 <= self.strength <= 1
        require(fine, "strength", self.strength, "a number from 0 to 1")
        fine = self.nodata is None or (is_number(self.nodata) and np.isfinite(self.nodata))
        require(fine, "nodata", self.nodata, "a number, and finite: others are left out")
        names = "the name of an installed denoiser, or the path of a model's folder"
        require(is_path(self.model), "model", self.model, names)
        check_limits(self.limits)
        read_sigma(self.sigma)
        check_named(self.device)
        if not (self.mask is None or is_path(self.mask)):
            to_mask(self.mask)

    def sigma_for(self, size: Size) -> float | Floats | NoiseEstimate | None:
        """Sigma for a picture of `size`; None to measure it.

        Raises OptionError if it is an array of another size.
        """
        found = read_sigma(self.sigma)
        return sized("sigma", found, size) if isinstance(found, np.ndarray) else found

    def weight_for(self, size: Size) -> float | Floats:
        """Strength times mask, one or (H, W), for a picture of `size`.

        Raises OptionError for a mask of another size, InputError if its file is to blame.
        """
        if self.mask is None:
            return float(self.strength)
        if not is_path(self.mask):
            return self.strength * sized("mask", to_mask(self.mask), size)
        mask = to_mask(read_mask(self.mask, self.limits))
        if mask.shape != size:
            raise InputError(
                f"the mask {self.mask} is {mask.shape[1]} x {mask.shape[0]} and the picture "
                f"{size[1]} x {size[0]}; they must have the same size, as stored: EXIF turns "
                "neither"
            )
        return self.strength * mask

    @contextmanager
    def open_guide(self, size: Size) -> Iterator[Guide | None]:
        """The guide, if there is one, for a picture of `size`.

        Raises OptionError if it can't be a guide of that; and what reading it raises.
        """
        from pellucid.denoising.guide import Guide
        from pellucid.runtime import load_guide

        if self.guide is None:
            yield None
            return
        with open_image(self.guide, max_pixels=self.limits.max_pixels) as source:
            height, width, channels = source.shape
            if channels > MOST or source.info.pages > 1:
                raise OptionError(
                    f"the guide has {channels} channels; give one of grey or RGB, 1 to {MOST} with "
                    "transparency"
                )
            check_kind(source)
            if (height, width) != size:
                raise OptionError(
                    f"the guide is {width} x {height} and the picture {size[1]} x {size[0]}; they "
                    "must have the same size, and show the same place"
                )
            yield Guide(in_memory_if_small(source), load_guide())

    def check_model(self) -> None:
        """Raise OptionError if there is no denoiser of this name or no such device, or
        MissingExtraError if that isn't installed.
        """
        from pellucid.runtime import check_device, load_denoiser

        load_denoiser(self.model)
        check_device(self.device)

    def refuse_for_bands(self) -> None:
        """Raise OptionError for what more than four channels (bands) can't have."""
        for name, value in (("a guide", self.guide), ("nodata", self.nodata)):
            if value is not None:
                raise OptionError(
                    f"{name} goes with up to {MOST} channels, and more (bands) go together; "
                    "denoise them one by one"
                )


@dataclass(frozen=True)
class DenoiseResult:
    """What was done to a picture, and what a person should know of it.

    Attributes:
        shape: (height, width, channels) of its samples.
        dtype: their type, by NumPy's name.
        noise: the noise, if it was measured; its sigma is all of it, in the samples' unit.
        model_id: id (hex) of the denoiser.
        not_finite: samples that are no finite numbers and were kept.
        sentinels: pixels far from all others, such as -9999 for no data, that were kept.
        remarks: what a person should know, in words.
        left_out: which metadata the new file's format can't hold, in words.
        engine: what ran the network, and in which numbers; None if nothing was to be done.
    """

    shape: tuple[int, int, int]
    dtype: str
    noise: NoiseEstimate | None
    model_id: str
    not_finite: int = 0
    sentinels: int = 0
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    engine: str | None = None

    @property
    def found_no_noise(self) -> bool:
        """Whether noise was measured and there is none, nor traces of JPEG."""
        noise = self.noise
        return noise is not None and not noise.sigma and noise.jpeg_quality is None


def is_path(value: object) -> bool:
    """Whether it names a file."""
    return isinstance(value, str | os.PathLike)


def check_named(device: str) -> None:
    """Raise what `runtime.check_device` does for a device that is named; `auto` loads nothing."""
    if device != "auto":
        from pellucid.runtime import check_device

        check_device(device)


def read_sigma(sigma: Sigma) -> float | Floats | NoiseEstimate | None:
    """Numbers from 0, or an estimate of such; None if it is `auto`; OptionError for all else."""
    if isinstance(sigma, str | bool):
        require(sigma == "auto", "sigma", sigma, "auto, a number or an array")
        return None
    if isinstance(sigma, NoiseEstimate):  # which may have been changed by hand
        values = (sigma.sigma, sigma.slope, sigma.offset, sigma.correlation)
        if not (np.isfinite(values).all() and 0 <= sigma.sigma <= LARGEST):
            most = f"a sigma from 0 to {LARGEST:.2g}"
            raise OptionError(f"{sigma} must hold finite numbers, and {most}")
        quality = sigma.jpeg_quality
        fine = quality is None or 1 <= quality <= 100
        require(fine, "jpeg_quality", quality, "1 to 100, or None")
        return sigma
    if is_number(sigma):
        require(0 <= sigma <= LARGEST, "sigma", sigma, f"a number from 0 to {LARGEST:.2g}")
        return float(sigma)
    array = numbers(sigma, "sigma")
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise OptionError("sigma holds values below 0 or no finite numbers; it must be from 0")
    return array


def to_mask(mask: Any) -> Floats:
    """A mask as floats of 0-1; OptionError if it is none."""
    given = np.asarray(mask)
    values = numbers(given, "mask")
    if given.dtype == np.uint8:
        return values / np.float32(255)
    if not ((values >= 0) & (values <= 1)).all():
        raise OptionError("mask must hold values from 0 to 1 (or uint8 from 0 to 255)")
    return values


def read_mask(path: Any, limits: Limits) -> NDArray[np.uint8]:
    """A mask (height, width) from a file; InputError if it isn't grey of 8 bits."""
    with open_image(path, max_pixels=limits.max_pixels) as source:
        colours = source.read()[..., : source.info.colours]
    if colours.dtype != np.uint8 or not colours.size:
        raise InputError(f"the mask {path} must be a grey picture of 8 bits")
    if (colours != colours[..., :1]).any():
        raise InputError(f"the mask {path} has colours; it must be a grey picture")
    return colours[..., 0]


def sized(name: str, values: Floats, size: Size) -> Floats:
    """`values` if they have the picture's size, else OptionError."""
    if values.shape != size:
        raise OptionError(
            f"{name} has the shape {values.shape}; the picture's is {size} (height, width)"
        )
    return values


def numbers(values: Any, name: str) -> Floats:
    """Real numbers as float32; OptionError if they are none."""
    array = np.asarray(values)
    if array.dtype.kind not in "buif":
        raise OptionError(f"{name} is {values!r}; it must hold numbers")
    with np.errstate(over="ignore"):  # what gets infinite by it is refused
        return array.astype(np.float32)
