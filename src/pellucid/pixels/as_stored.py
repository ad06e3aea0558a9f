"""What Pillow would change in an opened picture as it decodes it: found by the header, refused.

Pillow makes what a screen shows. On the way it drops the low byte of 16-bit colour and channels
that it doesn't know, divides colours by their alpha, turns grey over where 0 is white, and takes
the last of two or four components of JPEG 2000 for alpha. Files are read by other ways where there
are some (`deep.py`, `tiff_pages.py`); what is an opened Pillow image can't be.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.checks import cut_by_pillow
from pellucid.pixels.jpeg2000 import opacity_of, siz_of
from pellucid.pixels.modes import is_deep
from pellucid.pixels.tiff_facts import EXTRA, MULTIPLIED, PHOTOMETRIC, SAMPLES, WHITE_IS_ZERO

_WITH_ALPHA = ("LA", "PA", "RGBA")


def check_tiff(image: Image.Image, name: str) -> None:
    """InputError for a TIFF of which Pillow gives other samples than are stored.

    Black and white alone are taken as they are shown: they have no values to be kept.
    """
    if image.format != "TIFF":
        return
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    grey = image.mode == "L" or is_deep(image)
    if grey and tags.get(PHOTOMETRIC, WHITE_IS_ZERO) == WHITE_IS_ZERO:
        raise InputError(
            f"{name} is grey with 0 for white, which can't be kept: only grey with 0 for black "
            "can; convert it first, or give the Python API the array"
        )
    way = (
        "compress_file, denoise_file and the command line read it by its path (pip install "
        "'pellucid[science]'); or give the Python API the array"
    )
    if MULTIPLIED in tags.get(EXTRA, ()):
        raise InputError(
            f"{name} has colours multiplied by its alpha, and Pillow would divide them: {way}"
        )
    stored, taken = int(tags.get(SAMPLES, 1)), len(image.getbands())
    if stored > taken:
        raise InputError(
            f"{name} has {stored} channels, of which only {taken} can be read here: {way}"
        )


def check_opened(image: Image.Image, name: str) -> None:
    """InputError for a Pillow image that holds less than its file does, or would once decoded.

    What was decoded before is taken as it is.
    """
    if cut_by_pillow(image):
        raise _given(name, f"mode {image.mode}, cut by Pillow")
    if is_deep(image) and image.has_transparency_data:
        raise _given(name, f"mode {image.mode} with a transparent grey")
    if image.format == "JPEG2000" and getattr(image, "tile", None):
        _check_jpeg2000(image, name)
    check_tiff(image, name)


def _check_jpeg2000(image: Image.Image, name: str) -> None:
    file: Any = image.fp  # type: ignore[attr-defined]
    place = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(place)
    siz = siz_of(data)
    if siz is not None and not siz.plain:
        sign = "signed" if siz.signed else "unsigned"
        raise _given(name, f"JPEG 2000 of {siz.bits} bits, {sign}, cut or shifted by Pillow")
    if image.mode in _WITH_ALPHA and not opacity_of(data):
        raise _given(name, f"mode {image.mode}, and the file names no channel as transparency")


def _given(name: str, what: str) -> InputError:
    return InputError(
        f"{name} has samples that a Pillow image can't give without loss ({what}); give the path "
        "of the file, or the array"
    )
