"""Lines of one colour along the edges: found, kept out of the networks' sight, drawn again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid
from pellucid.bitstream import EDGE, Edges, Header, PelFile, write_chunk
from pellucid.bitstream.edges import edges_problem
from pellucid.codec.compress import header_of
from pellucid.codec.edges import MOST_RUNS, draw, edges_of
from pellucid.codec.picture import Picture, look_at
from pellucid.errors import DamagedFileError

BLACK = (0, 0, 0)


def scene(height: int = 130, width: int = 150, channels: int = 3, dtype: str = "uint8") -> Any:
    y, x = np.mgrid[0:height, 0:width]
    waves = 0.6 + 0.2 * np.sin(x / 17) + 0.15 * np.cos((y + x) / 23)
    levels = waves[..., None] - 0.05 * np.arange(channels)
    grain = np.random.default_rng(1).normal(0, 0.01, levels.shape)
    return ((levels + grain).clip(0, 1) * np.iinfo(dtype).max).astype(dtype)


def framed(top: int, bottom: int, left: int, right: int, **options: Any) -> NDArray[Any]:
    samples = scene(**options)
    height, width = samples.shape[:2]
    samples[:top], samples[height - bottom :] = 0, 0
    samples[:, :left], samples[:, width - right :] = 0, 0
    return samples


@pytest.mark.parametrize(
    "widths", [(0, 1, 0, 0), (0, 0, 0, 1), (1, 1, 1, 1), (3, 0, 2, 5), (40, 60, 0, 0)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_lines_are_found_and_come_back_exactly(
    widths: tuple[int, int, int, int], channels: int
) -> None:
    samples = framed(*widths, channels=channels)
    edges = edges_of(samples)
    assert edges is not None
    assert edges.widths == widths
    data = pellucid.compress(samples, quality=20)
    decoded = pellucid.decompress(data).reshape(samples.shape)
    seen = np.ones(samples.shape[:2], bool)
    top, bottom, left, right = widths
    seen[top : len(seen) - bottom, left : seen.shape[1] - right] = False
    assert (decoded[seen] == samples[seen]).all()
    region = pellucid.decompress(data, region=(100, 0, 50, 130)).reshape(130, 50, channels)
    assert (region == decoded[:, 100:150]).all()


@pytest.mark.parametrize("quality", [5, 40, 80])
def test_a_dark_line_leaves_no_grain_and_costs_next_to_nothing(quality: int) -> None:
    plain, lined = scene(128, 256), scene(128, 256)
    lined[-1] = 0
    files = [pellucid.compress(one, quality=quality) for one in (plain, lined)]
    assert len(files[1]) < 1.03 * len(files[0]) + 30
    errors = [
        np.square(pellucid.decompress(file)[-9:-1].astype(float) - plain[-9:-1]).mean()
        for file in files
    ]
    assert errors[1] < 1.25 * errors[0]


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_the_range_of_deep_samples_is_that_of_the_rest(dtype: str) -> None:
    samples = scene(dtype=dtype) // 2 + 1000
    samples[-2:] = np.iinfo(dtype).min
    picture = look_at(samples, alpha=False)
    assert picture.range is not None
    assert picture.range.low == samples[:-2].min() >= 1000
    decoded = pellucid.decompress(pellucid.compress(samples, quality=60))
    assert (decoded[-2:] == np.iinfo(dtype).min).all()
    assert np.abs(decoded[:-2].astype(float) - samples[:-2]).mean() < 400


def test_a_margin_of_the_pictures_own_colour_is_coded_as_it_is() -> None:
    page = np.full((200, 200, 3), 255, np.uint8)
    page[60:140:12, 60:140:3] = 0
    assert edges_of(page) is None
    assert edges_of(np.full((64, 64, 3), 7, np.uint8)) is None
    assert edges_of(scene()) is None


def test_small_pictures_and_alpha_have_none() -> None:
    assert edges_of(framed(1, 1, 1, 1)[:31]) is None
    alpha = np.dstack([framed(1, 1, 1, 1), np.full((130, 150), 255, np.uint8)])
    assert look_at(alpha, alpha=True).edges is None


def test_a_picture_of_stripes_has_few_runs() -> None:
    stripes = np.repeat(np.arange(0, 250, 25, dtype=np.uint8).repeat(10)[:, None, None], 90, 1)
    edges = edges_of(np.tile(stripes, (1, 1, 3)))
    assert edges is not None
    assert max(map(len, edges.sides)) <= MOST_RUNS


def test_a_psnr_target_counts_the_lines_as_they_are_drawn() -> None:
    samples = framed(0, 30, 0, 0)
    decoded = pellucid.decompress(pellucid.compress(samples, psnr=36))
    error = np.square(decoded.astype(float) - samples).mean()
    assert 10 * np.log10(255**2 / error) >= 36 - 0.02


class Watched:
    """Samples that count how many were read of them."""

    def __init__(self, samples: NDArray[Any]) -> None:
        self.samples, self.shape, self.dtype = samples, samples.shape, samples.dtype
        self.read = 0

    def __getitem__(self, key: Any) -> NDArray[Any]:
        part: NDArray[Any] = self.samples[key]
        self.read += part.size
        return part


def test_an_edge_is_found_without_reading_columns_of_a_plain_picture() -> None:
    watched = Watched(scene(2000, 400))
    assert edges_of(watched) is None
    assert watched.read <= 4 * 64 * 3


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_lines_behind_a_corner_of_one_colour_are_not_read(dtype: str) -> None:
    samples = scene(2000, 400, dtype=dtype)
    samples[:100, :100] = 0
    watched = Watched(samples)
    assert edges_of(watched) is None
    assert watched.read <= (4 * 64 + 400 + 2000) * 3


def test_few_lines_are_read_for_a_frame_of_few() -> None:
    watched = Watched(framed(2, 0, 3, 0, height=2000, width=400))
    edges = edges_of(watched)
    assert edges is not None
    assert edges.widths == (2, 0, 3, 0)
    assert watched.read <= (4 * 64 + 9 * 400 + 9 * 2000) * 3


def test_a_deep_picture_is_read_once_for_lines_of_one_colour() -> None:
    samples = scene(300, 400, dtype="uint16")
    samples[:150] = 0
    watched = Watched(samples)
    edges_of(watched)
    assert watched.read <= (4 * 64 + 400 + 2 * 300 + 150 * 400) * 3


def header(**changes: Any) -> Header:
    samples = scene(**changes)

    class Model:
        id = bytes(16)

    return header_of(Picture(samples), Model(), 60)  # type: ignore[arg-type]


def test_the_payload_is_as_the_specification_says() -> None:
    edges = Edges(bottom=((1, (1, 2, 3)),), left=((300, (4, 5, 6)), (2, (7, 8, 9))))
    payload = bytes.fromhex("00 01 0100 010203 02 2c01 040506 0200 070809 00")
    shape = header(width=400)
    assert edges.pack(shape) == payload
    assert Edges.unpack(shape, payload) == edges
    assert edges_problem(shape, payload) is None
    signed = header(dtype="int16", channels=1)
    deep = Edges(top=((1, (-2,)),))
    assert deep.pack(signed).hex(" ") == "01 01 00 fe ff 00 00 00"
    assert Edges.unpack(signed, deep.pack(signed)) == deep


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "00 00 00 00",
        "01 0000 000000 00 00 00",
        "01 0100 000000 00 00",
        "01 0100 0000",
        "01 0100 000000 00 00 00 00",
        "01 8200 000000 00 00 00",
        "01 4100 000000 01 4100 000000 00 00",
        "00 00 01 9600 000000 00",
        "ff",
    ],
)
def test_a_wrong_payload_is_damage(payload: str) -> None:
    file = pellucid.compress(framed(0, 1, 0, 0), quality=10)
    right = PelFile.parse(file).edges
    assert right is not None
    head = PelFile.parse(file).header
    old, new = (
        write_chunk(EDGE, one)
        for one in (right.pack(head), bytes.fromhex(payload.replace(" ", "")))
    )
    with pytest.raises(DamagedFileError, match="EDGE"):
        pellucid.decompress(file.replace(old, new))


def test_drawing_in_parts_is_drawing_the_whole() -> None:
    edges = Edges(
        ((2, (1, 1, 1)), (3, (2, 2, 2))),
        ((4, BLACK),),
        ((5, (3, 3, 3)),),
        ((1, BLACK), (6, (9,) * 3)),
    )
    whole = scene(60, 70)
    parts = whole.copy()
    draw(whole, edges, (0, 0), whole.shape)
    assert (whole[4, :] == 2).all()
    assert (whole[-1, :] == 0).all()
    assert (whole[5:-4, 4] == 3).all()
    assert (whole[5:-4, -2] == 9).all()
    for y in range(0, 60, 7):
        for x in range(0, 70, 3):
            draw(parts[y : y + 7, x : x + 3], edges, (y, x), whole.shape)
    assert (parts == whole).all()
