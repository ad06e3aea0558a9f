"""The same picture as WebP and AVIF: the best file of no more bytes, as Pillow writes it.

Metadata are counted on neither side. Both formats hold 8 bits only, here without an exact colour
(4:2:0 in WebP, and Pillow's own default in AVIF), which is how people use them.
"""

from __future__ import annotations

from bisect import bisect_right
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

import pellucid
from pellucid.pixels import ImageSource
from pellucid.serve.page.make import psnr_of
from pellucid.serve.page.settings import Peer

__all__ = ["best", "decoded", "figures_of"]

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
QUALITIES = range(101)


def best(name: Peer, source: ImageSource, pel: bytes) -> bytes:
    """The largest file that isn't larger than a .pel file; empty if none is that small.

    Raises:
        OptionError: such samples can't be kept. MissingExtraError: Pillow can't write the format.
    """
    if source.dtype != np.uint8 or source.info.colours == 0:
        raise pellucid.errors.OptionError(f"{name} holds 8-bit grey and colours only")
    if not features.check(name):
        raise pellucid.errors.MissingExtraError(f"Pillow with {name}", "web")
    samples = source.read()
    picture = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    files: dict[int, bytes] = {}

    def size(quality: int) -> int:
        out = BytesIO()
        picture.save(out, name, quality=quality)
        files[quality] = out.getvalue()
        return len(files[quality])

    most = len(pel) - sum(pellucid.info(pel).metadata.values())
    found = bisect_right(QUALITIES, most, key=size)
    return files[found - 1] if found else b""


def decoded(data: bytes, channels: int) -> NDArray[np.uint8]:
    """A file's samples (H, W, C)."""
    with Image.open(BytesIO(data)) as image:
        samples = np.asarray(image.convert(MODES[channels]))
    return samples[..., None] if channels == 1 else samples


def figures_of(source: ImageSource, data: bytes) -> dict[str, Any]:
    """Its bytes, bits per pixel and PSNR; None where there is no file."""
    if not data:
        return {"bytes": None, "bpp": None, "psnr": None}
    height, width, channels = source.shape
    return {
        "bytes": len(data),
        "bpp": 8 * len(data) / (height * width),
        "psnr": psnr_of(source, decoded(data, channels)),
    }
