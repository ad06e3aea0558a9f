"""Boxes, and the tiles under one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.pixels import Box, tiles_of, tiles_under

sides = st.integers(1, 40)


@given(height=sides, width=sides, tile=st.integers(1, 20), data=st.data())
def test_tiles_under_a_box_cover_it_once_and_are_all_that_touch_it(height, width, tile, data):
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    box = Box(y, x, data.draw(st.integers(1, height - y)), data.draw(st.integers(1, width - x)))
    hits = np.zeros((height, width), int)
    found = list(tiles_under(box, (height, width), tile))
    for _, place in found:
        hits[place.slices] += 1
        assert place.overlap(box).size > 0
    assert (hits[box.slices] == 1).all()
    assert [number for number, _ in found] == sorted({number for number, _ in found})
    every = list(tiles_of((height, width), tile))
    assert all(every[number] == place for number, place in found)
    assert sum(place.size for place in every) == height * width


def test_a_box_outside_has_no_tiles():
    assert list(tiles_under(Box(50, 0, 5, 5), (40, 40), 16)) == []


def test_a_box_within_another_is_where_its_samples_are():
    picture = np.arange(40 * 30).reshape(40, 30)
    inner, outer = Box(12, 7, 5, 6), Box(12, 7, 5, 6).grown(9, Box.whole(picture.shape))
    assert outer == Box(3, 0, 23, 22)
    assert np.array_equal(picture[outer.slices][inner.within(outer)], picture[inner.slices])


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(63, 64, 2, 1), Box(5, 70, 128, 3)])
def test_aligned_is_the_smallest_box_of_whole_steps(box):
    outer = box.aligned(64)
    assert not any(side % 64 for side in outer.region)
    assert outer.overlap(box) == box
    assert outer.height - box.height < 128
    assert box.aligned(1) == box


def test_region_turns_around():
    assert Box.of_region((1, 2, 3, 4)).region == (1, 2, 3, 4)
