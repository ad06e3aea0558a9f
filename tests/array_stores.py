"""What the tests of codecs for array stores share."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray


def stack(
    shape: tuple[int, ...] = (2, 40, 50), dtype: str = "uint16", seed: int = 0
) -> NDArray[Any]:
    """A walk along the last axis, of a type, with some noise."""
    steps = np.random.default_rng(seed).normal(0, 2, shape)
    return (np.cumsum(steps, axis=-1) + 100).astype(dtype)


def farthest(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def in_fresh_process(code: str) -> str:
    """What code prints where pellucid is installed and has not been imported."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
