"""AVIF: of 8 bits by Pillow, which would cut 10 and 12 bits; these by imagecodecs (`formats`).

They come as 16 bits, shifted up, as those of HEIC do.

Source: AV1 in ISOBMFF, section 2.3 (`av1C`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError
from pellucid.pixels.formats import pillow
from pellucid.pixels.formats.format import Format
from pellucid.pixels.formats.heif import EXTRA, brand
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.pillow_checks import check_header
from pellucid.pixels.info import ImageInfo

_BRANDS = (b"avif", b"avis", b"mif1", b"msf1")  # the last two beside `avif` alone
_HIGH, _TWELVE = 0x40, 0x20  # flags of more than 8 bits, and of 12


def is_avif(source: Input) -> bool:
    """Whether an input is AVIF by its brands."""
    length = int.from_bytes(source.head[:4], "big")
    return brand(source.head) in _BRANDS and b"avi" in source.head[8:length]


def depth_of(data: bytes) -> int:
    """Bits a sample: 8, 10 or 12."""
    at = data.find(b"av1C") + 6
    flags = data[at] if 6 <= at < len(data) else 0
    return 8 if not flags & _HIGH else 12 if flags & _TWELVE else 10


@contextmanager
def open_avif(source: Input, max_pixels: int) -> Iterator[tuple[NDArray[Any], ImageInfo]]:
    """The samples of a file of one picture."""
    data, name, depth = source.data, source.name, depth_of(source.data)
    if depth == 8:
        with pillow.open_pillow(source, max_pixels) as found:
            yield found
        return
    with pillow.opened(data, name) as image:
        check_header(image, data, name, max_pixels)
        try:
            from imagecodecs import avif_decode
        except ImportError as error:
            said = f"imagecodecs, which reads AVIF of {depth} bits,"
            raise MissingExtraError(said, EXTRA) from error
        try:
            samples = np.asarray(avif_decode(data))
        except Exception as error:  # decoders raise anything on damaged files
            raise InputError(f"{name} is damaged or cut off: {error}") from error
        samples = samples[..., None] if samples.ndim == 2 else samples
        if samples.shape[:2] != (image.height, image.width) or samples.dtype != np.uint16:
            raise InputError(f"{name} is damaged: it decodes to {samples.dtype}, {samples.shape}")
        samples = samples << (16 - depth)
        yield samples, pillow.info_of(image, data, samples)


FORMAT = Format("AVIF", is_avif, open_avif)
