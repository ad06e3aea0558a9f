"""Files of MNIST and CIFAR-10, read without trusting them: no size in them is believed.

What is read is bounded by what was asked for and by what is there. idx: LeCun, Cortes and Burges,
"The MNIST database". `.npz`: as `keras.datasets.mnist` keeps it. CIFAR's "python version"
(Krizhevsky, "Learning multiple layers of features from tiny images", 2009) are pickles of a
dictionary whose b"data" is an array, one picture a row.

A pickle is a program. This reader runs none of it blindly: it first walks over the instructions
without carrying any out, and refuses a file with one that such a pickle has no use for, with a
global other than NumPy's three for an array, or with a memo slot out of proportion. What is left is
loaded with stand-ins for those three, so that not even NumPy's own unpickling runs; the bytes of
the array are taken from the stand-in and checked.
"""

from __future__ import annotations

import gzip
import io
import pickle
import pickletools
import struct
import zlib
from pathlib import Path
from typing import Any, ClassVar, Protocol
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.evaluate.peers.toy_base import Pictures

LARGEST_SIDE = 64  # a dense layer for more is no toy
BLOCK = 1 << 20

MAGIC = 0x00000803  # of idx: unsigned bytes in three dimensions
HEADER = struct.Struct(">4I")
GZIP_MAGIC = b"\x1f\x8b"

TRAIN, TEST = "x_train", "x_test"  # of .npz
NPY_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}

SIDE, CHANNELS = 32, 3  # of CIFAR-10
PLANES = SIDE * SIDE * CHANNELS
MAX_BYTES = 256 << 20  # CIFAR-100's training file has 155 MB
MAX_MEMO = 1 << 20
ARRAYS = (
    "PROTO FRAME STOP MARK POP NONE NEWTRUE NEWFALSE MEMOIZE GLOBAL REDUCE BUILD BINPUT "
    "LONG_BINPUT BINGET LONG_BINGET BININT BININT1 BININT2 LONG1 STRING BINSTRING SHORT_BINSTRING "
    "BINBYTES SHORT_BINBYTES BINBYTES8 BINUNICODE SHORT_BINUNICODE UNICODE EMPTY_DICT SETITEM "
    "SETITEMS EMPTY_LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3"
)
INSTRUCTIONS = frozenset(ARRAYS.split())
MEMO = ("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET")
SPOILT = (
    pickle.UnpicklingError, ValueError, TypeError, AttributeError, EOFError, LookupError,
    OverflowError, MemoryError, RecursionError,
)  # fmt: skip


class Readable(Protocol):
    """An open file, or one inside another."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""


def read_up_to(file: Readable, size: int) -> bytes:
    """`size` bytes or as many as there are, without room for those that never come."""
    data = bytearray()
    while len(data) < size and (block := file.read(min(BLOCK, size - len(data)))):
        data += block
    return bytes(data)


def read_idx(path: Path, limit: int) -> Pictures:
    """The first `limit` pictures of MNIST's file, gzipped or not, (N, H, W, 1) uint8.

    Raises:
        InputError: no such file, or not an idx file of pictures, or one that is cut off.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            if not zipped:
                return _idx_pictures(file, path, limit)
            with gzip.open(file) as inside:
                return _idx_pictures(inside, path, limit)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} can't be read as an idx file: {error}") from error


def _idx_pictures(file: Readable, path: Path, limit: int) -> Pictures:
    head = file.read(HEADER.size)
    if len(head) < HEADER.size or HEADER.unpack(head)[0] != MAGIC:
        raise InputError(f"{path} is no idx file of pictures: it must begin with {MAGIC:#010x}")
    _, count, height, width = HEADER.unpack(head)
    if not count or not 1 <= height <= LARGEST_SIDE or not 1 <= width <= LARGEST_SIDE:
        raise InputError(
            f"{path} says it holds {count} pictures of {width}x{height}; the sides may be up to "
            f"{LARGEST_SIDE}"
        )
    return _array(file, (min(count, limit), height, width, 1), str(path))


def read_npz(path: Path, name: str, limit: int) -> NDArray[Any]:
    """The first `limit` pictures of an array in a file, (N, H, W) or (N, H, W, C) uint8.

    Raises:
        InputError: no such file or array, not pictures, or cut off.
    """
    try:
        with ZipFile(path) as file, file.open(f"{name}.npy") as array:
            version = npy.read_magic(array)
            if version not in NPY_HEADERS:
                raise ValueError(f"version {version}")
            shape, fortran, dtype = NPY_HEADERS[version](array)
            small = all(0 < length <= LARGEST_SIDE for length in shape[1:])
            if (
                dtype != np.uint8
                or fortran
                or len(shape) not in (3, 4)
                or not shape[0]
                or not small
            ):
                raise InputError(
                    f"{name} in {path} is {dtype} of the shape {shape}; pictures are uint8 in C "
                    f"order, (N, H, W) or (N, H, W, C), with sides of up to {LARGEST_SIDE}"
                )
            return _array(array, (min(shape[0], limit), *shape[1:]), f"{name} in {path}")
    except KeyError:
        raise InputError(f"{path} has no array {name}; {TRAIN} and {TEST} are needed") from None
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error, RuntimeError) as error:
        raise InputError(f"{path} can't be read as an .npz file: {error}") from error


def _array(file: Readable, shape: tuple[int, ...], what: str) -> Pictures:
    size = int(np.prod(shape, dtype=object))
    data = read_up_to(file, size)
    if len(data) < size:
        raise InputError(f"{what} is cut off: {len(data)} bytes of samples, not {size}")
    return np.frombuffer(data, np.uint8).reshape(shape)


class StoredType:
    """Stands in for `numpy.dtype`."""

    def __init__(self, *about: Any) -> None:
        self.name = about[0] if about else None

    def __setstate__(self, state: Any) -> None:
        """Byte order and fields say nothing of bytes."""


class StoredArray:
    """Stands in for an array: what the pickle says of one, believed in nothing."""

    def __init__(self, *_about: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Restricted(pickle.Unpickler):
    """Finds three names, and under them the stand-ins."""

    names: ClassVar[dict[tuple[str, str], Any]] = {
        ("numpy.core.multiarray", "_reconstruct"): StoredArray,
        ("numpy._core.multiarray", "_reconstruct"): StoredArray,
        ("numpy", "ndarray"): StoredArray,
        ("numpy", "dtype"): StoredType,
    }

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in of that name; UnpicklingError for any other name."""
        if (module, name) not in self.names:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")
        return self.names[module, name]


def read_pickle(path: Path, limit: int) -> Pictures:
    """The first `limit` pictures of CIFAR's file, (N, 32, 32, 3) uint8.

    Raises:
        InputError: no such file, a pickle that asks for more than arrays, or whose array isn't
            such pictures.
    """
    try:
        with path.open("rb") as file:
            data = read_up_to(file, MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} has more than {MAX_BYTES >> 20} MiB, too much for CIFAR's file")
    try:
        inspect(data)
        return pictures_of(Restricted(io.BytesIO(data), encoding="bytes").load())[:limit]
    except SPOILT as error:
        raise InputError(f"{path} can't be read as one of CIFAR's pickles: {error}") from error


def inspect(data: bytes) -> None:
    """Walk over the instructions; ValueError or UnpicklingError if one isn't for arrays."""
    for instruction, argument, place in pickletools.genops(data):
        name = instruction.name
        if name not in INSTRUCTIONS:
            raise ValueError(f"the instruction {name} at byte {place} has no place there")
        if name in MEMO and int(argument or 0) > MAX_MEMO:
            raise ValueError(f"the memo slot {argument} at byte {place} is out of proportion")
        if name == "GLOBAL" and tuple(str(argument).split(" ", 1)) not in Restricted.names:
            raise ValueError(f"it asks for {argument}, which no array needs")


def pictures_of(found: Any) -> Pictures:
    """The pictures in an unpickled dictionary; ValueError if there are none."""
    held = found if isinstance(found, dict) else {}
    array = held.get(b"data", held.get("data"))
    state = array.state if isinstance(array, StoredArray) else None
    if not isinstance(state, tuple) or len(state) != 5:
        raise ValueError("it holds no array called data")
    _version, shape, kind, fortran, raw = state
    name = kind.name if isinstance(kind, StoredType) else None
    if name not in (b"u1", "u1") or fortran or type(raw) is not bytes:
        raise ValueError(f"its data is of the type {name!r}, not bytes in C order")
    if not raw or len(raw) % PLANES or shape != (len(raw) // PLANES, PLANES):
        raise ValueError(f"its data is {len(raw)} bytes of the shape {shape!r}, not (N, {PLANES})")
    planes = np.frombuffer(raw, np.uint8).reshape(-1, CHANNELS, SIDE, SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))  # NCHW -> NHWC
