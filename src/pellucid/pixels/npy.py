"""NumPy's .npy files: any type and any number of channels, where picture formats end."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.atomic import temporary_for
from pellucid.pixels.flat import FlatSink, FlatSource
from pellucid.pixels.lazy import parts_of

NPY = ".npy"
BLOCK = 1 << 20


def is_npy(path: object) -> bool:
    """Whether `path` is one, and of such a file."""
    return isinstance(path, str | os.PathLike) and Path(path).suffix.lower() == NPY


def read_npy(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The array in a file, mapped and not loaded; raises InputError."""
    try:
        with open(path, "rb") as file:
            if file.read(2) == b"PK":
                raise InputError(
                    f"{path} is an archive, as of several arrays; give one array, as numpy.save "
                    "writes it"
                )
            file.seek(0)
            return mapped(file, path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except InputError:
        raise
    except Exception as error:  # headers that make no sense raise anything
        raise InputError(f"{path} can't be read as an array: {error}") from error


def mapped(file: BinaryIO, path: str | os.PathLike[str]) -> NDArray[Any]:
    """The array behind a header, which is believed only if the file is long enough."""
    start, shape, dtype, order = layout_of(file, path)
    if math.prod(shape) == 0 or dtype.itemsize == 0:
        return np.empty(shape, dtype, order)
    return np.memmap(path, dtype, "r", start, shape, order).view(np.ndarray)


def layout_of(
    file: BinaryIO, path: str | os.PathLike[str]
) -> tuple[int, tuple[int, ...], np.dtype[Any], Literal["F", "C"]]:
    """Where the samples begin, shape, type and order; InputError if they can't all be there."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    if dtype.hasobject or not all(type(side) is int and side >= 0 for side in shape):
        raise InputError(f"{path} can't be read as an array: {dtype} of the shape {shape}")
    start = file.tell()
    if os.fstat(file.fileno()).st_size - start < math.prod(shape) * dtype.itemsize:
        raise InputError(f"{path} can't be read as an array: it is cut off")
    return start, shape, dtype, "F" if fortran_order else "C"


def npy_source(path: str | os.PathLike[str]) -> FlatSource | None:
    """A file's samples to be read in parts; None where they are no picture or in another order."""
    read_npy(path)  # says what is wrong with it
    with open(path, "rb") as file:
        start, shape, dtype, order = layout_of(file, path)
    if len(shape) not in (2, 3) or order == "F" or dtype.itemsize == 0:
        return None
    height, width, channels = (*shape, 1)[:3]
    return FlatSource(path, start, (height, width, channels), dtype)


def write_npy(path: str | os.PathLike[str], samples: NDArray[Any], *, force: bool = False) -> None:
    """Write an array whole or not at all; raises OutputError."""
    shape = samples.shape
    with npy_output(path, shape, samples.dtype, force=force) as out:
        if samples.ndim in (2, 3):
            whole = samples[..., None] if samples.ndim == 2 else samples
            for rows, columns in parts_of(shape):
                out[rows, columns] = whole[rows, columns]
        else:
            flat = samples.reshape(1, -1, 1)
            out[0:1, 0 : flat.shape[1]] = flat


@contextmanager
def npy_output(
    path: str | os.PathLike[str],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    force: bool = False,
) -> Iterator[FlatSink]:
    """A file to be filled in part by part; it has its name when the block ends, or never.

    Of other shapes than (H, W) and (H, W, C) the parts are those of one row. Raises OutputError.
    """
    with temporary_for(path, force=force) as temporary:
        with temporary.open("xb") as file:
            about = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, about)
            start = file.tell()
            reserve(file, math.prod(shape) * dtype.itemsize)
        picture = shape if len(shape) in (2, 3) else (1, math.prod(shape))
        out = FlatSink(temporary, start, picture, dtype)
        try:
            yield out
        finally:
            out.close()


def reserve(file: BinaryIO, size: int) -> None:
    """Take `size` bytes of the disk now, so that a full one is known before the work."""
    start = file.tell()
    if hasattr(os, "posix_fallocate") and size:
        file.flush()
        os.posix_fallocate(file.fileno(), start, size)
        return
    for place in range(0, size, BLOCK):
        file.write(bytes(min(BLOCK, size - place)))
