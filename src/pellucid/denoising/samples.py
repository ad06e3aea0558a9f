"""Sample types: which there are, and the way back from floats without surprises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels import ImageSource, Role
from pellucid.pixels.info import WITH_ALPHA

INTEGERS = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
FLOATS = ("float16", "float32", "float64")
MOST = 4  # channels of a picture; more are bands


@dataclass(frozen=True)
class SampleType:
    """A type of samples that can be denoised."""

    dtype: np.dtype[Any]

    @property
    def eight_bits(self) -> bool:
        """Whether samples are 0-255."""
        return self.dtype.name == "uint8"

    @classmethod
    def of(cls, dtype: np.dtype[Any]) -> SampleType:
        """The type for an array's dtype, in either byte order.

        Raises:
            InputError: samples of this type can't be denoised.
        """
        if dtype.name in INTEGERS or dtype.name in FLOATS:
            return cls(dtype)
        known = ", ".join([*INTEGERS, *FLOATS])
        raise InputError(
            f"samples of type {dtype} can't be denoised; convert them to one of {known}"
        )

    def restore(self, values: NDArray[np.floating[Any]]) -> NDArray[Any]:
        """Floats in the samples' unit -> samples; integers are rounded and clipped."""
        if self.dtype.name in INTEGERS:
            values = np.rint(values)
            np.clip(values, *INTEGERS[self.dtype.name], out=values)
        return values.astype(self.dtype)


def check_kind(source: ImageSource) -> None:
    """Raise InputError for samples of another type, for pages, and for channels without a role."""
    SampleType.of(source.dtype)
    info, channels = source.info, source.shape[2]
    if Role.PAGE in info.roles:
        raise InputError(
            f"the picture has pages, {channels} channels in all; choose one: of a TIFF with "
            "--page N (page=N), from 0; of others by an array of its own"
        )
    if channels in WITH_ALPHA and info.alpha is False:
        raise InputError(
            f"the picture has {channels} channels without transparency, and of 2 or 4 the last is "
            "taken for it; denoise them one by one, or 5 or more (bands) together"
        )


def precise(samples: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Samples as floats that hold them."""
    return samples.astype(np.promote_types(samples.dtype, np.float32))


def split_alpha(samples: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(H, W, C) -> colour, and alpha (H, W) if C is 2 or 4; of more channels none is alpha."""
    channels = samples.shape[2]
    if channels not in WITH_ALPHA:
        return samples, None
    return samples[..., : channels - 1], samples[..., channels - 1]
