"""NumPy's .npy files: any type and any number of channels, where picture formats end."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.atomic import temporary_for

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
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    if dtype.hasobject or not all(type(side) is int and side >= 0 for side in shape):
        raise InputError(f"{path} can't be read as an array: {dtype} of the shape {shape}")
    start = file.tell()
    size = math.prod(shape) * dtype.itemsize
    if os.fstat(file.fileno()).st_size - start < size:
        raise InputError(f"{path} can't be read as an array: it is cut off")
    order: Literal["F", "C"] = "F" if fortran_order else "C"
    if size == 0:
        return np.empty(shape, dtype, order)
    return np.memmap(path, dtype, "r", start, shape, order).view(np.ndarray)


def write_npy(path: str | os.PathLike[str], samples: NDArray[Any], *, force: bool = False) -> None:
    """Write an array whole or not at all; raises OutputError."""
    with npy_output(path, samples.shape, samples.dtype, force=force) as out:
        out[...] = samples


@contextmanager
def npy_output(
    path: str | os.PathLike[str],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    force: bool = False,
) -> Iterator[NDArray[Any]]:
    """An array on disk to fill in; the file has its name when the block ends, or never.

    Raises OutputError. The samples needn't fit into memory.
    """
    with temporary_for(path, force=force) as temporary:
        with temporary.open("xb") as file:
            about = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, about)
            reserve(file, math.prod(shape) * dtype.itemsize)
        out = np.load(temporary, mmap_mode="r+")
        yield out
        out.flush()
        with suppress(BufferError):  # somebody still looks at it
            out._mmap.close()


def reserve(file: BinaryIO, size: int) -> None:
    """Take `size` bytes of the disk now: a map that can't be written ends the process."""
    start = file.tell()
    if hasattr(os, "posix_fallocate") and size:
        file.flush()
        os.posix_fallocate(file.fileno(), start, size)
        return
    for place in range(0, size, BLOCK):
        file.write(bytes(min(BLOCK, size - place)))
