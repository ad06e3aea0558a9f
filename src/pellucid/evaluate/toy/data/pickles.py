"""CIFAR's "python version": pickles of a dictionary whose b"data" is an array, one picture a row.

A pickle is a program. This reader runs none of it blindly: it first walks over the instructions
without carrying any out, and refuses a file with one that such a pickle has no use for, with a
global other than NumPy's three for an array, or with a memo slot out of proportion. What is left is
loaded with stand-ins for those three, so that not even NumPy's own unpickling runs; the bytes of
the array are taken from the stand-in and checked. Source of the format: Krizhevsky, "Learning
multiple layers of features from tiny images", 2009.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate.toy.data.base import Pictures, read_up_to

SIDE, CHANNELS = 32, 3
ROW = SIDE * SIDE * CHANNELS
MAX_BYTES = 256 << 20  # CIFAR-100's training file has 155 MB
MAX_MEMO = 1 << 20
KEYS = (b"data", "data")
INSTRUCTIONS = frozenset(
    [
        "PROTO",
        "FRAME",
        "STOP",
        "MARK",
        "POP",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "MEMOIZE",
        "GLOBAL",
        "REDUCE",
        "BUILD",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "UNICODE",
        "EMPTY_DICT",
        "SETITEM",
        "SETITEMS",
        "EMPTY_LIST",
        "APPEND",
        "APPENDS",
        "EMPTY_TUPLE",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
    ]
)
MEMO = ("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET")
SPOILT = (
    pickle.UnpicklingError, ValueError, TypeError, AttributeError, EOFError, LookupError,
    OverflowError, MemoryError, RecursionError,
)  # fmt: skip


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
    """The first `limit` pictures of a file, (N, 32, 32, 3) uint8.

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
        found = Restricted(io.BytesIO(data), encoding="bytes").load()
        return pictures_of(found)[:limit]
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
    arrays = [found[key] for key in KEYS if isinstance(found, dict) and key in found]
    state = arrays[0].state if arrays and isinstance(arrays[0], StoredArray) else None
    if not isinstance(state, tuple) or len(state) != 5:
        raise ValueError("it holds no array called data")
    _version, shape, kind, fortran, raw = state
    name = kind.name if isinstance(kind, StoredType) else None
    if name not in (b"u1", "u1") or fortran or type(raw) is not bytes:
        raise ValueError(f"its data is of the type {name!r}, not bytes in C order")
    if (
        not isinstance(shape, tuple)
        or len(shape) != 2
        or not all(type(side) is int and side > 0 for side in shape)
        or shape[1] != ROW
        or math.prod(shape) != len(raw)
    ):
        raise ValueError(f"its data is {len(raw)} bytes of the shape {shape!r}, not (N, {ROW})")
    planes = np.frombuffer(raw, np.uint8).reshape(-1, CHANNELS, SIDE, SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))  # NCHW -> NHWC
