"""One picture through a model: what came out, what was true, and what scales the interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate.pictures import load_pixels

Task = Literal["denoise", "decode"]
STEPS: dict[Task, tuple[float, ...]] = {
    "denoise": (3, 8, 15, 25, 40, 60),  # sigma, of 255
    "decode": tuple(range(0, 101, 10)),  # quality
}


@dataclass(frozen=True)
class Trial:
    """`result` and `truth` (H, W, C) of 0-255; what `half_widths` is told beside the result."""

    result: NDArray[np.float32]
    truth: NDArray[np.float32]
    sigma: float
    level: float


def trial(picture: NDArray[np.uint8], task: Task, step: float, model: str, seed: int) -> Trial:
    """Denoise a picture with added noise of sigma `step`, or code it at quality `step`."""
    import pellucid

    truth = picture.astype(np.float32)
    result: NDArray[Any]
    if task == "decode":
        data = pellucid.compress(picture, quality=int(step), model=model)
        result = pellucid.decompress(data)
        return Trial(np.atleast_3d(result).astype(np.float32), truth, 1.0, step)
    noise = np.random.default_rng(seed).normal(0, step, truth.shape)
    noisy = (truth + noise).astype(np.float32)
    result = pellucid.denoise(noisy, sigma=float(step), model=model)
    return Trial(result, truth, float(step), 0.0)


def trials(
    pictures: list[Path],
    task: Task,
    step: float,
    model: str,
    *,
    side: int | None = None,
    grey: bool = False,
) -> Iterator[tuple[str, Trial]]:
    """Name and trial of each picture, or of the square of `side` in its middle.

    Grey pictures have one channel; with `grey` all are made so.
    """
    for number, path in enumerate(pictures):
        picture = load_pixels(path, grey=grey)
        if side is not None:
            top, left = (max(0, (size - side) // 2) for size in picture.shape[:2])
            picture = np.ascontiguousarray(picture[top : top + side, left : left + side])
        yield path.stem, trial(picture, task, step, model, number)
