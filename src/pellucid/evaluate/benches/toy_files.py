"""Files of MNIST and CIFAR-10, read without trusting them: no size in them is believed.

What is read is bounded by what was asked for and by what is there. idx: LeCun, Cortes and Burges,
"The MNIST database". `.npz`: as `keras.datasets.mnist` keeps it. CIFAR's "python version"
(Krizhevsky, "Learning multiple layers of features from tiny images", 2009) are pickles of a
dictionary whose b"data" is an array, one picture a row. A pickle is a program, and this reader
carries out none of it: it looks for the array's bytes among the instructions.
"""

from __future__ import annotations

import gzip
import math
import pickletools
import struct
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pellucid.errors import InputError, refusing
from pellucid.evaluate.peers.toy_base import Pictures

LARGEST_SIDE = 64  # a dense layer for more is no toy
SIDE, CHANNELS = 32, 3  # of CIFAR-10
PLANES = SIDE * SIDE * CHANNELS
MAX_BYTES = 256 << 20  # CIFAR-100's training file has 155 MB
BLOCK = 1 << 20
IDX = struct.Struct(">4I")
IDX_MAGIC = 0x00000803  # unsigned bytes in three dimensions
GZIP_MAGIC = b"\x1f\x8b"
BYTES = ("numpy dtype", "u1")  # in a pickle

Read = Callable[[int], bytes]  # as of a file


def read_idx(path: Path, limit: int) -> Pictures:
    """The first `limit` pictures of MNIST's file, gzipped or not, (N, H, W, 1) uint8.

    Raises:
        InputError: no such file, or not an idx file of pictures, or one that is cut off.
    """
    with refusing(f"{path} can't be read as an idx file"), path.open("rb") as plain:
        zipped = plain.read(2) == GZIP_MAGIC
        plain.seek(0)
        file = gzip.GzipFile(fileobj=plain) if zipped else plain
        head = file.read(IDX.size)
        magic, count, height, width = IDX.unpack(head.ljust(IDX.size, b"\0"))
        if magic != IDX_MAGIC:
            raise InputError(
                f"{path} is no idx file of pictures: it must begin with {IDX_MAGIC:#010x}"
            )
        if not count or not 1 <= min(height, width) <= max(height, width) <= LARGEST_SIDE:
            raise InputError(
                f"{path} says it holds {count} pictures of {width}x{height}; the sides may be "
                f"up to {LARGEST_SIDE}"
            )
        return _array(file.read, (min(count, limit), height, width, 1), str(path))


def read_npz(path: Path, name: str, limit: int) -> NDArray[Any]:
    """The first `limit` pictures of an array in a file, (N, H, W) or (N, H, W, C) uint8.

    Raises:
        InputError: no such file or array, not pictures, or cut off.
    """
    with refusing(f"{path} can't be read as an .npz file"), ZipFile(path) as file:
        if f"{name}.npy" not in file.namelist():
            raise InputError(f"{path} has no array {name}; x_train and x_test are needed")
        with file.open(f"{name}.npy") as array:
            if (version := npy.read_magic(array)) != (1, 0):
                raise ValueError(f"version {version}")
            shape, fortran, kind = npy.read_array_header_1_0(array)
            small = len(shape) in (3, 4) and all(0 < side <= LARGEST_SIDE for side in shape[1:])
            if kind != np.uint8 or fortran or not small or not shape[0]:
                raise InputError(
                    f"{name} in {path} is {kind} of the shape {shape}; pictures are uint8 in C "
                    f"order, (N, H, W) or (N, H, W, C), with sides of up to {LARGEST_SIDE}"
                )
            return _array(array.read, (min(shape[0], limit), *shape[1:]), f"{name} in {path}")


def read_pickle(path: Path, limit: int) -> Pictures:
    """The first `limit` pictures of CIFAR's file, (N, 32, 32, 3) uint8.

    Raises:
        InputError: no such file, no pickle, or one without an array of such pictures.
    """
    with refusing(f"{path} can't be read as one of CIFAR's pickles"), path.open("rb") as file:
        data = _read_up_to(file.read, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            most = f"{MAX_BYTES >> 20} MiB"
            raise InputError(f"{path} has more than {most}, too much for CIFAR's file")
        planes = np.frombuffer(stored_array(data), np.uint8).reshape(-1, CHANNELS, SIDE, SIDE)
    return np.ascontiguousarray(planes[:limit].transpose(0, 2, 3, 1))  # NCHW -> NHWC


def stored_array(data: bytes) -> bytes:
    """The bytes of the array called data in a pickle; ValueError if it isn't (N, 3072) uint8.

    What an array's instructions put on the stack: the name; how to make an empty one, its class,
    shape and type; a version, the shape, the type with its details, the order, the bytes.
    """
    before: deque[Any] = deque(maxlen=21)
    for instruction, value, _ in pickletools.genops(data):
        if instruction.stack_before or instruction.stack_after in ([], [pickletools.markobject]):
            continue
        if isinstance(value, str | bytes) and len(value) >= PLANES and len(before) == 21:
            name, _, kind, _, _, _, count, length, dtype, letters, *_, backwards = before
            named = name in ("data", b"data") and kind == "numpy ndarray"
            rows = divmod(len(value), PLANES) == (count, 0) and length == PLANES
            if named and rows and (dtype, letters) == BYTES and backwards in ("NEWFALSE", False):
                return value.encode("latin-1") if isinstance(value, str) else value
        before.append(instruction.name if value is None else value)
    raise ValueError(
        f"it holds no array called data of the type u1, in C order and of the shape (N, {PLANES})"
    )


def _array(read: Read, shape: tuple[int, ...], what: str) -> Pictures:
    size = math.prod(shape)
    if len(data := _read_up_to(read, size)) < size:
        raise InputError(f"{what} is cut off: {len(data)} bytes of samples, not {size}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_up_to(read: Read, size: int) -> bytes:
    """`size` bytes or as many as there are, without room for those that never come."""
    data = bytearray()
    while len(data) < size and (block := read(min(BLOCK, size - len(data)))):
        data += block
    return bytes(data)
