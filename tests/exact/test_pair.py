"""Pairs: both pictures back in their own type, never at the cost of what was promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.errors import DamagedFileError, InputError, OptionError
from pellucid.exact.encode import header_of
from pellucid.exact.pair import Pair, joined, take_pair
from pellucid.exact.tables import FOLDER
from pictures import unpacked
from spec_files import spec_exact

RNG = np.random.default_rng(5)
Y, X = np.mgrid[:70, :90]
WAVE = 120 + 60 * np.sin(X / 9) * np.cos(Y / 7) + 30 * (X + Y > 80)
GUIDE = np.clip(WAVE[..., None] + RNG.integers(-6, 7, (70, 90, 3)), 0, 255).astype(np.uint8)
DEPTH = (900 + 11 * WAVE + RNG.integers(-9, 10, WAVE.shape)).astype(np.uint16)
DEPTH[10:20, 10:30] = 0


@pytest.mark.parametrize("guide_planes", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_both_come_back(guide_planes: int, dtype: str) -> None:
    guide = np.concatenate([GUIDE, GUIDE[..., :1] | 128], axis=2)[..., :guide_planes]
    picture = (DEPTH // 13).astype(dtype)
    data = pellucid.compress(picture, lossless=True, guide=guide)
    for which, source in (("picture", picture[..., None]), ("guide", guide)):
        back = unpacked(data, which=which)
        assert back.dtype == source.dtype
        assert np.array_equal(back, source)
    about = pellucid.info(data)
    assert (about.channels, about.dtype) == (1, dtype)
    assert about.guide == f"{guide_planes} x uint8"
    assert pellucid.verify(data).sound


def test_a_bound_is_the_pictures_only() -> None:
    picture = np.stack([DEPTH // 9, DEPTH // 8], axis=2).astype(np.uint16)  # grey and alpha
    data = pellucid.compress(picture, max_error=5, guide=GUIDE)
    back = unpacked(data).astype(np.int64)
    assert 0 < np.abs(back - picture)[..., 0].max() <= 5
    assert np.array_equal(back[..., 1], picture[..., 1])
    assert np.array_equal(unpacked(data, which="guide"), GUIDE)
    assert pellucid.info(data).max_error == 5


def size(picture: np.ndarray, **options: Any) -> int:
    return len(pellucid.compress(picture, lossless=True, **options))


def test_a_guide_that_says_all_saves_and_one_that_says_nothing_costs_nothing() -> None:
    red = GUIDE[..., 0] // 2 + np.uint8(20)
    assert size(red, guide=GUIDE) < 0.95 * (size(GUIDE) + size(red))
    other = np.roll(GUIDE[::-1, ::-1], (11, 23), (0, 1))
    assert size(DEPTH, guide=other) <= size(other) + size(DEPTH)


def drawing(shape: tuple[int, int, int], dtype: str) -> np.ndarray:
    """Noise in blocks of 8 x 1, which deflate shortens and nothing predicts."""
    limits = np.iinfo(dtype)
    few = RNG.choice(RNG.integers(limits.min, limits.max, 5, endpoint=True), (40, 3, shape[2]))
    wide = np.repeat(few, 30, axis=1)[:, : shape[1]]
    return np.tile(wide, (2, 1, 1))[: shape[0]].astype(dtype)


@pytest.mark.parametrize("content", ["noise", "drawing"])
@pytest.mark.parametrize(
    ("guide_type", "dtype"),
    [("uint8", "uint16"), ("uint8", "int16"), ("uint16", "uint8"), ("int16", "uint8"),
     ("uint8", "uint8"), ("uint16", "uint16")],
)  # fmt: skip
@pytest.mark.parametrize("options", [{"lossless": True}, {"max_error": 1}])
def test_never_longer_than_the_samples_of_both(
    content: str, guide_type: str, dtype: str, options: dict[str, Any]
) -> None:
    def made(planes: int, kind: str) -> np.ndarray:
        if content == "drawing":
            return drawing((70, 90, planes), kind)
        limits = np.iinfo(kind)
        return RNG.integers(limits.min, limits.max, (70, 90, planes), kind, endpoint=True)

    guide, picture = made(3, guide_type), made(1, dtype)
    data = pellucid.compress(picture, guide=guide, **options)
    assert len(data) <= guide.nbytes + picture.nbytes + 120
    if content == "drawing":
        assert len(data) < (guide.nbytes + picture.nbytes) / 10
    back = unpacked(data)
    assert back.dtype == picture.dtype
    assert np.abs(back.astype(int) - picture).max() <= options.get("max_error", 0)
    assert np.array_equal(unpacked(data, which="guide"), guide)
    assert pellucid.verify(data).sound
    assert np.array_equal(spec_exact.decode_samples(data, FOLDER), back)
    assert np.array_equal(spec_exact.decode_samples(data, FOLDER, "guide"), guide)


def test_noise_beside_a_picture_that_is_predicted() -> None:
    """All planes of a tile are predicted or none, which costs some hundredths."""
    noise = RNG.integers(0, 256, (200, 300, 3), np.uint8)
    picture = np.tile(DEPTH, (3, 4))[:200, :300]
    assert size(picture, guide=noise) <= 1.05 * (size(noise) + size(picture))


def test_region_and_damage() -> None:
    data = pellucid.compress(DEPTH, lossless=True, guide=GUIDE)
    part = unpacked(data, region=(5, 6, 30, 20), which="guide")
    assert np.array_equal(part, GUIDE[6:26, 5:35])
    wide = np.tile(GUIDE, (1, 7, 1))
    deep = np.tile(DEPTH, (1, 7))
    data = bytearray(pellucid.compress(deep, lossless=True, guide=wide))
    data[-200] ^= 1  # in the second tile
    with pytest.raises(DamagedFileError):
        unpacked(bytes(data))
    for which, source, grey in (("picture", deep, 1 << 15), ("guide", wide, 128)):
        saved = pellucid.salvage(bytes(data), which=which)
        back = saved.picture
        assert list(saved.damaged) == [1]
        assert np.array_equal(back[:, :512], source[:, :512])
        assert (back[:, 512:] == grey).all()


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="the guide is 90 x 69 and the picture 90 x 70"):
        pellucid.compress(DEPTH, lossless=True, guide=GUIDE[1:])
    with pytest.raises(InputError, match="no type of 16 bits holds"):
        pellucid.compress(DEPTH, lossless=True, guide=GUIDE.astype(np.int16))
    with pytest.raises(OptionError, match="lossless or max_error"):
        pellucid.compress(GUIDE, guide=GUIDE)
    single = pellucid.compress(DEPTH, lossless=True)
    with pytest.raises(OptionError, match="no guide"):
        unpacked(single, which="guide")
    with pytest.raises(OptionError, match="it must be picture, guide or source"):
        unpacked(single, which="both")


@pytest.mark.parametrize(
    "start", [b"", b"\1\0\0", b"\0\0\0\1", b"\2\0\0\1", b"\1\0\3\1", b"\1\0\0\0", b"\1\0\2\2"]
)
def test_starts_that_can_not_be(start: bytes) -> None:
    with pytest.raises(DamagedFileError):
        take_pair(start, header_of(np.zeros((1, 1, 2), np.uint16), alpha=False, max_error=0))


def test_joined_and_taken_apart() -> None:
    source, pair = joined(GUIDE, DEPTH[..., None])
    both = source[0 : DEPTH.shape[0], 0 : DEPTH.shape[1]]
    assert both.shape == source.shape
    assert both.dtype == np.uint16
    assert pair == Pair(3, np.dtype("uint8"), np.dtype("uint16"))
    found: tuple[Pair, Any] = take_pair(
        pair.pack() + b"rest", header_of(np.zeros((1, 1, 4), np.uint16), alpha=False, max_error=0)
    )
    assert found == (pair, b"rest")
    both[0, 0, 1] = 256
    with pytest.raises(DamagedFileError, match="the guide are out of the range of uint8"):
        pair.check(both)
