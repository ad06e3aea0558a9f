"""Sample types: which there are, and the way back from floats without surprises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError

INTEGERS = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
FLOATS = ("float16", "float32", "float64")


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


def split_alpha(samples: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(H, W, C) -> colour, and alpha (H, W) if C is 2 or 4; of more channels none is alpha."""
    channels = samples.shape[2]
    if channels not in (2, 4):
        return samples, None
    return samples[..., : channels - 1], samples[..., channels - 1]
