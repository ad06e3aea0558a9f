"""The fingerprint of a picture's integer latents: equal on every machine, or something is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from pellucid.codec.latents import TileLatents


def latents_sha256(tiles: Iterable[TileLatents], alpha: Iterable[NDArray[Any]] = ()) -> str:
    """SHA-256 over all tiles in order of z as i16 and y as i32, and then over the samples of the
    tiles of alpha (`docs/format.md` section 8).
    """
    digest = hashlib.sha256()
    for tile in tiles:
        digest.update(tile.z.astype("<i2").tobytes())
        digest.update(tile.y.astype("<i4").tobytes())
    for plane in alpha:
        digest.update(plane.astype(plane.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
