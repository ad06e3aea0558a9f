"""Samples as FFmpeg names and turns them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from pellucid.video.clip import pyav

DEPTHS = (8, 9, 10, 12, 14, 16)
MATRIX = "DISPLAYMATRIX"


def form_of(depth: int, *, grey: bool) -> str:
    """FFmpeg's name of grey or RGB samples of so many bits."""
    if depth == DEPTHS[0]:
        return "gray" if grey else "rgb24"
    return f"gray{depth}le" if grey else f"gbrp{depth}le"


def exactly() -> int:
    """How colours are converted: less exactly, brightness is off by half a level."""
    kinds = pyav().video.reformatter.Interpolation
    return int(kinds.BICUBIC | kinds.ACCURATE_RND | kinds.FULL_CHR_H_INT | kinds.FULL_CHR_H_INP)


def matrix_of(frame: Any) -> tuple[int, ...] | None:
    """How a viewer is to turn it."""
    for data in frame.side_data:
        if data.type.name == MATRIX:
            with suppress(ValueError):
                return tuple(np.frombuffer(bytes(data), "<i4")[:9].tolist())
    return None
