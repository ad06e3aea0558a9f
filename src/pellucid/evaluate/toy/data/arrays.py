"""NumPy's .npz with `x_train` and `x_test`, as `keras.datasets.mnist` keeps it.

As in `idx.py` no size is believed, and only as many pictures are read as were asked for.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.evaluate.toy.data.base import LARGEST_SIDE, read_up_to

TRAIN, TEST = "x_train", "x_test"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(path: Path, name: str, limit: int) -> NDArray[Any]:
    """The first `limit` pictures of an array in a file, (N, H, W) or (N, H, W, C) uint8.

    Raises:
        InputError: no such file or array, not pictures, or cut off.
    """
    try:
        with ZipFile(path) as file, file.open(f"{name}.npy") as array:
            version = npy.read_magic(array)
            if version not in _HEADERS:
                raise ValueError(f"version {version}")
            shape, fortran, dtype = _HEADERS[version](array)
            if dtype != np.uint8 or fortran or len(shape) not in (3, 4) or not _small(shape):
                raise InputError(
                    f"{name} in {path} is {dtype} of the shape {shape}; pictures are uint8 in C "
                    f"order, (N, H, W) or (N, H, W, C), with sides of up to {LARGEST_SIDE}"
                )
            count = min(shape[0], limit)
            size = count * int(np.prod(shape[1:]))
            data = read_up_to(array, size)  # type: ignore[arg-type]  # a ZipExtFile reads
    except KeyError:
        raise InputError(f"{path} has no array {name}; {TRAIN} and {TEST} are needed") from None
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error, RuntimeError) as error:
        raise InputError(f"{path} can't be read as an .npz file: {error}") from error
    if len(data) < size:
        raise InputError(f"{path} is cut off: {len(data)} bytes of {name}, not {size}")
    return np.frombuffer(data, np.uint8).reshape(count, *shape[1:])


def _small(shape: tuple[int, ...]) -> bool:
    """Whether the sides and channels are those of small pictures."""
    return shape[0] > 0 and all(0 < length <= LARGEST_SIDE for length in shape[1:])
