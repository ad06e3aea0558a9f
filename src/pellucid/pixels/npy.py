"""NumPy's .npy files: any type and any number of channels, where picture formats end."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.atomic import write_atomic

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
    return array


def write_npy(path: str | os.PathLike[str], samples: NDArray[Any], *, force: bool = False) -> None:
    """Write an array whole or not at all; raises OutputError."""
    data = io.BytesIO()
    np.save(data, samples, allow_pickle=False)
    write_atomic(path, data.getvalue(), force=force)
