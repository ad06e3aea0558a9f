"""NumPy's .npy files: any type and any number of channels, where picture formats end."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

import numpy as np

from pellucid.errors import InputError
from pellucid.pixels.atomic import temporary_for
from pellucid.pixels.flat import FlatSink, FlatSource
from pellucid.pixels.formats.format import Format
from pellucid.pixels.formats.input import Input
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Source, check_size

NPY = ".npy"
MAGIC = b"\x93NUMPY"
BLOCK = 1 << 20


def layout_of(
    file: BinaryIO, path: str
) -> tuple[int, tuple[int, ...], np.dtype[Any], Literal["F", "C"]]:
    """Where the samples begin, shape, type and order; InputError if they can't all be there."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    if (
        dtype.hasobject
        or not dtype.itemsize
        or not all(type(side) is int and side >= 0 for side in shape)
    ):
        raise InputError(f"{path} can't be read as an array: {dtype} of the shape {shape}")
    start = file.tell()
    length = file.seek(0, os.SEEK_END) - start
    if length < math.prod(shape) * dtype.itemsize:
        raise InputError(f"{path} can't be read as an array: it is cut off")
    return start, shape, dtype, "F" if fortran_order else "C"


@contextmanager
def open_npy(source: Input, max_pixels: int) -> Iterator[tuple[Source, ImageInfo]]:
    """The array in a file as samples (H, W, C), read in parts unless it is in column order."""
    name = source.name
    with source.open() as file:
        try:
            if file.read(2) == b"PK":
                raise InputError(
                    f"{name} is an archive, as of several arrays; give one array, as numpy.save "
                    "writes it"
                )
            file.seek(0)
            start, stored, dtype, order = layout_of(file, name)
        except InputError:
            raise
        except Exception as error:  # headers that make no sense raise anything
            raise InputError(f"{name} can't be read as an array: {error}") from error
        shape = (*stored, 1) if len(stored) == 2 else stored
        check_size(name, shape, max_pixels)
        height, width, channels = shape
        info = ImageInfo(width, height, channels, 8 * dtype.itemsize, flat=len(stored) == 2)
        samples: Source = FlatSource(file, name, start, (height, width, channels), dtype)
        if order == "F":
            file.seek(start)
            data = np.frombuffer(file.read(math.prod(shape) * dtype.itemsize), dtype)
            samples = data.reshape(shape, order="F").astype(dtype.newbyteorder("="), copy=False)
        yield samples, info


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


FORMAT = Format(
    "NumPy", lambda source: source.suffix == NPY or source.head.startswith(MAGIC), open_npy
)
