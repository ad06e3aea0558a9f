"""NumPy's .npy files: any type and any number of channels, where picture formats end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.atomic import temporary_for

NPY = ".npy"


def is_npy(path: object) -> bool:
    """Whether `path` is one, and of such a file."""
    return isinstance(path, str | os.PathLike) and Path(path).suffix.lower() == NPY


def read_npy(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The array in a file, mapped and not loaded; raises InputError."""
    try:
        array: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} can't be read as an array: {error}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise InputError(f"{path} holds several arrays; give one, as numpy.save writes it")
    return array.view(np.ndarray)


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
        out = np.lib.format.open_memmap(temporary, "w+", dtype, shape)
        yield out
        out.flush()
