"""What if: the same detail at several qualities or strengths, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def strip(
    detail: NDArray[Any],
    settings: Sequence[float],
    make: Callable[[NDArray[Any], float], tuple[NDArray[Any], str]],
) -> list[Strip]:
    """The detail as `make` gives it at each setting: a picture and its caption."""
    return [Strip(setting, *make(detail, setting)) for setting in settings]


def detail_of(picture: NDArray[Any], *, side: int = SIDE) -> tuple[int, int, int, int]:
    """x, y, width and height of the liveliest part of (H, W, C): where neighbours differ most."""
    height, width = picture.shape[:2]
    step = max(1, min(height, width) // 1500)  # of a large picture every so many samples say enough
    some = picture[::step, ::step].mean(axis=2, dtype=np.float32)
    some = np.nan_to_num(some, posinf=0, neginf=0)
    change = np.zeros(some.shape, np.float32)
    change[:, 1:] += np.abs(np.diff(some, axis=1))
    change[1:] += np.abs(np.diff(some, axis=0))
    best = (-1.0, 0, 0)
    for y in range(0, max(1, height - side + 1), CELL):
        for x in range(0, max(1, width - side + 1), CELL):
            rows = slice(y // step, (y + side) // step)
            part = change[rows, x // step : (x + side) // step]
            best = max(best, (float(part.mean()), -y, -x))
    x, y = -best[2], -best[1]
    return x, y, min(side, width - x), min(side, height - y)
