"""HEIC, as phones save it, by pillow-heif; AVIF by Pillow or imagecodecs (extra `formats`).

libheif turns a picture as the file says, so that no orientation is left to be applied. Pillow would
cut AVIF of 10 and 12 bits. Of both formats these come as 16, shifted up, as every reader of HEIC
does.

Source: ISO/IEC 23008-12 (file type box: brands); AV1 in ISOBMFF, section 2.3 (`av1C`).
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, PellucidWarning
from pellucid.pixels.extras import science
from pellucid.pixels.formats import pillow
from pellucid.pixels.formats.format import Format, damage, decoded, whole
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.pillow_checks import check_header
from pellucid.pixels.geo import upright
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import check_size
from pellucid.pixels.metadata import with_metadata

EXTRA = "formats"
_EITHER = (b"mif1", b"msf1")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", *_EITHER)
_AVIF = (b"avif", b"avis", *_EITHER)
_HIGH, _TWELVE = 0x40, 0x20  # flags of more than 8 bits, and of 12


def _has_brand(source: Input, brands: tuple[bytes, ...]) -> bool:
    """Whether the first box is `ftyp` with a main brand of these."""
    return source.head[4:8] == b"ftyp" and source.head[8:12] in brands


def _mark_of_avif(source: Input) -> bool:
    return b"avi" in source.head[8 : int.from_bytes(source.head[:4], "big")]


def read_heif(source: Input, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """The samples of the main picture of a HEIC file."""
    name = source.name
    pillow_heif = science("pillow_heif", EXTRA, "pillow-heif, which reads HEIC,")
    with damage(name):
        file = pillow_heif.open_heif(BytesIO(source.data), convert_hdr_to_8bit=False)
        image = file[file.primary_index]
        mode = image.mode.partition(";")[0]
        check_size(name, (image.size[1], image.size[0], len(mode)), max_pixels)
        samples = np.ascontiguousarray(np.asarray(image))
    if mode in ("RGBa", "La"):
        raise InputError(f"{name} has colours multiplied by its alpha, which can't be kept")
    samples = samples[..., None] if samples.ndim == 2 else samples
    if len(file) > 1:
        remark = f"{name} holds {len(file)} pictures, of which the main one is taken"
        warnings.warn(remark, PellucidWarning, stacklevel=2)
    info = with_metadata(ImageInfo.of(samples), image.info)
    alpha = mode.endswith("A")
    return samples, replace(info, exif=upright(info.exif), source_format="HEIF", alpha=alpha)


def read_avif(source: Input, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """The samples of an AVIF file of one picture."""
    data, name = source.data, source.name
    at = data.find(b"av1C") + 6
    flags = data[at] if 6 <= at < len(data) else 0
    if not flags & _HIGH:
        return pillow.read_pillow(source, max_pixels)
    depth = 12 if flags & _TWELVE else 10
    with pillow.opened(data, name) as image:
        check_header(image, data, name, max_pixels)
        wanted = (image.height, image.width), "uint16"
        samples = decoded(source, "avif_decode", f"AVIF of {depth} bits", EXTRA, wanted)
        samples = samples << (16 - depth)
        return samples, pillow.info_of(image, data, samples, name)


FORMAT = Format("HEIC", lambda s: _has_brand(s, _HEIC) and not _mark_of_avif(s), whole(read_heif))
AVIF = Format("AVIF", lambda s: _has_brand(s, _AVIF) and _mark_of_avif(s), whole(read_avif))
