"""A decoder's sample layouts -> one layout: HxWxC uint8, C = 1 (grey) or 3 (RGB), or with alpha.

Only conversions that lose nothing are made: bits to bytes, a palette to its colours, an alpha
channel that is opaque everywhere to none. What would lose something (depth, transparency, print
colours) is refused with the way out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError

_DEEP = ("I", "F")  # and I;16, I;16B, I;16L, I;16N
_ALPHA = ("LA", "PA", "RGBA")
_MULTIPLIED = ("La", "RGBa")
_AS_IS = ("L", "RGB")


def is_deep(image: Image.Image) -> bool:
    """Whether the mode has more than 8 bits a sample."""
    return image.mode in _DEEP or image.mode.startswith("I;")


def to_samples(image: Image.Image, name: str, *, alpha: bool = False) -> NDArray[np.uint8]:
    """Return the samples of a loaded picture as a C-contiguous HxWxC uint8 array, C 1 or 3.

    With `alpha`, what has transparent pixels gets a last channel for it. `name` is what messages
    call the picture. Raises InputError for a mode that can't be kept.
    """
    mode = image.mode
    if is_deep(image):
        raise deep_error(name, f"mode {mode}")
    if mode in _MULTIPLIED:
        raise multiplied_error(name, mode)
    if mode in _ALPHA or image.has_transparency_data:
        return _opaque(image, name, alpha=alpha)
    if mode in _AS_IS:
        return _array(image)
    if mode == "1":
        return _array(image.convert("L"))
    if mode == "P":
        return _palette(image)
    if mode in ("YCbCr", "RGBX"):
        return _array(image.convert("RGB"))
    raise InputError(
        f"{name} has the colour mode {mode}, which is not supported: only grey and RGB are; "
        "convert it to RGB first, with its colour profile"
    )


def deep_error(name: str, what: str) -> InputError:
    """The error for more than 8 bits a sample; `what` names the mode or the depth."""
    return InputError(
        f"{name} has more than 8 bits a sample ({what}), which can't be kept here; convert it to 8 "
        "bits first"
    )


def multiplied_error(name: str, mode: str) -> InputError:
    """The error for colours that are multiplied by alpha."""
    return InputError(
        f"{name} has colours multiplied by its alpha (mode {mode}), which can't be kept; divide "
        f"them first, for example in Pillow: im.convert('{mode.upper()}')"
    )


def with_alpha(image: Image.Image) -> NDArray[np.uint8]:
    """HxWx2 (grey, alpha) or HxWx4 (RGB, alpha) of an 8-bit picture that has transparency.

    A palette of greys alone gives grey, as it does without transparency.
    """
    grey = image.mode in ("LA", "L", "1")
    samples = np.array(image.convert("LA" if grey else "RGBA"), dtype=np.uint8)
    if image.mode in ("P", "PA") and _palette_is_grey(image):
        return np.ascontiguousarray(samples[..., [0, 3]])
    return samples


def _array(image: Image.Image) -> NDArray[np.uint8]:
    samples = np.array(image, dtype=np.uint8)
    return samples[:, :, np.newaxis] if samples.ndim == 2 else samples  # HxW -> HxWx1


def _opaque(image: Image.Image, name: str, *, alpha: bool) -> NDArray[np.uint8]:
    """Drop an alpha channel that says nothing; keep or refuse one that does."""
    samples = with_alpha(image)
    if samples[:, :, -1].min() < 255:
        if alpha:
            return samples
        raise InputError(
            f"{name} has transparent pixels (mode {image.mode}), which can't be kept here; flatten "
            "it onto a background, for example in Pillow: "
            "flat = Image.new('RGB', im.size, 'white'); flat.paste(im, mask=im.getchannel('A'))"
        )
    return np.ascontiguousarray(samples[:, :, :-1])


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    colour = _array(image.convert("RGB"))
    return np.ascontiguousarray(colour[:, :, :1]) if _palette_is_grey(image) else colour


def _palette_is_grey(image: Image.Image) -> bool:
    """Whether the palette holds greys only and no RGB profile goes with it."""
    palette = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
    profile = image.info.get("icc_profile") or b""
    return profile[16:20] != b"RGB " and bool((palette == palette[:, :1]).all())
