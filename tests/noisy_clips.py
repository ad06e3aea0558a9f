"""Clips for tests: a photograph that stands still or moves, and noise."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = (48, 64)
STEP = (1.3, 0.7)  # samples a frame, to the right and down


@cache
def photograph() -> NDArray[np.float32]:
    with Image.open(str(files("pellucid") / "samples" / "chelsea.png")) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


def view(size: tuple[int, int], right: float = 0.0, down: float = 0.0) -> NDArray[np.uint8]:
    """A part of the photograph (H, W, 3), by fractions of a sample."""
    matrix = np.array([[1, 0, 60 + right], [0, 1, 40 + down]], np.float64)
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(
        photograph(), matrix, size[::-1], flags=how, borderMode=cv2.BORDER_REFLECT
    )
    return np.clip(np.rint(drawn), 0, 255).astype(np.uint8)


def still(frames: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """(T, H, W, 3): the same picture."""
    return np.repeat(view(size)[None], frames, axis=0)


def moving(frames: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """(T, H, W, 3): a pan."""
    return np.stack([view(size, *(n * step for step in STEP)) for n in range(frames)])


def passing(frames: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """(T, H, W, 3): a bright square moves over what stands still."""
    clip = still(frames, size)
    side = size[0] // 4
    for number, frame in enumerate(clip):
        left = 4 * number
        frame[side : 2 * side, left : left + side] = 240
    return clip


def noisy(clip: NDArray[np.uint8], sigma: float, seed: int = 0) -> NDArray[np.uint8]:
    """With white noise, clipped and rounded."""
    shown = clip + np.random.default_rng(seed).normal(0, sigma, clip.shape)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def psnr(found: NDArray[Any], clean: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((found.astype(float) - clean) ** 2)))
