"""NumPy's .npy files: any type and any number of channels, where picture formats end."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from pellucid.errors import InputError, refusing
from pellucid.pixels.atomic import new_file
from pellucid.pixels.flat import FlatSink, FlatSource
from pellucid.pixels.formats.format import Format, Output, Writer
from pellucid.pixels.formats.input import Input
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Sink, Source, check_size

NPY = ".npy"
_MAGIC = b"\x93NUMPY"
_BLOCK = 1 << 20


@contextmanager
def open_npy(source: Input, max_pixels: int) -> Iterator[tuple[Source, ImageInfo]]:
    """The array in a file as samples (H, W, C), read in parts unless it is in column order."""
    name = source.name
    with source.open() as file:
        if source.head.startswith(b"PK"):
            raise InputError(
                f"{name} is an archive, as of several arrays; give one array, as numpy.save "
                "writes it"
            )
        with refusing(f"{name} can't be read as an array"):
            stored, by_columns, dtype = _header_of(file)
        shape = (*stored, 1) if len(stored) == 2 else stored
        check_size(name, shape, max_pixels)
        height, width, channels = shape
        samples: Source = FlatSource(file, name, file.tell(), (height, width, channels), dtype)
        if by_columns:
            data = np.frombuffer(file.read(math.prod(shape) * dtype.itemsize), dtype)
            samples = data.reshape(shape, order="F").astype(dtype.newbyteorder("="), copy=False)
        yield samples, replace(ImageInfo.of(samples), flat=len(stored) == 2)


def _header_of(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns lie together, and type; `file` is at its samples then.

    Raises ValueError, and what NumPy does, if they can't all be there.
    """
    read = np.lib.format.read_array_header_1_0
    if np.lib.format.read_magic(file) != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    sound = all(type(side) is int and side >= 0 for side in shape)
    if dtype.hasobject or not dtype.itemsize or not sound:
        raise ValueError(f"{dtype} of the shape {shape}")
    start = file.tell()
    if file.seek(0, os.SEEK_END) - start < math.prod(shape) * dtype.itemsize:
        raise ValueError("it is cut off")
    file.seek(start)
    return shape, by_columns, dtype


@contextmanager
def npy_output(out: Output) -> Iterator[Sink]:
    """A file to be filled in by parts, of two dimensions if `info` says `flat`.

    Raises OutputError.
    """
    shape = out.shape[:2] if out.info.flat else out.shape
    with new_file(out.path, force=out.force) as file:
        about = {"descr": out.dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, about)
        start = file.tell()
        _reserve(file, math.prod(shape) * out.dtype.itemsize)
        yield FlatSink(file, start, shape, out.dtype)


def _reserve(file: BinaryIO, size: int) -> None:
    """Take `size` bytes of the disk now, so that a full one is known before the work."""
    start = file.tell()
    if hasattr(os, "posix_fallocate") and size:
        file.flush()
        os.posix_fallocate(file.fileno(), start, size)
        return
    for place in range(0, size, _BLOCK):
        file.write(bytes(min(_BLOCK, size - place)))


FORMAT = Format(
    "NumPy",
    lambda source: source.suffix == NPY or source.head.startswith(_MAGIC),
    open_npy,
    in_parts=True,
)
WRITER = Writer((NPY,), npy_output, stacks=True, metadata=())
