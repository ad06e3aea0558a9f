"""JPEG 2000: what its header says, and samples of other than 8 bits.

Pillow decodes 8 bits; beyond, it drops bits of colour without a word, and fewer it shifts up. So
the depth is read from the codestream's SIZ segment, and others go through imagecodecs (extra
`science`).

Source: ITU-T T.800, annexes A.5.1 (SIZ) and I.4 (boxes).
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError

_STREAM = b"\xff\x4f\xff\x51"  # SOC, SIZ
_MOST_BOXES = 1000


class Siz(NamedTuple):
    """Of a codestream: samples, their bits and sign; `equal` if all components are alike."""

    width: int
    height: int
    components: int
    bits: int
    signed: bool
    equal: bool


def siz_of(data: bytes) -> Siz | None:
    """What a .jp2 file or a bare codestream says; None if none is found."""
    start = _codestream(data)
    if start is None or len(data) < start + 42:
        return None
    right, down, left, top = struct.unpack_from(">4I", data, start + 8)
    (count,) = struct.unpack_from(">H", data, start + 40)
    kinds = [data[at : at + 3] for at in range(start + 42, start + 42 + 3 * count, 3)]
    if count == 0 or len(kinds[-1]) < 3:
        return None
    depth = max((kind[0] & 0x7F) + 1 for kind in kinds)
    signed = any(kind[0] & 0x80 for kind in kinds)
    return Siz(right - left, down - top, count, depth, signed, len(set(kinds)) == 1)


def _codestream(data: bytes) -> int | None:
    """Where it begins: at once, or in the box `jp2c`."""
    at = 0
    for _ in range(_MOST_BOXES):
        if data[at : at + 4] == _STREAM:
            return at
        if len(data) < at + 16:
            return None
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        if kind == b"jp2c":
            return at + head if data[at + head :][:4] == _STREAM else None
        if length < head:  # 0: up to the end of the file
            return None
        at += length
    return None


def decode_deep(data: bytes, siz: Siz, name: str) -> NDArray[Any]:
    """(height, width, components) of uint8, uint16 or int16, as stored; raises InputError."""
    if not (1 <= siz.bits <= 16 and siz.equal):
        raise InputError(
            f"{name} is a JPEG 2000 file of {siz.components} components of up to {siz.bits} bits; "
            "1 to 16 bits, the same in all, can be read"
        )
    try:
        from imagecodecs import jpeg2k_decode
    except ImportError as error:
        raise MissingExtraError(
            f"imagecodecs, which reads JPEG 2000 of {siz.bits} bits,", "science"
        ) from error
    try:
        decoded = np.asarray(jpeg2k_decode(data))
    except Exception as error:  # decoders raise anything on damaged files
        raise InputError(f"{name} is damaged or cut off: {error}") from error
    samples = decoded[..., None] if decoded.ndim == 2 else decoded
    wanted = (siz.height, siz.width, siz.components)
    kind = f"{'int' if siz.signed else 'uint'}{8 if siz.bits <= 8 else 16}"
    if samples.shape != wanted or samples.dtype.name != kind:
        raise InputError(
            f"{name} is damaged: it decodes to {samples.dtype} of the shape {samples.shape}, and "
            f"says {wanted}"
        )
    return samples.astype(np.int16) if kind == "int8" else samples
