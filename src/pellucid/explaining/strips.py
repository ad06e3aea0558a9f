"""What if: the same detail at several qualities or strengths, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 192  # samples of a detail, each way
CELL = 32  # of the grid on which the liveliest place is looked for


@dataclass(frozen=True)
class Strip:
    """One setting: its name, the detail (h, w, C), and what it costs or does in words."""

    setting: float
    picture: NDArray[Any]
    caption: str


def detail_of(picture: NDArray[Any]) -> tuple[int, int, int, int]:
    """x, y, width and height of the liveliest part of (H, W, C): where neighbours differ most."""
    height, width = picture.shape[:2]
    step = max(1, min(height, width) // 1500)  # of a large picture every so many samples say enough
    some = picture[::step, ::step].mean(axis=2, dtype=np.float32)
    some = np.nan_to_num(some, posinf=0, neginf=0)
    change = np.zeros(some.shape, np.float32)
    change[:, 1:] += np.abs(np.diff(some, axis=1))
    change[1:] += np.abs(np.diff(some, axis=0))

    def lively(place: tuple[int, int]) -> float:
        rows, columns = (slice(at // step, (at + SIDE) // step) for at in place)
        return float(change[rows, columns].mean())

    down, right = (range(0, max(1, size - SIDE + 1), CELL) for size in (height, width))
    y, x = max(((y, x) for y in down for x in right), key=lively)
    return x, y, min(SIDE, width - x), min(SIDE, height - y)
