"""Pictures at a part of their size: the same as Pillow's, in parts, for all types."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from pellucid.pixels import Box, ImageInfo
from pellucid.pixels.geo import cropped
from pellucid.pixels.reduced import Reduced, reduce
from pellucid.pixels.tiff import Value, build, header, parse


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(64, 48), (61, 43), (1, 1), (3, 17)])
def test_as_pillow_does(size: tuple[int, int], scale: int) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    expected = np.asarray(Image.fromarray(samples).reduce(scale)).astype(int)
    assert np.abs(reduce(samples, scale) - expected).max() <= 1  # it sums in fixed point


def test_in_parts_as_at_once() -> None:
    samples = np.random.default_rng(1).integers(-999, 999, (70, 90, 2)).astype(np.int16)
    out = np.zeros((9, 12, 2), np.int16)
    sink = Reduced(out, 8, alpha=False)
    for y in range(0, 70, 32):
        for x in range(0, 90, 24):
            part = samples[y : y + 32, x : x + 24]
            sink[y : y + part.shape[0], x : x + part.shape[1]] = part
    np.testing.assert_array_equal(out, reduce(samples, 8))


def test_types_and_what_is_not_finite() -> None:
    deep = np.full((4, 4, 1), 65535, np.uint16)
    assert (reduce(deep, 4) == 65535).all()
    assert reduce(np.array([[[0], [1]]], np.uint8), 2) == 1  # halves up
    floats = np.ones((4, 4, 1), np.float32)
    floats[0, 0] = np.nan
    small = reduce(floats, 2)
    assert small.dtype == np.float32
    assert np.isnan(small[0, 0])
    assert (small.ravel()[1:] == 1).all()


def test_hidden_colours_do_not_show() -> None:
    samples = np.zeros((2, 4, 4), np.uint8)
    samples[:, :, 0] = [[200, 10, 80, 90]] * 2
    samples[:, 0, 3] = 255
    (left, right) = reduce(samples, 2, alpha=True)[0]
    assert tuple(left) == (200, 0, 0, 128)
    assert tuple(right) == (85, 0, 0, 0)


def test_boxes_grow_to_whole_squares() -> None:
    picture = Box(0, 0, 20, 60)
    assert Box(9, 17, 3, 30).aligned(8).overlap(picture) == Box(8, 16, 8, 32)
    assert Box(9, 17, 8, 43).aligned(8).overlap(picture) == Box(8, 16, 12, 44)
    assert Box(9, 17, 8, 43).aligned(1).overlap(picture) == Box(9, 17, 8, 43)


def test_a_reduced_geotiff_lies_where_it_lay() -> None:
    tags = {33550: (10.0, 10.0, 0.0), 33922: (4.0, 8.0, 0.0, 500_000.0, 4_000_000.0, 0.0)}
    matrix = (10.0, 0, 0, 500_000, 0, -10.0, 0, 4_000_000, 0, 0, 0, 0, 0, 0, 0, 1)
    for values in (tags, {34264: matrix}):
        directory = {
            tag: Value(12, len(numbers), struct.pack(f"<{len(numbers)}d", *numbers))
            for tag, numbers in values.items()
        }
        exif = header("<", 8) + build(directory, "<", 8)
        info = cropped(ImageInfo(90, 70, 1, exif=exif), Box(16, 8, 50, 60), 4)
        assert (info.width, info.height) == (15, 13)
        found = parse(info.exif)[1]
        now = {tag: struct.unpack(f"<{len(v)}d", found[tag].raw) for tag, v in values.items()}
        if 33550 in values:
            assert now[33550] == (40.0, 40.0, 0.0)
            assert now[33922][:2] == (-1.0, -2.0)  # the point was 4 columns left, 8 rows above
        else:
            assert now[34264][:4] == (40.0, 0.0, 0.0, 500_080.0)
            assert now[34264][4:8] == (0.0, -40.0, 0.0, 3_999_840.0)
