"""Which pictures results are reported on, by the SHA-256 of their RGB samples (`test_sets.txt`).

Neither training nor the calibration of intervals may use them; another file format or name doesn't
hide them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray


def sample_hash(rgb: NDArray[np.uint8]) -> str:
    """SHA-256 of the shape and the RGB samples of (H, W, 3)."""
    return hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).hexdigest()


@cache
def test_set_hashes() -> dict[str, str]:
    """Hash -> name of the pictures that results are reported on."""
    text = resources.files("pellucid.evaluate").joinpath("test_sets.txt").read_text("ascii")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
