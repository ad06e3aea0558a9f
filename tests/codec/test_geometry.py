"""Boxes, blocks of samples, padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.bitstream import Header
from pellucid.codec.geometry import (
    from_blocks,
    latents_of,
    read_padded,
    samples_of,
    to_blocks,
)
from pellucid.pixels import Box

places, sizes = st.integers(-40, 300), st.integers(0, 300)
boxes = st.builds(Box, places, places, sizes, sizes)
filled_boxes = st.builds(Box, st.integers(0, 300), st.integers(0, 300), *[st.integers(1, 300)] * 2)


def points(box: Box) -> np.ndarray:
    """Which cells of a grid from -50 to 650 the box covers."""
    cells = np.zeros((700, 700), bool)
    cells[box.y + 50 : box.bottom + 50, box.x + 50 : box.right + 50] = True
    return cells


@given(boxes, boxes)
def test_overlap_is_what_both_cover(a: Box, b: Box) -> None:
    both = a.overlap(b)
    assert (points(both) == (points(a) & points(b))).all()
    other = b.overlap(a)
    assert (both.width * both.height) == (other.width * other.height)
    assert min(both.width, both.height) >= 0


@given(filled_boxes)
def test_latents_cover_the_samples_in_whole_blocks(box: Box) -> None:
    cover = samples_of(latents_of(box))
    assert cover.overlap(box) == box
    for edge in (cover.x, cover.y, cover.right, cover.bottom):
        assert edge % 64 == 0
    assert max(box.x - cover.x, cover.right - box.right) < 64
    assert max(box.y - cover.y, cover.bottom - box.bottom) < 64


@given(filled_boxes, st.integers(0, 20))
def test_growing_stays_inside_the_bounds(box: Box, margin: int) -> None:
    bounds = Box(0, 0, 600, 600)
    grown = box.grown(margin, bounds)
    assert grown.overlap(box) == box
    assert bounds.overlap(grown) == grown
    assert grown.x in (box.x - margin, 0)
    assert grown.bottom in (box.bottom + margin, 600)
    array = np.zeros((grown.height, grown.width))
    assert array[box.within(grown)].shape == (box.height, box.width)


@given(st.integers(1, 2000), st.integers(1, 2000), st.sampled_from([6, 7, 10]))
def test_tiles_cover_the_latent_grid_once(width: int, height: int, tile_log2: int) -> None:
    header = Header(width, height, 3, 8, 0, 1, 0, 1, 0, 50, tile_log2, bytes(16))
    bounds = latents_of(Box(0, 0, height, width))
    covered = np.zeros((bounds.height, bounds.width), int)
    for number in range(header.tile_count):
        covered[latents_of(header.tile_box(number)).within(bounds)] += 1
    assert (covered == 1).all()


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3]), st.integers(0, 2**32 - 1))
def test_blocks_and_back(rows: int, columns: int, channels: int, seed: int) -> None:
    shape = (8 * rows, 8 * columns, channels)
    samples = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    blocks = to_blocks(samples)
    assert blocks.shape == (1, 192, rows, columns)
    assert blocks.dtype == np.float32
    back = from_blocks(blocks.astype(np.uint8))
    assert (back == samples).all(), "grey fills all three"


def test_blocks_are_in_the_order_of_pixel_unshuffle() -> None:
    torch = pytest.importorskip("torch", exc_type=ImportError)
    samples = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    planes = torch.from_numpy(samples).permute(2, 0, 1)[None].float()
    expected = torch.nn.functional.pixel_unshuffle(planes, 8).numpy()
    assert (to_blocks(samples) == expected).all()


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([1, 3]))
def test_padding_goes_on_with_the_last_row_and_column(h: int, w: int, channels: int) -> None:
    pixels = np.random.default_rng(h * 201 + w).integers(0, 256, (h, w, channels), np.uint8)
    box = samples_of(latents_of(Box(0, 0, h, w)))
    padded = read_padded(pixels, box)
    rows, columns = (
        np.minimum(np.arange(box.height), h - 1),
        np.minimum(np.arange(box.width), w - 1),
    )
    assert (padded == pixels[rows][:, columns]).all()
