"""No seams: a photograph is as good at the borders of its tiles as anywhere else."""

from __future__ import annotations

import numpy as np
import pytest

from coded import coded, decoded
from pellucid.runtime import CodecModel
from pellucid.runtime.store import PACKAGED
from shipped import CODECS

BAND = 8  # samples on each side of a border
LOG2, SIDE = 7, 128
MOST = 0.1  # dB


@pytest.fixture(scope="module", params=CODECS)
def model(request: pytest.FixtureRequest) -> CodecModel:
    return CodecModel(PACKAGED / request.param, threads=1)


def errors(
    photo: np.ndarray, model: CodecModel, quality: int, tile_log2: int | None = None
) -> np.ndarray:
    """Squared error of each pixel (H, W)."""
    made = coded(photo, model, quality, tile_log2=tile_log2)
    back = decoded(made.header, made.latents.__getitem__, model)
    return np.square(photo.astype(np.float64) - back).mean(axis=2)


def decibels(error: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / error.mean()))


def near_borders(shape: tuple[int, ...]) -> np.ndarray:
    """(H, W): pixels at most BAND from a border between tiles."""
    near = []
    for side in shape:
        places = np.arange(side) % SIDE
        inside = (np.arange(side) >= BAND) & (np.arange(side) < side - BAND)
        near.append(((places < BAND) | (places >= SIDE - BAND)) & inside)
    return np.asarray(near[0][:, None] | near[1][None])


@pytest.mark.parametrize("quality", [30, 70])
def test_borders_of_tiles_are_like_the_rest(
    model: CodecModel, quality: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pytest.importorskip("skimage.data")
    photo = np.ascontiguousarray(data.astronaut())  # 16 tiles of 128 x 128
    whole = errors(photo, model, quality)
    for module in ("compress", "decompress"):  # borders of windows too, not of tiles alone
        monkeypatch.setattr(f"pellucid.codec.{module}.WINDOW", SIDE)
    monkeypatch.setattr("pellucid.codec.compress.PART", SIDE)
    tiled = errors(photo, model, quality, LOG2)
    band = near_borders(tiled.shape)
    at_borders, elsewhere = (
        decibels(tiled[where]) - decibels(whole[where]) for where in (band, ~band)
    )
    assert abs(at_borders - elsewhere) < MOST
    assert abs(at_borders) < MOST
