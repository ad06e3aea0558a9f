"""The samples of a tile as they lie in a file that neither predicts nor deflates them, and back."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DamagedFileError
from pellucid.exact.kind import TileKind

Samples = NDArray[Any]  # (h, w, planes) of uint8, uint16 or int16


def raw_bytes(samples: Samples, kind: TileKind) -> bytes:
    """Plane by plane, each in the type of its own picture."""
    planes = samples.transpose(2, 0, 1)
    return b"".join(planes[part].astype(dtype).tobytes() for part, dtype in kind.parts)


def raw_samples(body: bytes | memoryview, kind: TileKind) -> Samples:
    """Samples (h, w, planes) that are stored plane by plane, widened if they are a pair's."""
    start, found = 0, []
    for part, dtype in kind.parts:
        count = (part.stop - part.start) * kind.height * kind.width
        planes = np.frombuffer(body, dtype, count, start)
        found.append(planes.reshape(-1, kind.height, kind.width).astype(kind.dtype, copy=False))
        start += planes.nbytes
    joined = found[0] if len(found) == 1 else np.concatenate(found)
    return joined.transpose(1, 2, 0)


def inflate(body: bytes, size: int) -> bytes:
    """`size` bytes out of a zlib stream, of which no more than that is ever made."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(body, size + 1)
    except zlib.error as error:
        raise DamagedFileError(f"a tile's deflated samples are damaged: {error}") from error
    if not stream.eof or stream.unused_data:
        raise DamagedFileError("a tile's deflated samples are cut off or too many")
    return data
