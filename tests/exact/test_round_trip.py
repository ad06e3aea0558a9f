"""Every sample comes back as it was, or within the bound, whatever the picture."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from threadpoolctl import threadpool_info

import pellucid
from pictures import FILLS, filled, photograph, unpacked

DTYPES = ("uint8", "uint16", "int16")
SHAPES = ((1, 1, 1), (1, 7, 1), (9, 1, 2), (2, 2, 5), (17, 17, 13), (33, 65, 3), (31, 70, 4))
OVERHEAD = 84 + 3 + 1  # of the container, a tile's kind and bound, and to whole words


def spread(picture: np.ndarray, dtype: str) -> np.ndarray:
    """8-bit samples over the whole range of `dtype`."""
    limits = np.iinfo(dtype)
    return (picture.astype(np.int64) * (limits.max - limits.min) // 255 + limits.min).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fill", ["constant", "gradient", "noise", "dots"])
def test_all_shapes_types_and_bounds(fill: str, shape: tuple[int, ...], dtype: str) -> None:
    samples = spread(filled(fill, *shape), dtype)
    for bound in (0, 1, 300):
        data = pellucid.compress(samples, max_error=bound)
        back = unpacked(data)
        assert back.dtype == samples.dtype
        assert back.shape == samples.shape
        off = np.abs(back.astype(np.int64) - samples)
        assert off.max() <= bound
        if shape[2] in (2, 4):
            assert not off[..., -1].any(), "alpha is kept"
        assert len(data) <= samples.nbytes + OVERHEAD
        assert pellucid.info(data).max_error == bound
        assert pellucid.verify(data).sound


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4)),
    st.sampled_from(DTYPES),
    st.integers(0, 40),
    st.integers(0, 2**32 - 1),
)
def test_any_samples(shape: tuple[int, int, int], dtype: str, bound: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    limits = np.iinfo(dtype)
    steps = rng.standard_t(2, shape) * 10.0 ** rng.uniform(-1, 4)
    samples = np.cumsum(steps, axis=int(rng.integers(2))).clip(limits.min, limits.max)
    samples = samples.astype(dtype)
    back = unpacked(pellucid.compress(samples, max_error=bound))
    assert np.abs(back.astype(np.int64) - samples).max() <= bound


@pytest.mark.parametrize("fill", FILLS)
def test_several_tiles_and_regions(fill: str) -> None:
    samples = np.tile(filled(fill, 300, 280, 3), (2, 2, 1))[:530, :520]
    data = pellucid.compress(samples, lossless=True)
    assert pellucid.info(data).tiles == 4
    assert np.array_equal(unpacked(data), samples)
    for x, y, w, h in ((0, 0, 1, 1), (500, 505, 20, 25), (511, 0, 2, 530), (0, 512, 520, 1)):
        part = unpacked(data, region=(x, y, w, h))
        assert np.array_equal(part, samples[y : y + h, x : x + w])


def test_photographs_get_smaller_than_in_png_and_a_bound_helps() -> None:
    samples = photograph(384, 384, left=64)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG", optimize=True)
    lossless = len(pellucid.compress(samples, lossless=True))
    assert lossless < 0.85 * file.tell()
    assert len(pellucid.compress(samples, max_error=1)) < 0.7 * lossless


def test_bands_together_are_smaller_than_apart() -> None:
    light = photograph(200, 200).astype(np.float64)
    rng = np.random.default_rng(1)
    mixes = rng.dirichlet((1, 1, 1), 6)
    bands = light @ mixes.T * 40 + rng.normal(0, 20, (200, 200, 6))
    bands = bands.clip(0, 65535).astype(np.uint16)
    together = len(pellucid.compress(bands, lossless=True))
    apart = sum(len(pellucid.compress(bands[..., n], lossless=True)) for n in range(6))
    assert together < 0.9 * apart


def test_the_same_samples_give_the_same_bytes_on_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = np.tile(photograph(), (3, 3, 1))
    files = []
    for threads in ("1", "2"):
        monkeypatch.setenv("PELLUCID_THREADS", threads)
        files.append(pellucid.compress(samples, lossless=True))
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (np.zeros((4, 4), np.float64), "float64.*astype.'float32'"),
        (np.zeros((4, 4), bool), "astype"),
        (np.zeros((4, 4), np.int32), "int32"),
        (np.zeros((0, 4), np.uint8), "no picture"),
        (np.zeros((2, 2, 2, 2), np.uint8), "no picture"),
        (np.ma.masked_array(np.zeros((4, 4), np.uint8)), "masked"),
    ],
)
def test_what_cannot_be_kept_is_refused(image: np.ndarray, error: str) -> None:
    with pytest.raises(pellucid.errors.InputError, match=error):
        pellucid.compress(image, lossless=True)


def test_byte_order_of_an_array_does_not_matter() -> None:
    samples = spread(photograph(40, 50), "uint16")
    swapped = samples.astype(">u2")
    assert pellucid.compress(swapped, lossless=True) == pellucid.compress(samples, lossless=True)


def test_two_calls_at_once_leave_the_threads_as_they_were() -> None:
    data = pellucid.compress(np.tile(photograph(128, 128), (5, 1, 1)), lossless=True)

    def threads() -> list[int]:
        return [int(one["num_threads"]) for one in threadpool_info() if one["user_api"] == "blas"]

    before = threads()
    with ThreadPoolExecutor(4) as pool:
        for back in pool.map(lambda _: unpacked(data), range(12)):
            assert back.shape == (640, 128, 3)
    assert threads() == before


def test_metadata_of_a_pillow_image_are_kept() -> None:
    image = Image.fromarray(photograph(20, 30))
    file = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    image.save(file, "PNG", exif=exif, icc_profile=b"profile" * 20)
    with Image.open(file) as opened:
        data = pellucid.compress(opened, lossless=True)
    assert pellucid.info(data).metadata.keys() == {"exif", "icc"}


def test_a_file_with_a_damaged_first_tile_tells_its_bound() -> None:
    samples = np.tile(photograph(), (1, 3, 1))
    data = bytearray(pellucid.compress(samples, max_error=2))
    data[300] ^= 1
    assert pellucid.info(bytes(data)).max_error == 2
    (message,) = pellucid.verify(bytes(data)).messages
    assert message.startswith("tile 0 (512 x 256 pixels at 0,0)")
