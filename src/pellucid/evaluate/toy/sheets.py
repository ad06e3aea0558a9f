"""Small pictures side by side in one, so that a file's header is shared by a hundred."""

from __future__ import annotations

import numpy as np

from pellucid.evaluate.toy.data import Pictures

ACROSS, DOWN = 10, 10


def to_sheet(pictures: Pictures) -> Pictures:
    """(N, H, W, C) to one (rows * H, columns * W, C); N is below 10, or a multiple of 10."""
    count, height, width, channels = pictures.shape
    columns = min(ACROSS, count)
    grid = pictures.reshape(count // columns, columns, height, width, channels)
    rows = grid.transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(rows.reshape(-1, columns * width, channels))


def from_sheet(sheet: Pictures, height: int, width: int) -> Pictures:
    """The pictures of a sheet, (N, H, W, C)."""
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    grid = sheet.reshape(rows, height, columns, width, sheet.shape[2])
    return grid.transpose(0, 2, 1, 3, 4).reshape(-1, height, width, sheet.shape[2])
