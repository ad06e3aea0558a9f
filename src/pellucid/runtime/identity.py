"""A model's id: the hash of everything that decides bits, and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ID_BYTES = 16


def model_id(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """First 16 bytes of SHA-256 over the arrays of `entropy.npz` (`docs/format.md` section 5)."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        shape = ",".join(map(str, arrays[name].shape))
        for part in (name, array.dtype.str, shape):
            digest.update(part.encode("ascii") + b"\0")
        digest.update(array.tobytes())
    return digest.digest()[:ID_BYTES]


def network_id(data: bytes) -> bytes:
    """First 16 bytes of SHA-256 over an ONNX file: the id of a model that is one network."""
    return hashlib.sha256(data).digest()[:ID_BYTES]
