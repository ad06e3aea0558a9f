"""File, bytes, array or Pillow image -> HxWxC uint8 array and ImageInfo.

Pillow decodes, but only the formats in `FORMATS`: its other decoders start programs, or are
not worth their risk. The header is checked before a sample is decoded (`checks.py`). Whatever a
decoder raises becomes an InputError that says what is wrong.

One habit of Pillow's is undone, so that a picture comes out as it is stored: a TIFF that it turned
by its orientation is turned back. The orientation stays in the EXIF bytes, to be applied once, by
the viewer.
"""

from __future__ import annotations

import os
import threading
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import (
    ExifTags,
    Image,
    TiffImagePlugin,  # noqa: F401  registers the format; Pillow would else load every plugin
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.pixels.checks import check_frames, check_header
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.metadata import with_metadata
from pellucid.pixels.modes import to_samples

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF")
MAX_PIXELS = 2**28

_KNOWN = "PNG, JPEG, WebP, TIFF, BMP, PPM/PGM or single-frame GIF"
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
    **{b"P%d" % digit: "PPM" for digit in range(1, 7)},
}
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


def read_image(
    source: str | os.PathLike[str] | bytes, *, max_pixels: int = MAX_PIXELS
) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Read one picture from a path, or from the bytes of a file.

    Returns the samples as stored (HxWxC uint8, C = 1 grey or 3 RGB, EXIF orientation not applied)
    and an ImageInfo with the metadata byte for byte.

    Raises InputError if there is no such file, if it is empty, no picture, damaged, animated,
    transparent, deeper than 8 bits or of another colour mode than grey and RGB; LimitError if it
    has more than `max_pixels` pixels, before they are decoded.
    """
    name, data = _load(source)
    try:
        with _UNLIMITED, Image.open(BytesIO(data), formats=FORMATS) as image:
            check_header(image, data, name, max_pixels)
            turn = image.getexif().get(ExifTags.Base.Orientation) if image.format == "TIFF" else 1
            image.load()
            samples = to_samples(_turned_back(image, turn), name)
            height, width, channels = samples.shape
            info = ImageInfo(width, height, channels, source_format=image.format)
            return samples, with_metadata(info, image, data)
    except PellucidError:
        raise
    except UnidentifiedImageError as error:
        raise _unidentified(name, data) from error
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error


def from_array(image: object) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Take a picture from memory: HxW, HxWx1 or HxWx3 uint8, or a Pillow image.

    Returns what `read_image` does. A C-contiguous array is not copied. Raises InputError naming
    dtype and shape, or the mode, for another layout; OptionError for another type.
    """
    if isinstance(image, Image.Image):
        return _from_pillow(image)
    if not isinstance(image, np.ndarray):
        raise OptionError(
            f"a picture must be a numpy array or a Pillow image, not {type(image).__name__}"
        )
    what = f"an array of dtype {image.dtype} and shape {image.shape}"
    if image.dtype != np.uint8:
        raise InputError(f"{what} is not supported: the dtype must be uint8 (values 0..255)")
    samples = image[:, :, np.newaxis] if image.ndim == 2 else image
    if samples.ndim != 3 or samples.shape[2] not in (1, 3):
        raise InputError(f"{what} is not supported: it must be HxW, HxWx1 (grey) or HxWx3 (RGB)")
    if samples.size == 0:
        raise InputError(f"{what} has no pixels")
    height, width, channels = samples.shape
    return np.ascontiguousarray(samples), ImageInfo(width, height, channels)


def _from_pillow(image: Image.Image) -> tuple[NDArray[np.uint8], ImageInfo]:
    name = f"the {image.format or 'Pillow'} image"
    if 0 in image.size:
        raise InputError(f"{name} of size {image.size} has no pixels")
    try:
        check_frames(image, name)
        image.load()
        samples = to_samples(image, name)
    except PellucidError:
        raise
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error
    height, width, channels = samples.shape
    return samples, with_metadata(
        ImageInfo(width, height, channels, source_format=image.format), image
    )


def _load(source: str | os.PathLike[str] | bytes) -> tuple[str, bytes]:
    """Return what messages call the source, and its bytes."""
    if isinstance(source, bytes | bytearray | memoryview):
        name, data = "the input", bytes(source)
    elif isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        try:
            data = Path(source).read_bytes()
        except FileNotFoundError as error:
            raise InputError(f"{name}: no such file") from error
        except IsADirectoryError as error:
            raise InputError(f"{name} is a folder, not a picture") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"cannot read {name}: {reason}") from error
    else:
        raise OptionError(f"a source must be a path or bytes, not {type(source).__name__}")
    if not data:
        raise InputError(f"{name} is empty (0 bytes)")
    return name, data


def _unidentified(name: str, data: bytes) -> InputError:
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            return InputError(f"{name} is damaged or cut off: it begins like a {kind} file")
    return InputError(f"{name} is not a picture in a format that can be read: {_KNOWN}")


def _turned_back(image: Image.Image, orientation: object) -> Image.Image:
    method = _TURN_BACK.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


class _Unlimited:
    """Lifts Pillow's own size limit (a module global) while at least one thread is inside.

    Pillow warns above 89 million pixels and refuses above 179; `max_pixels` decides here.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._outer: int | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._outer, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                Image.MAX_IMAGE_PIXELS = self._outer


_UNLIMITED = _Unlimited()
