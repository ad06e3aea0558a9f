"""How large a picture is, by the header of its file: nothing is decoded, whatever it claims."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

from PIL import Image

import pellucid
from pellucid.pixels import NPY, ZARR, open_image

LOOKED_AT = 50_000  # bytes of a file; a smaller one of PNG can't hold 100 MB of samples
IN_PARTS = (NPY, ZARR)  # whose samples are read where they are sliced
PEL = ".pel"
TIFF = (".tif", ".tiff")  # several pages may be one picture
WIDE = {"I": 4, "F": 4, "1": 1}  # bytes a sample, of modes of Pillow that don't say it
ANY = 1 << 62


def bytes_of_samples(path: Path) -> int:
    """Bytes of a picture's samples; 0 if it is small, or can't be said: the work will say why."""
    kind = path.suffix.lower()
    if path.is_file() and path.stat().st_size < LOOKED_AT and kind != PEL:
        return 0
    try:
        if kind in IN_PARTS:
            with open_image(path, max_pixels=ANY) as source:
                return math.prod(source.shape) * source.dtype.itemsize
        if kind == PEL:
            found = pellucid.info(path)
            channels = found.channels + found.alpha
            return found.width * found.height * channels * -(-found.bit_depth // 8)
        return max(by_pillow(path), path.stat().st_size if kind in TIFF else 0)
    except Exception:  # noqa: BLE001 - of any library
        return 0


def by_pillow(path: Path) -> int:
    """The same of a file that Pillow knows; very much of one that it takes for a bomb."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as image:
                mode, bands = image.mode, len(image.getbands())
                wide = 2 if "16" in mode else WIDE.get(mode, 1)
                return image.width * image.height * bands * wide
        except Image.DecompressionBombError:
            return ANY
