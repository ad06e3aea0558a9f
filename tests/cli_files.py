"""Bad files for the tests of the command line."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image


def with_header(data: bytes, offset: int, field: bytes) -> bytes:
    """The file with bytes of its header replaced, and the checksum right again."""
    start = 8 + 8  # signature, then type and length of HEAD
    head = bytearray(data[start : start + 35])
    head[offset : offset + len(field)] = field
    body = data[8:start] + head
    return data[:8] + body + struct.pack("<I", zlib.crc32(body)) + data[start + 35 + 4 :]


def png_of(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
