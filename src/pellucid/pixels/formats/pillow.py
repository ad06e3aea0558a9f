"""PNG, JPEG, WebP, BMP, GIF, AVIF and plain TIFF, decoded by Pillow; and opened Pillow images.

Pillow decodes, but only the formats in `_DECODED`: its other decoders start programs, or are not
worth their risk. Whatever a decoder raises becomes an InputError that says what is wrong.

Two habits of Pillow's can be undone here, so that a picture comes out as it is stored: a TIFF that
it turned by its orientation is turned back, and the grey that a PNG of 2 or 4 bits marks as
transparent, which it leaves as it is, goes up to 8 bits as the samples do.
"""

from __future__ import annotations

import re
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
    JpegImagePlugin,
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from pellucid.errors import InputError, PellucidWarning
from pellucid.pixels.extras import Together
from pellucid.pixels.formats.format import Format, damage, whole
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.jpeg2000_boxes import FILE, STREAM
from pellucid.pixels.formats.pillow_checks import (
    check_header,
    check_jpeg2000,
    raw_mode,
    samples_of,
    stored_type,
)
from pellucid.pixels.geo import nodata_in
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.metadata import with_metadata
from pellucid.pixels.tiff import SIGNATURES as TIFF
from pellucid.pixels.tiff import with_tags

_DECODED = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF", "JPEG2000", "AVIF")
_KNOWN = "PNG, JPEG, JPEG 2000, JPEG XL, WebP, AVIF, HEIC, TIFF, BMP, PPM/PGM, DICOM, .npy, Zarr or"
_KNOWN += " single-frame GIF"
_PEL = b"\x89PEL\r\n\x1a\n"
_ZIP = b"PK\3\4"
_SIGNATURES = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8\xff",),
    "WebP": (b"RIFF",),
    "TIFF": TIFF,
    "BMP": (b"BM",),
    "GIF": (b"GIF8",),
    "JPEG 2000": (FILE, STREAM),
    "PPM": tuple(b"P%d" % digit for digit in range(1, 7)),
}
# Matroska, y4m and AVI; MP4 and MOV by their brands, as AVIF begins with such a box, too.
_VIDEO = re.compile(
    rb"\x1aE\xdf\xa3|YUV4MPEG2 |RIFF.{4}AVI |.{4}ftyp(iso.|mp4.|avc1|M4V |qt  )", re.DOTALL
)
_VIDEO_NAME = re.compile(r"\.(mp4|m4v|mov|mkv|webm|avi|y4m|ts)$", re.IGNORECASE)
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"  # Adobe XMP specification, part 3, 1.1.3
_SRGB_GAMMA = 1 / 2.2
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


def read_pillow(source: Input, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """The samples and metadata of a file that Pillow decodes whole."""
    data, name = source.data, source.name
    with opened(data, name) as image:
        check_header(image, data, name, max_pixels)
        dtype = stored_type(image, name)
        turn = image.getexif().get(ExifTags.Base.Orientation) if image.format == "TIFF" else 1
        _load(image)
        method = _TURN_BACK.get(turn) if isinstance(turn, int) else None
        samples = samples_of(image if method is None else image.transpose(method), dtype)
        return samples, info_of(image, data, samples, name)


def read_pillow_image(image: Image.Image, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """The same of an opened Pillow image; what was decoded before is taken as it is."""
    name = f"the {image.format or 'Pillow'} image"
    with damage(name):
        check_header(image, None, name, max_pixels)
        dtype = stored_type(image, name)
        check_jpeg2000(image, name)
        with _GUARD:
            _load(image)
        samples = samples_of(image, dtype)
    return samples, replace(info_of(image, None, samples, name), nodata=nodata_in(image))


def info_of(image: Image.Image, data: bytes | None, samples: NDArray[Any], name: str) -> ImageInfo:
    """What a decoded picture is; `data` is its file, if it came from one.

    What the file holds and this doesn't is said in a warning.
    """
    info = replace(with_metadata(ImageInfo.of(samples), image.info), source_format=image.format)
    if image.format == "TIFF" and data is not None:  # a directory, no blocks
        info = with_tags(info, data)
    for remark in [] if data is None else _remarks_on(info, image):
        warnings.warn(f"{name} {remark}", PellucidWarning, stacklevel=2)
    return info


def _remarks_on(info: ImageInfo, image: Image.Image) -> Iterator[str]:
    count = getattr(image, "n_frames", 1)
    if image.format == "MPO" and count > 1:
        yield f"holds {count} pictures, of which the first is taken"
    segments = [body for _, body in getattr(image, "applist", [])]
    size = sum(len(body) - 75 for body in segments if body.startswith(_XMP_EXTENSION))
    if size > 0:
        yield f"has {size} bytes of XMP beyond the first segment, which are left out"
    gamma: Any = image.info.get("gamma")
    told = info.icc is not None or "srgb" in image.info  # which count more than a gamma
    if image.format == "PNG" and gamma and not told and abs(gamma - _SRGB_GAMMA) > 0.01:
        yield (
            f"has a gamma of {gamma:g}, which isn't kept: it will be shown lighter or darker; "
            "give it a colour profile first"
        )


@contextmanager
def opened(data: bytes, name: str) -> Iterator[Image.Image]:
    """The bytes of a file as an opened Pillow image; raises InputError for what it can't be."""
    with damage(name), _GUARD:
        try:
            image = Image.open(BytesIO(data), formats=_DECODED)
        except UnidentifiedImageError as error:
            raise _unidentified(name, data) from error
        with image:
            yield image


def _load(image: Image.Image) -> None:
    """Decode an opened image; the transparent grey of a PNG fits its samples, in `image.info`.

    Raises InputError for one that was decoded elsewhere, where it can't be known whether it fits.
    """
    raw, tiles = raw_mode(image), getattr(image, "tile", None)
    if image.mode == "F" and tiles and tiles[0].codec_name == "libtiff":
        # It hands floats in this machine's order; Pillow takes them as in the file's.
        arguments = ("F;32NF", *tiles[0].args[1:])
        image.tile = [tiles[0]._replace(args=arguments)]  # type: ignore[attr-defined]
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
        not (samples % scale).any() and (samples.astype(int) == mark * scale).any()
        for scale in _SCALES.values()
    )


def _unidentified(name: str, data: bytes) -> InputError:
    if data.startswith(_PEL):
        return InputError(f"{name} is a .pel file, and no picture yet; decompress it first")
    if data.startswith(_ZIP):
        return InputError(
            f"{name} is a sequence (.pels) or another ZIP archive, and no picture; take pictures "
            "out of a sequence first: pellucid decompress"
        )
    if _VIDEO.match(data) or _VIDEO_NAME.search(name):
        return InputError(
            f"{name} is a video, and no picture; pellucid stream takes the noise off it, and makes "
            "a sequence of .pel frames if its output is named .pels"
        )
    for kind, signatures in _SIGNATURES.items():
        if data.startswith(signatures):
            if kind == "JPEG" and _has_12_bits(data):
                return InputError(
                    f"{name} is a JPEG of 12 bits, which is not supported; convert it to 16 bits, "
                    "for example in Python: imagecodecs.jpeg_decode gives an array that can be "
                    "compressed"
                )
            rare = ", or of a kind that can't be read, such as 64-bit floats or float colour"
            return InputError(
                f"{name} is damaged or cut off{rare if kind == 'TIFF' else ''}: it begins like a "
                f"{kind} file"
            )
    return InputError(f"{name} is not a picture in a format that can be read: {_KNOWN}")


def _has_12_bits(data: bytes) -> bool:
    """Whether that is why Pillow doesn't open a JPEG."""
    try:
        JpegImagePlugin.JpegImageFile(BytesIO(data)).close()
    except (SyntaxError, OSError, ValueError) as error:
        return "12-bit" in str(error)
    return False


@contextmanager
def _silent() -> Iterator[None]:
    """While the block lasts, Pillow has no size limit of its own and is silent.

    It warns above 89 million pixels and refuses above 179, where `max_pixels` decides here; and it
    warns of odd EXIF, of which the bytes are kept as they are. Both are globals.
    """
    outer, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = outer


_GUARD = Together(_silent)
open_pillow = whole(read_pillow)
FORMAT = Format("picture", lambda _: True, open_pillow)
