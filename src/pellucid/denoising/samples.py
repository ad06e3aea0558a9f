"""Sample types: which there are, and the way back from floats without surprises."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels import ImageSource, Role
from pellucid.pixels.info import WITH_ALPHA

Floats = NDArray[np.float32]
Precise = NDArray[np.floating[Any]]

INTEGERS = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
FLOATS = ("float16", "float32", "float64")
MOST = 4  # channels of a picture; more are bands


def check_type(dtype: np.dtype[Any]) -> None:
    """Raise InputError for samples of a type, in either byte order, that can't be denoised."""
    known = (*INTEGERS, *FLOATS)
    if dtype.name not in known:
        raise InputError(
            f"samples of type {dtype} can't be denoised; convert them to one of {', '.join(known)}"
        )


def check_kind(source: ImageSource) -> None:
    """Raise InputError for samples of another type, for pages, and for channels without a role."""
    check_type(source.dtype)
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


def restored(values: Precise, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Floats in the samples' unit -> samples of `dtype`; integers are rounded and clipped."""
    if dtype.name in INTEGERS:
        values = np.rint(values)
        np.clip(values, *INTEGERS[dtype.name], out=values)
    return values.astype(dtype)


def precise(samples: NDArray[Any]) -> Precise:
    """Samples as floats that hold them."""
    return samples.astype(np.promote_types(samples.dtype, np.float32))


def split_alpha(samples: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(H, W, C) -> colour, and alpha (H, W) if C is 2 or 4; of more channels none is alpha."""
    if samples.shape[2] not in WITH_ALPHA:
        return samples, None
    return samples[..., :-1], samples[..., -1]
