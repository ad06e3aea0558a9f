"""What is repeated is found, with its period, and what is merely like itself is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", exc_type=ImportError)

from tools.structure_tiles import (
    TILE,
    Tile,
    autocorrelation,
    detail_of,
    find_named,
    pick,
    second_peak,
)

from pictures import photograph

ROWS, COLUMNS = np.mgrid[:TILE, :TILE]


def peak_of(mask: np.ndarray) -> tuple[float, float]:
    tile = np.repeat(np.where(mask, 200, 30)[..., None], 3, axis=2).astype(np.uint8)
    return second_peak(autocorrelation(detail_of(tile)))


def test_windows_of_a_house_are_repeated() -> None:
    height, period = peak_of((ROWS % 30 < 8) & (COLUMNS % 40 < 10))
    assert height > 0.95
    assert period == 30


@pytest.mark.parametrize(
    "mask",
    [ROWS > 0.7 * COLUMNS + 40, (ROWS > 200) & (COLUMNS > 190)],
    ids=["an edge", "a thing in a corner"],
)
def test_single_things_are_not(mask: np.ndarray) -> None:
    assert peak_of(mask)[0] < 0.3


def test_a_picture_gives_one_tile_at_most(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    Image.fromarray(photograph(300, 520)).save(tmp_path / "set" / "a.png")
    chosen = pick(find_named([tmp_path / "set"]))
    assert [(type(tile), tile.picture, tile.kind) for tile in chosen] == [
        (Tile, "set/a.png", "repeated")
    ]
