"""HEIC, as phones save it, by pillow-heif (extra `formats`).

libheif turns a picture as the file says, so that no orientation is left to be applied. Samples of
10 and 12 bits come as 16, shifted up, as every reader of them does.

Source: ISO/IEC 23008-12 (file type box: brands).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError, PellucidError
from pellucid.pixels.formats.format import Format
from pellucid.pixels.formats.input import Input
from pellucid.pixels.geo import upright
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import check_size
from pellucid.pixels.metadata import exif_of, whole_bytes

EXTRA = "formats"
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def brand(head: bytes) -> bytes:
    """The main brand of a file whose first box is `ftyp`; empty for others."""
    return head[8:12] if head[4:8] == b"ftyp" else b""


def is_heif(source: Input) -> bool:
    """Whether an input is HEIC by its brands; AVIF, which may have `mif1` too, is Pillow's."""
    head = source.head
    length = int.from_bytes(head[:4], "big")
    return brand(head) in BRANDS and b"avif" not in head[8:length]


@contextmanager
def open_heif(source: Input, max_pixels: int) -> Iterator[tuple[NDArray[Any], ImageInfo]]:
    """The samples of the main picture of a file."""
    name = source.name
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingExtraError("pillow-heif, which reads HEIC,", EXTRA) from error
    try:
        file = pillow_heif.open_heif(BytesIO(source.data), convert_hdr_to_8bit=False)
        image = file[file.primary_index]
        deep = ";16" in image.mode
        mode = image.mode.partition(";")[0]
        check_size(name, (image.size[1], image.size[0], len(mode)), max_pixels)
        samples = np.ascontiguousarray(np.asarray(image))
    except PellucidError:
        raise
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error
    samples = samples[..., None] if samples.ndim == 2 else samples
    if mode in ("RGBa", "La"):
        raise InputError(f"{name} has colours multiplied by its alpha, which can't be kept")
    about = image.info
    height, width, channels = samples.shape
    yield (
        samples,
        ImageInfo(
            width,
            height,
            channels,
            16 if deep else 8,
            exif=upright(exif_of(about.get("exif"))),
            icc=whole_bytes(about.get("icc_profile")),
            xmp=whole_bytes(about.get("xmp")),
            source_format="HEIF",
            alpha=mode.endswith("A"),
        ),
    )


FORMAT = Format("HEIC", is_heif, open_heif)
