"""JPEG 2000, of 8 bits by Pillow, of others by imagecodecs (extra `science`).

Pillow decodes 8 bits; beyond, it drops bits of colour without a word, and fewer it shifts up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.formats import pillow
from pellucid.pixels.formats.format import Format, decoded, whole
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.jpeg2000_boxes import FILE, STREAM, Siz, opacity_of, siz_of
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import check_size

_MOST_COMPONENTS = 4  # that Pillow opens


def read_jpeg2000(source: Input, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """Samples as stored: by Pillow if they have 8 bits, else by imagecodecs."""
    data, name = source.data, source.name
    siz = siz_of(data)
    if siz is None:
        raise InputError(f"{name} is damaged or cut off: it begins like a JPEG 2000 file")
    if siz.components > _MOST_COMPONENTS:
        raise InputError(
            f"{name} is a JPEG 2000 file of {siz.components} components; 1 to "
            f"{_MOST_COMPONENTS} can be read, so save them as .npy or .tif"
        )
    check_size(name, (siz.height, siz.width, siz.components), max_pixels)
    with pillow.opened(data, name) as image:
        if image.size != (siz.width, siz.height):
            raise InputError(
                f"{name} is damaged: it says {image.width} x {image.height} pixels, and its "
                f"codestream {siz.width} x {siz.height}"
            )
        if siz.plain:
            samples, info = pillow.read_pillow(source, max_pixels)
        else:
            samples = _decode_deep(source, siz)
            info = pillow.info_of(image, data, samples, name)
    alpha = info.channels in (2, 4) and opacity_of(data)
    bits = siz.bits if siz.bits < 8 else info.bit_depth
    return samples, replace(info, alpha=alpha, bit_depth=bits)


def _decode_deep(source: Input, siz: Siz) -> NDArray[Any]:
    """(height, width, components) of uint8, uint16 or int16, as stored; raises InputError."""
    if not (1 <= siz.bits <= 16 and siz.equal):
        raise InputError(
            f"{source.name} is a JPEG 2000 file of {siz.components} components of up to "
            f"{siz.bits} bits; 1 to 16 bits, the same in all, can be read"
        )
    kind = f"{'int' if siz.signed else 'uint'}{8 if siz.bits <= 8 else 16}"
    wanted = (siz.height, siz.width, siz.components), kind
    what = f"JPEG 2000 of {siz.bits} bits"
    samples = decoded(source, "jpeg2k_decode", what, "science", wanted)
    return samples.astype(np.int16) if kind == "int8" else samples


FORMAT = Format(
    "JPEG 2000", lambda source: source.head.startswith((FILE, STREAM)), whole(read_jpeg2000)
)
