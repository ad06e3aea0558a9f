"""PNG, JPEG, WebP, BMP, GIF, AVIF and plain TIFF, decoded by Pillow; and opened Pillow images.

Pillow decodes, but only the formats in `DECODED`: its other decoders start programs, or are not
worth their risk. Whatever a decoder raises becomes an InputError that says what is wrong.

Two habits of Pillow's can be undone here, so that a picture comes out as it is stored: a TIFF that
it turned by its orientation is turned back, and the grey that a PNG of 2 or 4 bits marks as
transparent, which it leaves as it is, goes up to 8 bits as the samples do.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,  # noqa: F401  registers the format; Pillow would else load every plugin
    ExifTags,
    Image,
    Jpeg2KImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from pellucid.errors import InputError, PellucidError
from pellucid.pixels.formats.format import Format
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.jpeg_marks import remarks_on, twelve_bits
from pellucid.pixels.formats.pillow_checks import (
    check_frames,
    check_header,
    check_mode,
    check_opened,
    stored_type,
)
from pellucid.pixels.formats.pillow_modes import samples_of
from pellucid.pixels.geo import nodata_in
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import check_size
from pellucid.pixels.metadata import with_metadata

DECODED = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF", "JPEG2000", "AVIF")

_KNOWN = "PNG, JPEG, JPEG 2000, JPEG XL, WebP, AVIF, HEIC, TIFF, BMP, PPM/PGM, DICOM, .npy, Zarr or"
_KNOWN += " single-frame GIF"
_PEL = b"\x89PEL\r\n\x1a\n"
_SIGNATURES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"BM": "BMP",
    b"GIF8": "GIF",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    **{b"P%d" % digit: "PPM" for digit in range(1, 7)},
}
_SCALES = {"L;2": 85, "L;4": 17}  # raw mode -> what Pillow multiplies samples by
# Pillow turns a TIFF by its orientation; these turn it back.
_TURN_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@contextmanager
def open_pillow(source: Input, max_pixels: int) -> Iterator[tuple[NDArray[Any], ImageInfo]]:
    """The samples and metadata of a file that Pillow decodes whole."""
    data, name = source.data, source.name
    with opened(data, name) as image:
        check_header(image, data, name, max_pixels)
        dtype = stored_type(image, name)
        check_mode(image, name)
        samples = samples_of(_load_as_stored(image), dtype)
        info = info_of(image, data, samples)
    remarks_on(info, image, data, name)
    yield samples, info


def read_pillow_image(image: Image.Image, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """The same of an opened Pillow image."""
    name = f"the {image.format or 'Pillow'} image"
    check_size(name, (image.height, image.width, len(image.getbands())), max_pixels)
    try:
        check_mode(image, name)
        check_frames(image, name)
        check_opened(image, name)
        with _GUARD:
            _name_byte_order(image)
            load(image)
        deep = {"I;16": "uint16", "F": "float32"}.get(image.mode[:4], "uint8")
        samples = samples_of(image, np.dtype(deep))
    except PellucidError:
        raise
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error
    return samples, replace(info_of(image, None, samples), nodata=nodata_in(image))


def info_of(image: Image.Image, data: bytes | None, samples: NDArray[Any]) -> ImageInfo:
    """What a decoded picture is; `data` is its file, if it came from one."""
    height, width, channels = samples.shape
    info = ImageInfo(width, height, channels, 8 * samples.itemsize, source_format=image.format)
    return with_metadata(info, image, data)


@contextmanager
def opened(data: bytes, name: str) -> Iterator[Image.Image]:
    """The bytes of a file as an opened Pillow image; raises InputError for what it can't be."""
    try:
        with _GUARD, Image.open(BytesIO(data), formats=DECODED) as image:
            yield image
    except PellucidError:
        raise
    except UnidentifiedImageError as error:
        raise _unidentified(name, data) from error
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error


def _load_as_stored(image: Image.Image) -> Image.Image:
    """Decode an opened image; a TIFF that Pillow turned by its orientation is turned back."""
    turn = image.getexif().get(ExifTags.Base.Orientation) if image.format == "TIFF" else 1
    _name_byte_order(image)
    load(image)
    method = _TURN_BACK.get(turn) if isinstance(turn, int) else None
    return image if method is None else image.transpose(method)


def load(image: Image.Image) -> None:
    """Decode an opened image; the transparent grey of a PNG fits its samples, in `image.info`.

    Raises InputError for one that was decoded elsewhere, where it can't be known whether it fits.
    """
    tile = getattr(image, "tile", None)
    arguments = tile[0][3] if tile else ""
    raw = str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)
    image.load()
    mark = image.info.get("transparency")
    if image.format != "PNG" or image.mode != "L" or not isinstance(mark, int):
        return
    if raw:  # as the standard says, the lowest bits count
        scale = _SCALES.get(raw, 1)
        image.info["transparency"] = mark % (255 // scale + 1) * scale
    elif _may_be_unscaled(np.array(image), mark):
        raise InputError(
            f"the PNG image marks the grey {mark} as transparent and was decoded before, so that "
            "it can't be known whether it had 2, 4 or 8 bits; give the path"
        )


def _may_be_unscaled(samples: NDArray[np.uint8], mark: int) -> bool:
    """Whether a transparent grey marks nothing as it is, and something if scaled as samples are."""
    if (samples == mark).any():
        return False
    return any(
        mark * scale <= 255 and not (samples % scale).any() and (samples == mark * scale).any()
        for scale in _SCALES.values()
    )


def _name_byte_order(image: Image.Image) -> None:
    """Say that libtiff hands floats in this machine's order; Pillow takes them as in the file's."""
    tiles: Any = getattr(image, "tile", None)
    if image.mode == "F" and tiles and tiles[0].codec_name == "libtiff":
        arguments = ("F;32NF", *tiles[0].args[1:])
        image.tile = [tiles[0]._replace(args=arguments)]  # type: ignore[attr-defined]


def _unidentified(name: str, data: bytes) -> InputError:
    if data.startswith(_PEL):
        return InputError(f"{name} is a .pel file, and no picture yet; decompress it first")
    if twelve_bits(data):
        return InputError(
            f"{name} is a JPEG of 12 bits, which is not supported; convert it to 16 bits, for "
            "example in Python: imagecodecs.jpeg_decode gives an array that can be compressed"
        )
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            rare = ", or of a kind that can't be read, such as 64-bit floats or float colour"
            return InputError(
                f"{name} is damaged or cut off{rare if kind == 'TIFF' else ''}: it begins like a "
                f"{kind} file"
            )
    return InputError(f"{name} is not a picture in a format that can be read: {_KNOWN}")


class _Guard:
    """While at least one thread is inside, Pillow has no size limit of its own and is silent.

    It warns above 89 million pixels and refuses above 179, where `max_pixels` decides here; and it
    warns of odd EXIF, of which the bytes are kept as they are. Both are globals.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._outer: int | None = None
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._outer, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)
                Image.MAX_IMAGE_PIXELS = self._outer


_GUARD = _Guard()
FORMAT = Format("picture", lambda _: True, open_pillow)
