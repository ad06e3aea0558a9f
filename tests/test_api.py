"""What `pellucid.compress` and its like refuse, before any work; limits that can be raised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.bitstream import DEFAULT_LIMITS, Limits, write_file
from pellucid.codec import Picture, header_of
from pellucid.errors import LimitError, OptionError
from pellucid.runtime import CodecModel
from work import calls_of

PICTURE = np.zeros((20, 30, 3), np.uint8)


@pytest.mark.parametrize(
    "region", [(0, 0, 1), (0, 0, 1, 1, 1), (0.0, 0, 5, 5), "abcd", 5, (0, 0, 31, 1), (-1, 0, 2, 2)]
)
def test_a_wrong_region_is_an_option_error(tiny_installed: str, region: Any) -> None:
    data = pellucid.compress(PICTURE, model=tiny_installed)
    with pytest.raises(OptionError, match="region"):
        pellucid.decompress(data, region=region)


def test_a_region_of_numpy_integers(tiny_installed: str) -> None:
    data = pellucid.compress(PICTURE, model=tiny_installed)
    x, y, width, height = np.array([3, 4, 5, 6], np.uint8)
    assert pellucid.decompress(data, region=(x, y, width, height)).shape == (6, 5, 3)


def test_options_are_checked_before_the_picture_is_read() -> None:
    with pytest.raises(OptionError, match="quality"):
        pellucid.compress("nowhere.png", quality=101)


@pytest.mark.parametrize("as_file", [True, False])
def test_limits_hold_for_both_sides_and_can_be_raised(tiny_installed: str, as_file: bool) -> None:
    small = Limits(max_pixels=599)
    source: Any = b"P6 30 20 255\n" + PICTURE.tobytes() if as_file else PICTURE
    with pytest.raises(LimitError, match="30 x 20"):
        pellucid.compress(source, model=tiny_installed, limits=small)
    data = pellucid.compress(source, model=tiny_installed, limits=Limits(max_pixels=600))
    with pytest.raises(LimitError, match="30 x 20"):
        pellucid.decompress(data, limits=small)
    assert pellucid.decompress(data, limits=DEFAULT_LIMITS).shape == PICTURE.shape


def test_a_file_of_many_damaged_tiles_is_verified_soon(
    tiny: CodecModel, tiny_installed: str
) -> None:
    header = replace(header_of(Picture(PICTURE), tiny, 50), width=64 * 8000, height=1, tile_log2=6)
    data = bytearray(write_file(header, {}, [b""] * header.tile_count))
    for crc in range(len(data) - 12 - 4, len(data) - 12 - 17 * header.tile_count, -17):
        data[crc] ^= 1
    problems = pellucid.verify(bytes(data)).messages
    assert len(problems) == header.tile_count
    assert calls_of(lambda: pellucid.verify(bytes(data))) < 200 * header.tile_count
