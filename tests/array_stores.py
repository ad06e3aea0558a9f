"""What the tests of codecs for array stores share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SRC = Path(__file__).resolve().parents[1] / "src"
ENTRY_POINTS = """[zarr.codecs]
pellucid = pellucid.plugins.zarr:PellucidCodec

[numcodecs.codecs]
pellucid = pellucid.plugins.numcodecs:Pellucid
"""


def stack(
    shape: tuple[int, ...] = (2, 40, 50), dtype: str = "uint16", seed: int = 0
) -> NDArray[Any]:
    """A walk along the last axis, of a type, with some noise."""
    steps = np.random.default_rng(seed).normal(0, 2, shape)
    return (np.cumsum(steps, axis=-1) + 100).astype(dtype)


def farthest(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def in_fresh_process(code: str, folder: Path) -> str:
    """What code prints where pellucid is installed and has not been imported."""
    about = folder / "codecs-0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: codecs\nVersion: 0\n", "utf-8")
    (about / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    path = os.pathsep.join([str(SRC), str(folder)])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
