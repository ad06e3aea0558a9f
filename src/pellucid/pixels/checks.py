"""What a picture's header must say before its samples are decoded.

Size against the limit and against the length of the file, frames, and depth: Pillow silently drops
the low byte of 16-bit RGB, so the depth is read from the header where its mode would hide it.
"""

from __future__ import annotations

from PIL import Image

from pellucid.errors import InputError, LimitError
from pellucid.pixels.jpeg2000 import siz_of
from pellucid.pixels.modes import deep_error, is_deep

_DEFLATE = 1032  # the most that deflate can shrink: 258 bytes in 2 bits
_LZW = 4096  # one code stands for less than that
_TIFF_RATIOS = {"raw": 1, "packbits": 64, "tiff_lzw": _LZW}
_TIFF_RATIOS |= {"tiff_adobe_deflate": _DEFLATE, "tiff_deflate": _DEFLATE}
_FEWEST_BITS = {"1": 1, "L": 1, "P": 1, "I": 1}  # a pixel as stored, by mode; 12 for the others


def check_header(image: Image.Image, data: bytes, name: str, max_pixels: int) -> None:
    """Refuse an opened, not yet decoded picture by what its header says.

    `data` is the whole file. Raises what `check_size` does, and InputError for more than 8 bits a
    sample, or JPEG 2000 of other samples than unsigned ones of 8 bits.
    """
    check_size(image, data, name, max_pixels)
    check_shifted(image, data, name)
    depth = bit_depth(image, data)
    if depth > 8:
        raise deep_error(name, f"{depth} bits, mode {image.mode}")


def check_shifted(image: Image.Image, data: bytes, name: str) -> None:
    """InputError for JPEG 2000 whose samples Pillow would shift: of fewer bits, signed, unlike."""
    siz = siz_of(data) if image.format == "JPEG2000" else None
    if siz is None or siz.bits > 8 or siz.plain:
        return
    kind = "signed samples" if siz.signed else f"{siz.bits} bits a sample"
    kind = kind if siz.equal else "components of different depths"
    way = "or scale it to 8 bits first"
    raise InputError(
        f"{name} is a JPEG 2000 file with {kind}, and with loss only 8 bits without a sign, "
        "or 16 bits, can be compressed: "
        + (f"lossless or max_error keep them as they are, {way}" if siz.equal else way[3:])
    )


def check_size(image: Image.Image, data: bytes, name: str, max_pixels: int) -> None:
    """Raise LimitError for more than `max_pixels` pixels; InputError for none or for two frames.

    Also InputError for a file, `data`, that is too short for its size, or a PNG whose header isn't
    first.
    """
    width, height = image.size
    if width * height > max_pixels:
        raise LimitError(
            f"{name} has {width} x {height} = {width * height} pixels, more than the limit of "
            f"{max_pixels}; raise max_pixels if you trust the file"
        )
    if width * height == 0:
        raise InputError(f"{name} of size {width} x {height} has no pixels")
    check_frames(image, name)
    if image.format == "PNG" and data[12:16] != b"IHDR":  # where `bit_depth` looks
        raise InputError(f"{name} is damaged: a PNG must begin with the chunk IHDR")
    siz = siz_of(data) if image.format == "JPEG2000" else None
    if siz is not None and (siz.width, siz.height) != image.size:
        raise InputError(
            f"{name} is damaged: it says {width} x {height} pixels, and its codestream "
            f"{siz.width} x {siz.height}"
        )
    ratio = _largest_ratio(image)
    if ratio and width * height * _FEWEST_BITS.get(image.mode, 12) // 8 > ratio * len(data):
        raise InputError(
            f"{name} is damaged or cut off: {len(data)} bytes can't hold {width} x {height} pixels"
        )


def check_frames(image: Image.Image, name: str) -> None:
    """Raise InputError for animations and page collections.

    An MPO is let through: it is a camera's JPEG followed by previews, and every viewer shows the
    JPEG.
    """
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise InputError(
            f"{name} has more than one frame or page, which is not supported; "
            "save the one you want as a picture of its own"
        )


def _largest_ratio(image: Image.Image) -> int | None:
    """The most bytes of samples that one byte of the file can hold; None if there is no bound."""
    compression = image.info.get("compression")
    if image.format == "PNG":
        return _DEFLATE
    if image.format == "GIF":
        return _LZW
    if image.format == "TIFF":
        return _TIFF_RATIOS.get(str(compression))
    return 1 if image.format == "PPM" or (image.format, compression) == ("BMP", 0) else None


def bit_depth(image: Image.Image, data: bytes) -> int:
    """Bits a sample as stored, where Pillow's mode would hide that there are more than 8."""
    if image.format == "PNG":
        return data[24]  # IHDR: signature 8, length 4, type 4, width 4, height 4, depth
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(258, 8)
        return max(map(int, bits)) if isinstance(bits, tuple) else int(bits)
    if image.format == "JPEG2000":
        siz = siz_of(data)
        return 8 if siz is None else siz.bits
    tile = getattr(image, "tile", None)
    if image.format == "PPM" and tile:
        arguments = tile[0][3]  # (raw mode, largest value) if that isn't 255
        if isinstance(arguments, tuple) and len(arguments) == 2:
            return int(arguments[1]).bit_length()
    return 8


def cut_by_pillow(image: Image.Image) -> bool:
    """Whether Pillow will drop bits when it decodes an opened image; False if it has done so."""
    tile = getattr(image, "tile", None)
    if not tile or is_deep(image):
        return False
    arguments = tile[0][3]  # a raw mode such as RGB;16B, alone or first of several
    if image.format == "PPM" and isinstance(arguments, tuple) and len(arguments) == 2:
        return int(arguments[1]) > 255
    return ";16" in str(arguments)
