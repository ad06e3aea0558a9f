"""16-bit PNGs that are cut off, damaged or claim too much: an error, and no memory for claims."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from deep_pngs import COLOURS, EXIF, chunk, head, picture, png, rows, same
from opened import read_samples
from pellucid.errors import InputError, LimitError, PellucidError
from pellucid.pixels.formats import png16

pytest.importorskip("imagecodecs")


def test_animations_are_refused() -> None:
    moving = chunk(b"acTL", struct.pack(">II", 2, 0))
    with pytest.raises(InputError, match="more than one frame"):
        read_samples(png(picture(3), moving))


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No decoder is asked."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(png16, "_decode", never)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("interlaced", [0, 1])
def test_sizes_are_checked_before_anything_is_decoded(interlaced: int) -> None:
    def claims(width: int, height: int, body: bytes = bytes(9)) -> bytes:
        top = head(width, height, 6, interlaced=interlaced)
        data = chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND")
        return b"\x89PNG\r\n\x1a\n" + top + data

    with pytest.raises(LimitError, match="over the limit"):
        read_samples(claims(2**31 - 1, 2**31 - 1))
    with pytest.raises(LimitError):
        read_samples(claims(50, 50, bytes(20050)), max_pixels=2499)
    for size in ((2**14, 2**14), (1, 2**28), (2**28, 1), (100, 100)):
        with pytest.raises(InputError, match="bytes can't hold"):
            read_samples(claims(*size))
    with pytest.raises(InputError):
        read_samples(claims(0, 7))
    padded = claims(2**11, 2**11).replace(chunk(b"IEND"), chunk(b"zzZz", bytes(2**17)))
    with pytest.raises(InputError, match="bytes can't hold"):  # only IDAT counts
        read_samples(padded + chunk(b"IEND"))


@pytest.mark.usefixtures("untouched")
def test_frames_that_contradict_themselves() -> None:
    samples = picture(3, 4, 5)
    good = png(samples)
    top, rest = good[:33], good[33:]
    for bad, message in (
        (good[:8] + chunk(b"gAMA", bytes(4)) + good[8:], "must begin"),
        (top + head(5, 4, 2) + rest, "one IHDR"),
        (top + chunk(b"IEND"), "damaged"),
        (top + chunk(b"IDAT") + chunk(b"IEND"), "can't hold"),
        (good[:8] + head(5, 4, 5) + rest, "damaged"),
        (good[:8] + head(5, 4, 3) + rest, "damaged"),
        (good[:8] + head(5, 4, 2, interlaced=7) + rest, "its header says"),
        (top + chunk(b"IDAT") * 2**20 + rest, "more than 1048576 chunks"),
    ):
        with pytest.raises(InputError, match=message):
            read_samples(bad)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_samples_that_are_not_all_there(channels: int) -> None:
    """Sound chunks and checksums, and fewer rows than the header says."""
    samples = picture(channels)
    same(png(samples), samples)
    same(png(samples, interlaced=True), samples)
    same(png(samples[:3, :2], interlaced=True), samples[:3, :2])
    row = 1 + 41 * 2 * channels
    for interlaced in (0, 1):
        for count in (0, 1, row - 1, row, len(rows(samples)) - 1):
            body = rows(samples)[:count]
            top = head(41, 33, COLOURS[channels], interlaced=interlaced)
            data = chunk(b"IDAT", zlib.compress(body, 0)) + chunk(b"IEND")
            with pytest.raises(InputError, match="damaged"):
                read_samples(b"\x89PNG\r\n\x1a\n" + top + data)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_cut_and_every_flipped_bit_is_an_error(channels: int) -> None:
    samples = picture(channels, 7, 6)
    good = png(samples, chunk(b"eXIf", EXIF), chunk(b"tEXt", b"Title\0a"))
    same(good, samples)
    for length in range(len(good)):
        with pytest.raises(InputError):
            read_samples(good[:length])
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InputError):
            read_samples(bytes(bad))


@pytest.mark.parametrize("channels", [1, 3])
def test_rows_that_are_too_many_take_no_memory(channels: int) -> None:
    """A few rows, and zeros behind them: 256 MiB in a quarter of one."""
    samples = np.full((4, 4, channels), 7, np.uint16)
    bomb = zlib.compress(rows(samples) + bytes(2**28), 9)
    data = png(samples)[:33]
    data += chunk(b"IDAT", bomb) + chunk(b"IEND")
    tracemalloc.start()
    try:
        found, _ = read_samples(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.array_equal(found, samples)
    assert peak < 2**23 + 8 * len(bomb)


def test_damage_with_right_checksums() -> None:
    """What a checksum doesn't find: samples of the size that the header says, or an error."""
    random = np.random.default_rng(5)
    packed = zlib.compress(rows(picture(3, 9, 8)))
    good = 0
    for _ in range(600):
        width, height = (int(side) for side in random.integers(1, 20, 2))
        colour, interlaced = int(random.choice([2, 2, 4, 6])), int(random.integers(2))
        if random.random() < 0.5:
            width, height, colour = 8, 9, 2
        body = bytearray(packed)
        for _ in range(int(random.integers(3))):
            body[int(random.integers(len(body)))] = int(random.integers(256))
        clear = chunk(b"tRNS", bytes(int(random.choice([0, 2, 5, 6, 7]))))
        data = head(width, height, colour, interlaced=interlaced)
        data += clear if random.random() < 0.3 else b""
        data += chunk(b"IDAT", bytes(body)) + chunk(b"IEND")
        try:
            found, info = read_samples(b"\x89PNG\r\n\x1a\n" + data, max_pixels=300)
        except PellucidError:
            continue
        assert found.shape[:2] == (info.height, info.width) == (height, width)
        good += 1
    assert good > 20
