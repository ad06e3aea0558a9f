"""Path or bytes -> an opened Pillow image, its file's bytes and what messages call it.

Pillow decodes, but only the formats in `FORMATS`: its other decoders start programs, or are
not worth their risk. Whatever a decoder raises becomes an InputError that says what is wrong.

Two habits of Pillow's can be undone here, so that a picture comes out as it is stored: a TIFF that
it turned by its orientation is turned back, and the grey that a PNG of 2 or 4 bits marks as
transparent, which it leaves as it is, goes up to 8 bits as the samples do.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import (
    ExifTags,
    Image,
    Jpeg2KImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401  registers the format; Pillow would else load every plugin
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.pixels.jpeg2000 import siz_of

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF", "JPEG2000")
MAX_PIXELS = 2**28

_KNOWN = "PNG, JPEG, JPEG 2000, WebP, TIFF, BMP, PPM/PGM or single-frame GIF"
_MOST_COMPONENTS = 4  # of JPEG 2000, that Pillow opens
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
def opened(
    source: str | os.PathLike[str] | bytes,
) -> Iterator[tuple[Image.Image, bytes, str]]:
    """Open one picture: (image, the bytes of its file, what messages call it); nothing is decoded.

    What goes wrong in the block that uses it, in a decoder's hands, is an InputError too.

    Raises InputError if there is no such file, if it is empty, no picture or damaged.
    """
    name, data = _load(source)
    try:
        with _UNLIMITED, Image.open(BytesIO(data), formats=FORMATS) as image:
            yield image, data, name
    except PellucidError:
        raise
    except UnidentifiedImageError as error:
        raise _unidentified(name, data) from error
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error


def load_as_stored(image: Image.Image) -> Image.Image:
    """Decode an opened image; a TIFF that Pillow turned by its orientation is turned back."""
    turn = image.getexif().get(ExifTags.Base.Orientation) if image.format == "TIFF" else 1
    load(image)
    return _turned_back(image, turn)


def load(image: Image.Image) -> None:
    """Decode an opened image; the transparent grey of a PNG fits its samples, in `image.info`.

    Raises InputError for one that was decoded elsewhere, where it can't be known whether it fits.
    """
    raw = raw_mode(image)
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


def raw_mode(image: Image.Image) -> str:
    """How the samples lie in the file; empty if the image is decoded or was never one."""
    tile = getattr(image, "tile", None)
    arguments = tile[0][3] if tile else ""
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _may_be_unscaled(samples: NDArray[np.uint8], mark: int) -> bool:
    """Whether a transparent grey marks nothing as it is, and something if scaled as samples are."""
    if (samples == mark).any():
        return False
    return any(
        mark * scale <= 255 and not (samples % scale).any() and (samples == mark * scale).any()
        for scale in _SCALES.values()
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
    if data.startswith(_PEL):
        return InputError(f"{name} is a .pel file, and no picture yet; decompress it first")
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            siz = siz_of(data) if kind == "JPEG 2000" else None
            if siz is not None and siz.components > _MOST_COMPONENTS:
                return InputError(
                    f"{name} is a JPEG 2000 file of {siz.components} components; 1 to "
                    f"{_MOST_COMPONENTS} can be read, so save them as .npy or .tif"
                )
            rare = ", or of a kind that can't be read, such as 64-bit floats or float colour"
            return InputError(
                f"{name} is damaged or cut off{rare if kind == 'TIFF' else ''}: it begins like a "
                f"{kind} file"
            )
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
