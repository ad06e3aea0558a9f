"""What an opened picture's samples are as stored, by its header, and whether all can be had so."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.checks import bit_depth
from pellucid.pixels.modes import multiplied_error

WITH_ALPHA = {"L": "LA", "LA": "LA", "P": "RGBA", "PA": "RGBA", "RGB": "RGBA", "RGBA": "RGBA"}
_WITHOUT_ALPHA = ("L", "RGB", "P", "YCbCr")
_SAMPLE_FORMAT, _PHOTOMETRIC = 339, 262
_UNSIGNED, _FLOAT, _BLACK_IS_ZERO = 1, 3, 1


def stored_type(image: Image.Image, data: bytes, name: str) -> np.dtype[Any]:
    """The type of the stored samples, if Pillow decodes it whole; else InputError."""
    depth = bit_depth(image, data)
    grey16 = image.mode.startswith("I;16") and not image.has_transparency_data
    if image.format == "TIFF":
        found = _tiff_type(image, depth)
    elif image.format == "PNG" and depth == 16:
        found = "uint16" if grey16 else None
    elif image.format == "PPM" and image.mode == "I":
        tiles: Any = image.tile  # type: ignore[attr-defined]
        found = "uint16" if "I;16B" in str(tiles[0][3]) else None  # else white is another value
    else:
        found = "uint8" if depth <= 8 and image.mode not in ("I", "F") else None
    if found is not None:
        return np.dtype(found)
    raise lossy(name, f"{depth} bits, mode {image.mode}")


def lossy(name: str, what: str) -> InputError:
    """The error for samples that would lose something."""
    return InputError(
        f"{name} has samples that can't be read without loss ({what}): besides 8 bits only 16 bits "
        "(PNG, PPM, PGM, grey TIFF) and float32 (grey TIFF) can, from files and their bytes, and "
        "other TIFF by its path; read it with another library and give the Python API the array, "
        "or save it as .npy"
    )


def _tiff_type(image: Image.Image, depth: int) -> str | None:
    """The type that a TIFF's tags name; None for one that Pillow doesn't decode as it is."""
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    formats = set(tags.get(_SAMPLE_FORMAT, (_UNSIGNED,)))
    if depth <= 8:
        return "uint8" if formats == {_UNSIGNED} else None
    if tags.get(_PHOTOMETRIC) != _BLACK_IS_ZERO:
        return None
    if depth == 16 and image.mode.startswith("I;16"):
        return "uint16" if formats == {_UNSIGNED} else None
    return "float32" if (depth, image.mode, formats) == (32, "F", {_FLOAT}) else None


def check_mode(image: Image.Image, name: str) -> None:
    """Refuse black and white alone, and colours of print."""
    if image.mode == "1":
        raise InputError(
            f"{name} has 1 bit a sample, black or white alone; convert it to 8-bit grey first, "
            "for example in Pillow: im.convert('L')"
        )
    if image.mode in ("La", "RGBa"):
        raise multiplied_error(name, image.mode)
    known = (*WITH_ALPHA, *_WITHOUT_ALPHA, "I", "F")
    if image.mode not in known and not image.mode.startswith("I;16"):
        raise InputError(
            f"{name} has the colour mode {image.mode}, which is not supported: only grey and RGB, "
            "with transparency or without, are; convert it to RGB first, with its colour profile"
        )
