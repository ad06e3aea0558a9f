"""Pictures of which Pillow would keep 8 bits: JPEG 2000, PNG and PPM, read whole by other ways."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.checks import bit_depth
from pellucid.pixels.jpeg2000 import decode_deep, siz_of
from pellucid.pixels.png_deep import check_grey, decode_png

_WHITE = 65535


class Deep(NamedTuple):
    """Samples (height, width, channels) as stored; `husk` is a file with the metadata alone."""

    samples: NDArray[Any]
    husk: bytes | None = None


def read_deep(image: Image.Image, data: bytes, name: str) -> Deep | None:
    """The samples of an opened picture that Pillow would cut; None for all others.

    `data` is the whole file, whose size in pixels was checked. Raises InputError for what is
    damaged (16-bit grey, too) or can't be kept, MissingExtraError without imagecodecs where that is
    needed.
    """
    if image.format == "JPEG2000":
        siz = siz_of(data)
        if siz is None or siz.plain:
            return None
        return Deep(decode_deep(data, siz, name))
    if image.format == "PNG" and bit_depth(image, data) == 16:
        if image.mode.startswith("I;16") and not image.has_transparency_data:
            check_grey(data, image.size, name)
            return None
        return Deep(*decode_png(data, image.size, name))
    if image.format == "PPM" and image.mode == "RGB" and bit_depth(image, data) > 8:
        return Deep(_ppm(image, data, name))
    return None


def _ppm(image: Image.Image, data: bytes, name: str) -> NDArray[np.uint16]:
    """RGB of two bytes a sample, the high one first, as netpbm's `ppm` says."""
    tile: Any = image.tile[0]  # type: ignore[attr-defined]
    white = tile.args[1]
    if white != _WHITE:
        raise InputError(
            f"{name} has samples of 0 to {white}, and only 255 and {_WHITE} can be kept as the "
            "value of white: read it with another library and give the Python API the array, or "
            f"scale it, for example with netpbm: pamdepth {_WHITE}"
        )
    if tile.codec_name != "ppm":
        raise InputError(
            f"{name} is a PPM of 16 bits in plain text, which can't be read; make it binary (P6)"
        )
    width, height = image.size
    count = height * width * 3
    there = len(data) - tile.offset
    if there < 2 * count:
        raise InputError(f"{name} is cut off: {there} of {2 * count} bytes of samples are there")
    samples = np.frombuffer(data, ">u2", count, tile.offset).astype(np.uint16)
    return samples.reshape(height, width, 3)  # flat -> HxWxC
