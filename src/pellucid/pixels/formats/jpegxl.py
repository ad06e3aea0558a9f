"""JPEG XL, by imagecodecs (extra `formats`), which gives samples but no colour profile.

The size is read from the codestream before anything is decoded; EXIF and XMP lie in boxes. The
decoder turns a picture as the codestream says, so that no orientation is left to be applied.

Source: ISO/IEC 18181-1, annex D.2 (size header); 18181-2, section 9 (boxes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.formats.format import Format, decoded, whole
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.jpeg2000_boxes import boxes
from pellucid.pixels.geo import upright
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import check_size
from pellucid.pixels.metadata import exif_of

Boxes = Sequence[tuple[bytes, int, int]]  # kind, first byte, byte after the last

_STREAM = b"\xff\x0a"
_FILE = b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS = ((0, 1), (1, 1), (6, 5), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_HEAD = 64  # bytes of a codestream that hold its headers
_KEPT = ("uint8", "uint16", "float32")


def read_jpegxl(source: Input, max_pixels: int) -> tuple[NDArray[Any], ImageInfo]:
    """The samples of a file of one frame."""
    data, name = source.data, source.name
    found = boxes_of(data)
    check_size(name, shape_of(stream_of(data, found), name), max_pixels)
    samples = decoded(source, "jpegxl_decode", "JPEG XL", "formats")
    if samples.ndim != 3:
        raise InputError(f"{name} has more than one frame or layer, or is damaged; save one")
    if samples.dtype.name not in _KEPT:
        raise InputError(f"{name} has samples of {samples.dtype}, and {', '.join(_KEPT)} are known")
    check_size(name, samples.shape, max_pixels)
    texts = {kind: data[start:stop] for kind, start, stop in found}
    exif = texts.get(b"Exif", b"")
    return samples, replace(
        ImageInfo.of(samples),
        exif=upright(exif_of(exif[4 + int.from_bytes(exif[:4], "big") :])),
        xmp=texts.get(b"xml ") or None,
        source_format="JPEG XL",
    )


def boxes_of(data: bytes) -> Boxes:
    """The boxes of a file; none of a bare codestream."""
    return list(boxes(data, 0, len(data))) if data.startswith(_FILE) else []


def stream_of(data: bytes, found: Boxes) -> bytes:
    """The first bytes of the codestream, which may lie in several boxes."""
    skip = {b"jxlc": 0, b"jxlp": 4}  # of the latter each begins with its number
    parts = [data[at + skip[kind] : stop][:_HEAD] for kind, at, stop in found if kind in skip]
    return b"".join(parts)[:_HEAD] if found else data[:_HEAD]


def shape_of(stream: bytes, name: str) -> tuple[int, int, int]:
    """Height, width and least channels by the headers of a codestream.

    Raises InputError without one, and for what may have many frames, each as large as the picture.
    """
    if not stream.startswith(_STREAM):
        raise InputError(f"{name} is damaged or cut off: it has no JPEG XL codestream")
    bits = int.from_bytes(stream[2:].ljust(_HEAD, b"\0"), "little")

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & (1 << count) - 1, bits >> count
        return value

    def size() -> tuple[int, int]:
        small = take(1)

        def side() -> int:
            return 8 * (take(5) + 1) if small else take((9, 13, 18, 30)[take(2)]) + 1

        height = side()
        over, under = _RATIOS[take(3)]
        return height, (height * over // under if over else side())

    height, width = size()
    if take(1):  # all else is as usual: 8 bits, no alpha
        return height, width, 1
    if take(1):
        take(3)  # orientation
        if take(1):
            size()  # to be shown at
        if take(1) or take(1):
            raise InputError(f"{name} has a preview or more than one frame; save one")
    exponent = 4 * take(1)
    if take(2) == 3:
        take(6)  # bits a sample
    take(exponent + 1)
    more = (lambda: 0, lambda: 1, lambda: 2 + take(4), lambda: 1 + take(12))[take(2)]()
    return height, width, 1 + more


FORMAT = Format(
    "JPEG XL", lambda source: source.head.startswith((_STREAM, _FILE)), whole(read_jpegxl)
)
