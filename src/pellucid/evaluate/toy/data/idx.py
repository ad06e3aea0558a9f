"""MNIST's idx files: a magic number, three sizes, the samples; gzipped or as they are.

No size is believed: what is read is bounded by what was asked for and by what is there.
Source of the format: LeCun, Cortes and Burges, "The MNIST database".
"""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate.toy.data.base import LARGEST_SIDE, Pictures, read_up_to

MAGIC = 0x00000803  # unsigned bytes in three dimensions
HEADER = struct.Struct(">4I")
GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: Path, limit: int) -> Pictures:
    """The first `limit` pictures of a file, (N, H, W, 1) uint8.

    Raises:
        InputError: no such file, or not an idx file of pictures, or one that is cut off.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            if not zipped:
                return _pictures(file, path, limit)
            with gzip.open(file) as inside:
                return _pictures(inside, path, limit)  # type: ignore[arg-type]  # a GzipFile reads
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} can't be read as an idx file: {error}") from error


def _pictures(file: BinaryIO, path: Path, limit: int) -> Pictures:
    head = file.read(HEADER.size)
    if len(head) < HEADER.size or HEADER.unpack(head)[0] != MAGIC:
        raise InputError(f"{path} is no idx file of pictures: it must begin with {MAGIC:#010x}")
    _, count, height, width = HEADER.unpack(head)
    if not count or not 1 <= height <= LARGEST_SIDE or not 1 <= width <= LARGEST_SIDE:
        raise InputError(
            f"{path} says it holds {count} pictures of {width}x{height}; the sides may be up to "
            f"{LARGEST_SIDE}"
        )
    count = min(count, limit)
    data = read_up_to(file, count * height * width)
    if len(data) < count * height * width:
        raise InputError(
            f"{path} is cut off: {len(data)} bytes of samples, not {count * height * width}"
        )
    return np.frombuffer(data, np.uint8).reshape(count, height, width, 1)
