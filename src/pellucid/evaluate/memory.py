"""Peak memory of one piece of work, in a fresh process that does nothing else.

A process that has coded other pictures before can't tell what one of them took, so every
measurement has a process of its own. On Linux the peak that a process reports outlives `exec`: a
child of a big process begins with its parent's. So a shell stands between, which is small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import PellucidError
from pellucid.evaluate.peers.base import Rgb

# A shell that forks: without the `exit` it would become the command instead of starting it.
SMALL_PARENT = ("sh", "-c", '"$@"; exit $?', "sh")
CHILD = "pellucid.evaluate.memory_child"


@dataclass(frozen=True, slots=True)
class Work:
    """What a fresh process measured.

    `seconds` are those of each run; `peak_mb` is its largest resident memory, in millions of bytes,
    with Python and all libraries, and `base_mb` what that was before the work. `size` is the number
    of bytes of the file that was made or read, 0 without one.
    """

    seconds: tuple[float, ...]
    peak_mb: float
    base_mb: float
    size: int = 0


def can_measure() -> bool:
    """Whether this system says how much memory a process took: not Windows."""
    return sys.platform != "win32"


def measure_work(order: Mapping[str, Any]) -> Work:
    """Run one order of `memory_child` in a process of its own.

    Raises:
        PellucidError: this system can't tell, or the process failed; says why.
    """
    if not can_measure():
        raise PellucidError("peak memory can't be measured on this system")
    command = [*SMALL_PARENT, sys.executable, "-m", CHILD, json.dumps(order)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=_environment()
        )
    except OSError as error:
        raise PellucidError(f"can't start a process to measure memory: {error}") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise PellucidError(f"measuring {order['work']} by {order['name']} failed: {said}")
    found = json.loads(done.stdout)
    return Work(tuple(found["seconds"]), found["peak_mb"], found["base_mb"], found["size"])


def _environment() -> dict[str, str]:
    """This process's, with the folder that this very package was imported from."""
    root = str(Path(__file__).resolve().parents[2])
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, others] if others else [root])}


def peaks_of_codec(
    name: str, setting: float, rgb: Rgb, *, threads: int, folder: Path
) -> tuple[float, float]:
    """Peak of coding and of decoding one picture, in millions of bytes.

    Args:
        name: of an adapter in `peers`.
        setting: of that codec.
        rgb: HxWx3 uint8.
        threads: for the codec.
        folder: for the files in between.

    Raises:
        PellucidError: as `measure_work`.
    """
    picture, file = folder / "picture.npy", folder / f"{name}.coded"
    np.save(picture, rgb)
    order = {"name": name, "setting": setting, "threads": threads, "file": str(file)}
    encode = measure_work({**order, "work": "compress", "picture": str(picture)})
    decode = measure_work({**order, "work": "decompress"})
    return encode.peak_mb, decode.peak_mb


def peak_of_denoiser(
    name: str, sigma: float, noisy: np.ndarray[Any, Any], *, threads: int, folder: Path
) -> float:
    """Peak of denoising (H, W, C) samples, in millions of bytes; arguments as above."""
    picture = folder / "noisy.npy"
    np.save(picture, noisy)
    order = {"name": name, "sigma": sigma, "threads": threads, "picture": str(picture)}
    return measure_work({**order, "work": "denoise"}).peak_mb
