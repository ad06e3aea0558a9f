"""PNG, JPEG, WebP and BMP, written by Pillow with their metadata.

All but JPEG come back sample for sample; that has quality 95 unless told, and no chroma
subsampling. BMP holds no metadata.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from pellucid.errors import OutputError, PellucidWarning, refusing
from pellucid.pixels.formats.format import Output, Writer, at_once, only
from pellucid.pixels.formats.png16 import encode_png
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.metadata import EXIF_MARKER, kept_exif

JPEG_QUALITY = 95
_SEGMENT = 65533  # bytes that a JPEG marker segment holds after its length
_SPACE = slice(16, 20)  # where an ICC profile names its colour space

Encoder = Callable[[NDArray[Any], ImageInfo, int | None], bytes]


def _encode(encoder: Encoder, samples: NDArray[Any], out: Output) -> bytes:
    """The bytes of a file; OutputError for metadata or a size that it can't hold."""
    info = out.info
    grey = info.icc is not None and info.icc[_SPACE] == b"GRAY"
    if grey and (samples.shape[2] >= 3 or encoder is webp):
        warnings.warn(
            f"{out.path}: the colour profile is one of grey, and the samples are written as RGB; "
            "it is left out",
            PellucidWarning,
            stacklevel=2,
        )
        info = replace(info, icc=None)
    with refusing(
        f"cannot write {out.path} (PNG can hold it, or leave out the metadata: metadata=False, "
        "--no-metadata)",
        OutputError,
    ):
        return encoder(samples, info, out.quality)


def _saved(samples: NDArray[Any], kind: str, *, mode: str | None = None, **options: Any) -> bytes:
    image = Image.fromarray(samples[:, :, 0] if samples.shape[2] == 1 else samples)
    file = BytesIO()
    image.convert(mode or image.mode).save(file, kind, **options)
    return file.getvalue()


def png(samples: NDArray[Any], info: ImageInfo, _: int | None = None) -> bytes:
    """Of 1 to 4 channels of 8 or 16 bits."""
    if samples.dtype == np.uint16 and samples.shape[2] > 1:
        return encode_png(samples, png(np.zeros((1, 1, 1), np.uint8), info))
    chunks = PngImagePlugin.PngInfo()
    if info.xmp:  # keyword, not compressed, no language, no translation
        chunks.add(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + info.xmp)
    about: dict[str, Any] = {"icc_profile": info.icc, "dpi": info.dpi, "pnginfo": chunks}
    return _saved(samples, "PNG", exif=info.exif or b"", **about)


def jpeg(samples: NDArray[Any], info: ImageInfo, quality: int | None) -> bytes:
    """Of grey or RGB; EXIF that is long is cut into several segments, as readers join them."""
    exif, room = info.exif or b"", _SEGMENT - len(EXIF_MARKER)
    parts = [EXIF_MARKER + exif[at : at + room] for at in range(0, len(exif), room)]
    return _saved(
        samples,
        "JPEG",
        quality=JPEG_QUALITY if quality is None else quality,
        subsampling=0,
        extra=b"".join(b"\xff\xe1" + (len(one) + 2).to_bytes(2, "big") + one for one in parts),
        icc_profile=info.icc,
        xmp=info.xmp or b"",
        dpi=info.dpi or (0, 0),
    )


def webp(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    """Always RGB, with alpha or without."""
    transparent = samples.shape[2] in (2, 4)
    return _saved(
        samples,
        "WEBP",
        mode="RGBA" if transparent else "RGB",
        lossless=True,
        exact=transparent,  # the colour of what can't be seen stays, too
        exif=kept_exif(info) or b"",  # with the resolution, which has no other place
        icc_profile=info.icc,
        xmp=info.xmp or b"",
    )


def bmp(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    """Of grey or RGB."""
    return _saved(samples, "BMP", dpi=info.dpi or (96, 96))


def _writer(encoder: Encoder, *suffixes: str, **channels: tuple[int, ...]) -> Writer:
    return Writer(suffixes, at_once(partial(_encode, encoder)), only(**channels))


PNG = _writer(png, ".png", uint8=(1, 2, 3, 4), uint16=(1, 2, 3, 4))
JPEG = _writer(jpeg, ".jpg", ".jpeg", uint8=(1, 3))
WEBP = _writer(webp, ".webp", uint8=(1, 2, 3, 4))
BMP = replace(_writer(bmp, ".bmp", uint8=(1, 3)), metadata=())
