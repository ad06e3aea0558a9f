"""PGM and PPM, of which the value of white must be 255 or 65535: it isn't kept, and others are not
what a viewer would take for white. Binary ones lie in the file as in memory and are read in parts.

Source: netpbm's manual pages pgm(5) and ppm(5).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.flat import FlatSource
from pellucid.pixels.formats import pillow
from pellucid.pixels.formats.format import Format, Output, Writer, at_once, only
from pellucid.pixels.formats.input import Input
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Source, check_size, in_memory_if_small

_CHANNELS = {b"P2": 1, b"P3": 3, b"P5": 1, b"P6": 3}
_PLAIN = (b"P2", b"P3")
_MOST = 2**16  # bytes of a header, comments included
_TYPES = {255: "u1", 65535: ">u2"}
_SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
_HEADER = re.compile(rb"(P[2356])" + (_SPACE + rb"(\d{1,9})") * 3 + rb"(?:#[^\r\n]*[\r\n])?\s")


@contextmanager
def open_pnm(source: Input, max_pixels: int) -> Iterator[tuple[Source, ImageInfo]]:
    """Samples (H, W, 1 or 3) as stored."""
    name = source.name
    with source.open() as file:
        found = _HEADER.match(file.read(_MOST))
    if found is None:
        raise InputError(f"{name} is damaged or cut off: it begins like a PPM file")
    kind, width, height, white = found[1], *map(int, found.groups()[1:])
    shape = (height, width, _CHANNELS[kind])
    check_size(name, shape, max_pixels)
    if white not in _TYPES:
        raise InputError(
            f"{name} has samples of 0 to {white}, and only 255 and 65535 can be kept as the value "
            "of white: read it with another library and give the Python API the array, or scale "
            f"it, for example with netpbm: pamdepth {255 if white < 255 else 65535}"
        )
    if kind in _PLAIN:
        if white > 255:
            raise InputError(
                f"{name} is of 16 bits in plain text, which can't be read; make it binary (P5, P6)"
            )
        yield pillow.read_pillow(source, max_pixels)
        return
    dtype = np.dtype(_TYPES[white])
    with source.open() as file:
        there = file.seek(0, 2) - found.end()
        wanted = math.prod(shape) * dtype.itemsize
        if there < wanted:
            raise InputError(
                f"{name} is damaged or cut off: {there} bytes can't hold {width} x {height} pixels"
            )
        samples = in_memory_if_small(FlatSource(file, name, found.end(), shape, dtype))
        yield samples, replace(ImageInfo.of(samples), source_format="PPM")


def _encode(samples: NDArray[Any], _: Output) -> bytes:
    height, width, channels = samples.shape
    white = np.iinfo(samples.dtype).max
    head = b"P%d\n%d %d\n%d\n" % (6 if channels == 3 else 5, width, height, white)
    return head + samples.astype(samples.dtype.newbyteorder(">")).tobytes()


FORMAT = Format("PPM", lambda source: source.head[:2] in _CHANNELS, open_pnm, in_parts=True)
PPM = Writer((".ppm",), at_once(_encode), only(uint8=(1, 3), uint16=(1, 3)), metadata=())
PGM = Writer((".pgm",), at_once(_encode), only(uint8=(1,), uint16=(1,)), metadata=())
