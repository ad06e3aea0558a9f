"""A decoder's sample layouts -> one layout: HxWxC, C of 1 (grey) or 3 (RGB), or one more of alpha.

Only conversions that lose nothing are made: bits to bytes, a palette to its colours, one colour
marked as transparent to an alpha channel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError

_DEEP = ("I", "F")  # and I;16, I;16B, I;16L, I;16N
WITH_ALPHA = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")  # modes that can have transparency
WITHOUT_ALPHA = ("YCbCr", "RGBX")


def is_deep(image: Image.Image) -> bool:
    """Whether the mode has more than 8 bits a sample."""
    return image.mode in _DEEP or image.mode.startswith("I;")


def samples_of(image: Image.Image, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The samples of a decoded picture of a known mode, C-contiguous, (H, W, C) of `dtype`."""
    if dtype != np.uint8:
        samples = np.array(image, dtype)
    elif image.has_transparency_data:
        samples = _with_alpha(image)
    elif image.mode == "P":
        samples = np.array(image.convert("RGB"))
        samples = samples[..., :1] if _palette_is_grey(image) else samples
    elif image.mode == "1":
        samples = np.array(image.convert("L"))
    else:
        samples = np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    return np.ascontiguousarray(samples[..., None] if samples.ndim == 2 else samples)


def _with_alpha(image: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 2) or (H, W, 4); a palette of greys alone gives grey, as without transparency."""
    grey = image.mode in ("LA", "L", "1")
    samples = np.array(image.convert("LA" if grey else "RGBA"), dtype=np.uint8)
    if image.mode in ("P", "PA") and _palette_is_grey(image):
        return samples[..., [0, 3]]
    return samples


def _palette_is_grey(image: Image.Image) -> bool:
    """Whether the palette holds greys only and no RGB profile goes with it."""
    palette = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
    profile = image.info.get("icc_profile") or b""
    return profile[16:20] != b"RGB " and bool((palette == palette[:, :1]).all())


def multiplied_error(name: str, mode: str) -> InputError:
    """The error for colours that are multiplied by alpha."""
    return InputError(
        f"{name} has colours multiplied by its alpha (mode {mode}), which can't be kept; divide "
        f"them first, for example in Pillow: im.convert('{mode.upper()}')"
    )
