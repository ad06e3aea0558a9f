"""Windows with a stand-in for the network whose reach is known exactly."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from pellucid.denoising.picture import Picture
from pellucid.denoising.remove import denoise_array, whole
from pellucid.pixels.windows import windows

MULTIPLE, REACH = 4, 10


class Sums:
    """Sums within `REACH` samples, and a term for the place within a cell of `MULTIPLE`.

    Beyond its input it sees zeros, as the network does; it keeps the sizes it was given.
    """

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, noisy: np.ndarray, maps: np.ndarray) -> np.ndarray:
        assert noisy.dtype == maps.dtype == np.float32
        assert noisy.flags.c_contiguous
        height, width = noisy.shape[2:]
        assert (noisy.shape, maps.shape) == ((1, 3, height, width), (1, 2, height, width))
        assert height % MULTIPLE == width % MULTIPLE == 0
        self.sizes.append((height, width))
        x = noisy + maps.sum(axis=1, keepdims=True)
        side = 2 * REACH + 1
        for axis in (2, 3):
            pad = [(0, 0)] * 4
            pad[axis] = (REACH, REACH)
            views = np.lib.stride_tricks.sliding_window_view(np.pad(x, pad), side, axis)
            x = views.sum(axis=-1, dtype=np.float32)
        y, x_place = np.mgrid[:height, :width] % MULTIPLE
        return x + (y * MULTIPLE + x_place).astype(np.float32)


def whole_numbers(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture and maps whose sums are exact in floats."""
    rng = np.random.default_rng(height * 1000 + width)
    noisy = rng.integers(0, 9, (3, height, width)).astype(np.float32)
    return noisy, rng.integers(1, 5, (2, height, width)).astype(np.float32)


def run(net: Sums, noisy: np.ndarray, maps: np.ndarray, window: int) -> np.ndarray:
    return through(net, noisy, maps, REACH, window)


def through(net: Sums, noisy: np.ndarray, maps: np.ndarray, reach: int, window: int) -> np.ndarray:
    """(3, H, W): what the windows give together, 0 where the maps are."""
    out = np.zeros_like(noisy)
    size = noisy.shape[1:]
    for box, outer in windows(size, multiple=MULTIPLE, reach=reach, window=window):
        if maps[:, *box.slices].any():
            shown = (whole(part[:, *outer.slices], MULTIPLE) for part in (noisy, maps))
            out[:, *box.slices] = net(*shown)[0][:, *box.within(outer)]
    return out


SIZES = [(1, 1), (1, 50), (33, 1), (3, 7), (16, 16), (17, 65), (40, 90), (64, 31)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("window", [4, 16, 32])
def test_windows_give_what_the_whole_gives(size: tuple[int, int], window: int) -> None:
    noisy, maps = whole_numbers(*size)
    net = Sums()
    tiled = run(net, noisy, maps, window)
    assert tiled.shape == noisy.shape
    assert np.array_equal(tiled, run(Sums(), noisy, maps, 1024))
    margin = -(-REACH // MULTIPLE) * MULTIPLE
    shown = max(height * width for height, width in net.sizes)
    assert shown <= (window + 2 * margin) ** 2, "memory is bounded"


@pytest.mark.parametrize("size", SIZES)
def test_sides_are_made_whole_by_mirroring(size: tuple[int, int]) -> None:
    noisy, maps = whole_numbers(*size)
    pad = ((0, 0), (0, -size[0] % MULTIPLE), (0, -size[1] % MULTIPLE))
    padded = [np.pad(part, pad, "symmetric")[None] for part in (noisy, maps)]
    expected = Sums()(*padded)[0, :, : size[0], : size[1]]
    assert np.array_equal(run(Sums(), noisy, maps, 1024), expected)


def test_windows_with_nothing_to_do_are_not_run() -> None:
    runs = []

    class Model:
        multiple, reach = MULTIPLE, REACH

        def noise(self, noisy: np.ndarray, _maps: np.ndarray) -> np.ndarray:
            runs.append(noisy.shape)
            return np.ones_like(noisy)

    picture = np.full((64, 96, 1), 9, np.float32)
    weight = np.zeros((64, 96), np.float32)
    weight[32:, 72:] = 1
    clean = denoise_array(picture, 1.0, weight, Model(), window=32)
    assert len(runs) == 1
    assert np.array_equal(clean != picture, weight[..., None] > 0)
    assert np.array_equal(denoise_array(picture, 1.0, 0 * weight, Model(), window=32), picture)
    assert len(runs) == 1


def test_too_small_a_reach_would_show() -> None:
    noisy, maps = whole_numbers(48, 48)
    alone = run(Sums(), noisy, maps, 1024)
    short = through(Sums(), noisy, maps, REACH - 4, 16)
    assert not np.array_equal(short, alone)


@pytest.mark.parametrize("size", SIZES)
def test_windows_cover_a_picture_once_and_see_whole_cells(size: tuple[int, int]) -> None:
    covered, shapes = np.zeros(size, int), set()
    for inner, box in windows(size, multiple=MULTIPLE, reach=REACH, window=16):
        covered[inner.slices] += 1
        shapes.add(tuple(-(-side // MULTIPLE) for side in (box.height, box.width)))
        assert box.y % MULTIPLE == box.x % MULTIPLE == 0
        assert box.bottom % MULTIPLE == 0 or box.bottom == size[0]
        assert box.right % MULTIPLE == 0 or box.right == size[1]
    assert (covered == 1).all()
    assert len(shapes) == 1, "an engine that compiles for each shape does so once"


def test_a_survey_keeps_no_more_than_it_needs() -> None:
    """Views of the parts it looked through would keep the whole picture in memory."""

    class Made:
        shape, dtype = (5000, 5000, 3), np.dtype(np.uint8)

        def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
            rows, columns = (len(range(*part.indices(5000))) for part in key)
            return np.full((rows, columns, 3), 7, np.uint8)

    tracemalloc.start()
    survey = Picture(Made())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (survey.low, survey.high) == (7, 7)
    assert peak < 30e6
