"""JPEG 2000: 8 bits, and more without loss; nothing is cut to 8 bits in silence."""

from __future__ import annotations

import struct
import sys
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from PIL import Image

import pellucid
from opened import read_samples
from pellucid.errors import InputError, MissingExtraError
from pellucid.pixels.formats.jpeg2000_boxes import Siz, siz_of
from pictures import unpacked


def picture(channels: int, dtype: str) -> np.ndarray:
    y, x = np.mgrid[:33, :41]
    high = np.iinfo(dtype).max
    planes = [(x * (c + 2) * high // 300 + y * 37) for c in range(channels)]
    return np.clip(np.stack(planes, axis=-1), 0, high).astype(dtype)


def encoded(samples: np.ndarray, codec: str = "jp2") -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat=codec))


@pytest.mark.parametrize("codec", ["jp2", "j2k"])
@pytest.mark.parametrize("channels", [1, 3])
def test_eight_bits(channels: int, codec: str) -> None:
    samples = picture(channels, "uint8")
    data = encoded(samples if channels > 1 else samples[..., 0], codec)
    for found, info in [read_samples(data)]:
        assert np.array_equal(found, samples)
        assert info.source_format == "JPEG2000"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_sixteen_bits_come_whole_or_not_at_all(
    channels: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = picture(channels, dtype)
    data = encoded(samples if channels > 1 else samples[..., 0])
    assert np.array_equal(read_samples(data)[0], samples)
    back = unpacked(pellucid.compress(data, lossless=True))
    assert back.dtype == dtype
    assert np.array_equal(back, samples)
    near = unpacked(pellucid.compress(data, quality=90))
    assert near.dtype == dtype
    assert np.abs(near.astype(int) - samples).mean() < 0.05 * np.ptp(samples.astype(int))
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[science\]'"):
        read_samples(data)


def test_pillow_would_have_cut_it() -> None:
    """Why imagecodecs reads what is deeper than 8 bits."""
    with Image.open(BytesIO(encoded(picture(3, "uint16")))) as image:
        assert np.array(image).dtype == np.uint8


def test_twelve_bits_and_damage() -> None:
    samples = picture(1, "uint16")[..., 0] >> 4
    data = bytes(imagecodecs.jpeg2k_encode(samples, level=0, bitspersample=12))
    assert siz_of(data) == Siz(41, 33, 1, 12, False, True)
    assert np.array_equal(read_samples(data)[0][..., 0], samples)
    for length in (3, 12, 60, 110):
        with pytest.raises(InputError):
            read_samples(data[:length])
    rng = np.random.default_rng(1)
    for _ in range(200):
        broken = bytearray(data)
        broken[int(rng.integers(len(data)))] = int(rng.integers(256))
        siz_of(bytes(broken))
        siz_of(bytes(broken[: int(rng.integers(len(data)))]))


@pytest.mark.parametrize("bits", [1, 2, 4, 7])
def test_fewer_bits_are_not_shifted_up(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow makes 240 of the 15 of 4 bits."""
    samples = picture(1, "uint8")[..., 0] >> (8 - bits)
    data = bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, bitspersample=bits))
    found = siz_of(data)
    assert found is not None
    assert found.bits == bits
    assert np.array_equal(read_samples(data)[0][..., 0], samples)
    back = unpacked(pellucid.compress(data, lossless=True))
    assert np.array_equal(back[..., 0], samples)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(MissingExtraError):
        read_samples(data)


def test_signed_eight_bits() -> None:
    samples = (picture(1, "uint8")[..., 0].astype(int) - 128).astype(np.int8)
    found, info = read_samples(encoded(samples))
    assert found.dtype == np.int16
    assert info.bit_depth == 16
    assert np.array_equal(found[..., 0], samples)


def test_components_that_differ_are_refused() -> None:
    data = bytearray(encoded(picture(3, "uint8"), "j2k"))
    data[42 + 3] = 4  # Ssiz of the second component: 5 bits
    found = siz_of(bytes(data))
    assert found is not None
    assert not found.equal
    with pytest.raises(InputError, match="the same in all"):
        read_samples(bytes(data))


def test_a_box_that_contradicts_the_codestream_is_refused() -> None:
    for dtype in ("uint8", "uint16"):
        data = bytearray(encoded(picture(1, dtype)[..., 0]))
        at = data.find(b"ihdr") + 4
        data[at : at + 8] = struct.pack(">II", 8, 8)
        with pytest.raises(InputError, match="8 x 8"):
            read_samples(bytes(data))


@pytest.mark.parametrize("codec", ["jp2", "j2k"])
def test_more_components_are_named(codec: str) -> None:
    data = bytes(imagecodecs.jpeg2k_encode(picture(9, "uint16"), level=0, codecformat=codec))
    with pytest.raises(InputError, match="9 components; 1 to 4"):
        read_samples(data)


@pytest.mark.parametrize("bits", [1, 4, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_with_loss_fewer_bits_are_refused(bits: int, channels: int) -> None:
    samples = picture(channels, "uint8") >> (8 - bits)
    samples = samples if channels > 1 else samples[..., 0]
    data = bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, bitspersample=bits))
    with Image.open(BytesIO(data)) as image:
        assert np.array(image).max() > samples.max()  # Pillow would have shifted it
    for read in (pellucid.compress,):
        with pytest.raises(InputError, match=f"with {bits} bits a sample.*lossless or max_error"):
            read(data)


def test_signed_samples_stay_signed() -> None:
    samples = (picture(1, "uint8")[..., 0].astype(np.int16) - 128).astype(np.int8)
    data = bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True))
    assert np.array_equal(read_samples(data)[0][..., 0], samples)
    assert pellucid.decompress(pellucid.compress(data, model="s")).dtype == np.int16


def test_components_of_different_depths_are_refused() -> None:
    data = bytearray(encoded(picture(3, "uint8")))
    start = bytes(data).index(b"\xff\x4f\xff\x51") + 42
    assert data[start] == 7  # 8 bits
    data[start] = 3
    with pytest.raises(InputError, match="the same in all"):
        read_samples(bytes(data))
