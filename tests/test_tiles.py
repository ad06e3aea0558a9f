"""The size of tiles: what is chosen, what can be asked for, and what a damaged byte costs."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.bitstream import PelFile
from pellucid.errors import OptionError
from pictures import photograph, unpacked

SIDES = (64, 128, 256, 512, 1024)
BOUND = 1 / 8  # of the samples of a picture of 2.5 megapixels


def mosaic(height: int, width: int) -> np.ndarray:
    """A photograph and its reflections, without a jump between them."""
    photo = photograph(512, 512, left=0)
    both = np.concatenate([photo, photo[:, ::-1]], axis=1)
    cell = np.concatenate([both, both[::-1]])
    times = (-(-height // cell.shape[0]), -(-width // cell.shape[1]), 1)
    return np.ascontiguousarray(np.tile(cell, times)[:height, :width])


@pytest.mark.parametrize(
    ("shape", "side", "tiles"),
    [
        ((1024, 1024, 3), 1024, 1),
        ((1, 1024, 1), 1024, 1),
        ((1025, 3, 3), 512, 3),
        ((100, 1100, 3), 512, 3),
        ((600, 500, 4), 512, 2),
    ],
)
def test_a_picture_is_one_tile_while_it_fits(
    tiny_installed: str, shape: tuple[int, int, int], side: int, tiles: int
) -> None:
    pixels = np.zeros(shape, np.uint8)
    about = pellucid.info(pellucid.compress(pixels, quality=30, model=tiny_installed))
    assert (about.tile_size, about.tiles) == (side, tiles)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("how", ["quality", "lossless", "max_error"])
def test_a_size_can_be_asked_for(tiny_installed: str, side: int, how: str) -> None:
    pixels = np.dstack([photograph(90, 150), photograph(90, 150)[..., 0]])  # with alpha
    options = {"quality": {"quality": 50, "model": tiny_installed}, "lossless": {"lossless": True}}
    file = pellucid.compress(pixels, tile=side, **options.get(how, {"max_error": 3}))
    about = pellucid.info(file)
    assert (about.tile_size, about.tiles) == (side, -(-90 // side) * -(-150 // side))
    back = unpacked(file).astype(int)
    assert np.array_equal(back[..., 3], pixels[..., 3])
    assert np.array_equal(unpacked(file, region=(60, 50, 20, 30)), back[50:80, 60:80])
    if how != "quality":
        assert np.abs(back - pixels).max() == {"lossless": 0, "max_error": 3}[how]


@pytest.mark.parametrize("how", [{}, {"lossless": True}])
def test_a_size_may_be_numpy_s(how: dict[str, bool]) -> None:
    """Which has no bit_length in all versions."""
    file = pellucid.compress(photograph(8, 80), tile=np.int64(64), **how)
    assert pellucid.info(file).tile_size == 64


@pytest.mark.parametrize("tile", [0, 32, 500, 2048, 512.5, True, "512"])
def test_other_sizes_are_refused(tile: object) -> None:
    with pytest.raises(OptionError, match=r"tile is .*one of 64, 128, 256, 512, 1024"):
        pellucid.compress(photograph(8, 8), tile=tile)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["m", "s"])
def test_a_damaged_byte_costs_at_most_an_eighth(model: str) -> None:
    """Of samples that a tile's neighbours get from its latents as well."""
    good = pellucid.compress(mosaic(1288, 1936), model=model)
    whole = pellucid.decompress(good)
    tiles = [chunk for chunk in PelFile.parse(good).chunks if chunk.type == "TILE"]
    for number in (0, 5):  # in a corner, and with neighbours on all sides
        data = bytearray(good)
        data[tiles[number].offset + 8 + tiles[number].length // 2] ^= 1
        saved = pellucid.salvage(bytes(data))
        changed = (saved.picture != whole).mean()
        assert list(saved.damaged) == [number]
        assert 0.08 < changed <= BOUND
