"""The 35 bytes of the header: what they say, what they may not say, and the tile grid."""

from __future__ import annotations

import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.bitstream import Header, Limits, require_supported
from pellucid.errors import (
    DamagedFileError,
    LimitError,
    OptionError,
    UnsupportedError,
    VersionError,
)

PLAIN = Header(768, 512, 3, 8, 0, 1, 0, 1, 0, 60, 9, bytes(range(16)))


def headers() -> st.SearchStrategy[Header]:
    """Any header that the format can say."""
    side = st.integers(1, 2**24)
    return st.builds(
        Header,
        width=side,
        height=side,
        channels=st.integers(1, 65535),
        bit_depth=st.sampled_from([8, 16, 32]),
        sample_type=st.integers(0, 2),
        colour=st.integers(0, 2),
        alpha=st.integers(0, 1),
        layers=st.integers(1, 31),
        features=st.just(0),
        quality=st.integers(0, 100),
        tile_log2=st.integers(6, 12),
        model_id=st.binary(min_size=16, max_size=16),
    )


@given(headers())
def test_round_trip(header: Header) -> None:
    packed = header.pack()
    assert len(packed) == 35
    assert Header.unpack(packed) == header


def test_bytes_are_those_of_the_specification() -> None:
    model = "".join(f"{n:02x}" for n in range(16))
    expected = "01" + "00030000" + "00020000" + "0300" + "08000100" + "01" + "00" + "3c" + "09"
    assert PLAIN.pack().hex() == expected + model


def unpack_or_refuse(payload: bytes) -> None:
    try:
        header = Header.unpack(payload)
    except (DamagedFileError, UnsupportedError, VersionError):
        return
    assert header.pack() == payload


@given(st.binary(min_size=35, max_size=35))
def test_any_bytes_give_a_header_or_a_format_error(payload: bytes) -> None:
    unpack_or_refuse(payload)


@given(headers(), st.integers(0, 34), st.integers(0, 255))
def test_any_byte_changed(header: Header, at: int, value: int) -> None:
    payload = bytearray(header.pack())
    payload[at] = value
    unpack_or_refuse(bytes(payload))


IMPOSSIBLE = {
    "width": [0, 2**24 + 1, 2**32 - 1],
    "height": [0, 2**24 + 1, 2**32 - 1],
    "channels": [0],
    "bit_depth": [0, 7, 9, 24, 64, 255],
    "sample_type": [3, 255],
    "colour": [3, 255],
    "alpha": [2, 255],
    "layers": [0],
    "quality": [101, 255],
    "tile_log2": [0, 5, 13, 255],
}
FORMS = {"width": (1, "<I"), "height": (5, "<I"), "channels": (9, "<H"), "bit_depth": (11, "<B")}
FORMS |= {"sample_type": (12, "<B"), "colour": (13, "<B"), "alpha": (14, "<B")}
FORMS |= {"layers": (15, "<B"), "quality": (17, "<B"), "tile_log2": (18, "<B")}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in IMPOSSIBLE.items() for v in vs])
def test_impossible_values(name: str, value: int) -> None:
    offset, form = FORMS[name]
    payload = bytearray(PLAIN.pack())
    struct.pack_into(form, payload, offset, value)
    with pytest.raises(DamagedFileError, match=rf"{name} is {value}\b"):
        Header.unpack(bytes(payload))
    with pytest.raises(OptionError, match=rf"{name} is {value}\b"):
        dataclasses.replace(PLAIN, **{name: value}).pack()


def test_what_a_writer_must_not_say() -> None:
    with pytest.raises(OptionError, match="features is 0x1"):
        dataclasses.replace(PLAIN, features=1).pack()
    with pytest.raises(OptionError, match="layers is 32"):
        dataclasses.replace(PLAIN, layers=32).pack()
    with pytest.raises(OptionError, match="model_id has 3 bytes, not 16"):
        dataclasses.replace(PLAIN, model_id=b"abc").pack()


@pytest.mark.parametrize("version", [2, 3, 255])
@pytest.mark.parametrize("rest", [b"", PLAIN.pack()[1:], bytes(100)])
def test_newer_version_whatever_follows(version: int, rest: bytes) -> None:
    with pytest.raises(VersionError, match=rf"version {version}, .* up to 1; update"):
        Header.unpack(bytes([version]) + rest)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "is empty"),
        (bytes(35), "version 0"),
        (PLAIN.pack()[:-1], "34 bytes"),
        (PLAIN.pack() + b"x", "36 bytes"),
        (b"\x01", "holds 1 bytes"),
    ],
)
def test_wrong_length_or_version(payload: bytes, message: str) -> None:
    with pytest.raises(DamagedFileError, match=message):
        Header.unpack(payload)


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [(16, 1, "features 0x01"), (16, 255, "0xff"), (15, 0x21, "layers 0x20"), (15, 0x80, "0x80")],
)
def test_unknown_bits_are_not_damage(at: int, value: int, message: str) -> None:
    payload = bytearray(PLAIN.pack())
    payload[at] = value
    with pytest.raises(UnsupportedError, match=message):
        Header.unpack(bytes(payload))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(6, 8))
def test_tiles_cover_the_picture_once(width: int, height: int, tile_log2: int) -> None:
    header = dataclasses.replace(PLAIN, width=width, height=height, tile_log2=tile_log2)
    boxes = [header.tile_box(number) for number in range(header.tile_count)]
    assert sum(box.size for box in boxes) == width * height
    corners = [(box.y, box.x) for box in boxes]
    assert corners == sorted(set(corners))  # raster order, none twice
    for x, y, w, h in (box.region for box in boxes):
        assert x % header.tile_size == y % header.tile_size == 0
        assert 1 <= w <= header.tile_size
        assert 1 <= h <= header.tile_size
        assert x + w <= width
        assert y + h <= height


@pytest.mark.parametrize("number", [-1, 2, 2**32])
def test_no_such_tile(number: int) -> None:
    with pytest.raises(OptionError, match=rf"no tile {number}: the tiles are 0 .. 1"):
        PLAIN.tile_box(number)


def test_limits_are_inclusive_and_can_be_raised() -> None:
    edge = dataclasses.replace(PLAIN, width=2**14, height=2**14)
    edge.check_limits(Limits())
    over = dataclasses.replace(edge, width=2**14 + 1)
    with pytest.raises(LimitError, match=r"16385 x 16384 = 268451840 pixels.*raise max_pixels"):
        over.check_limits(Limits())
    over.check_limits(Limits(max_pixels=2**29))


def test_sample_limit() -> None:
    edge = dataclasses.replace(PLAIN, width=2**14, height=2**14, channels=3, alpha=1)
    edge.check_limits(Limits())
    over = dataclasses.replace(edge, channels=4)
    with pytest.raises(LimitError, match=r"1342177280 in all.*raise max_pixels"):
        over.check_limits(Limits())
    over.check_limits(Limits(max_pixels=2**29))


def test_tile_limit() -> None:
    ribbon = dataclasses.replace(PLAIN, width=2**24, height=1, tile_log2=6)
    with pytest.raises(LimitError, match=r"262144 tiles of 64 x 64.*raise max_tiles"):
        ribbon.check_limits(Limits())
    ribbon.check_limits(Limits(max_tiles=2**18))


def test_supported() -> None:
    require_supported(PLAIN)
    require_supported(dataclasses.replace(PLAIN, channels=1, colour=0))
    for kind in (0, 1):
        require_supported(dataclasses.replace(PLAIN, bit_depth=16, sample_type=kind))
    require_supported(dataclasses.replace(PLAIN, layers=17, alpha=1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": 2}, "channels = 2"),
        ({"channels": 65535, "colour": 2}, "channels = 65535"),
        ({"bit_depth": 32}, "bit_depth = 32"),
        ({"bit_depth": 16, "sample_type": 2}, "sample_type = 2"),
        ({"layers": 17}, "alpha = 0"),
        ({"layers": 18, "alpha": 1}, "layers = 18"),
        ({"sample_type": 1}, "sample_type = 1"),
        ({"colour": 0}, "colour = 0"),
        ({"channels": 1, "colour": 1}, "colour = 1"),
        ({"alpha": 1}, "alpha = 1"),
        ({"layers": 3}, "layers = 3"),
        ({"layers": 8}, "layers = 8"),
        ({"layers": 2, "sample_type": 2, "bit_depth": 8}, "bit_depth = 8"),
        ({"layers": 2, "sample_type": 2, "bit_depth": 32, "alpha": 1}, "alpha = 1"),
        ({"layers": 4, "sample_type": 1}, "bit_depth = 8"),
        ({"layers": 2, "tile_log2": 11}, "tile_log2 = 11"),
    ],
)
def test_valid_but_not_supported_yet(changes: dict[str, int], message: str) -> None:
    header = Header.unpack(dataclasses.replace(PLAIN, **changes).pack())  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match=message + " is not supported yet"):
        require_supported(header)
