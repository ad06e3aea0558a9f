"""Texture masks errors, smooth places show them; only models that are tuned for the eye mind it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import pytest

from pellucid.codec import compress_tiles, header_of
from pellucid.codec.distortion import Distortion
from pellucid.codec.masking import LEAST, MOST, RADIUS, local_mean, visibility
from pellucid.codec.picture import Picture
from pellucid.runtime import CodecModel
from pictures import photograph


def test_local_means_are_those_of_the_squares_around() -> None:
    plane = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    side = 2 * RADIUS + 1
    grown = np.pad(plane.astype(float), RADIUS, mode="edge")
    squares = np.lib.stride_tricks.sliding_window_view(grown, (side, side))
    assert local_mean(plane) == pytest.approx(squares.mean(axis=(2, 3)), abs=1e-9)


def test_errors_count_more_where_it_is_smooth() -> None:
    samples = np.full((64, 128, 3), 100.0, np.float32)
    samples[:, 64:] += np.random.default_rng(0).normal(0, 40, (64, 64, 1))
    found = visibility(samples)
    assert found.dtype == np.float32
    assert found[:, :50].min() > 2 * found[:, 80:].max()
    assert LEAST <= found.min() <= found.max() <= MOST
    assert visibility(samples[:1, :1]).shape == (1, 1)


def test_a_part_has_the_weights_of_the_whole() -> None:
    picture = photograph(96, 96).astype(np.float32)
    part = visibility(picture[10:80, 20:96])
    assert part[RADIUS:-RADIUS, RADIUS:] == pytest.approx(visibility(picture)[18:72, 28:], rel=1e-5)


def test_only_a_model_for_the_eye_weighs_errors(tiny: CodecModel) -> None:
    picture = Picture(photograph(64, 64) // 4)
    header = header_of(picture, tiny, 50)

    def made() -> tuple[float, bytes]:
        ((_, plain),) = compress_tiles(picture, tiny, header)
        ((refined, _),) = compress_tiles(picture, tiny, header, 2)
        distortion = Distortion(picture, tiny, header, header.box, plain.in_steps)
        with ThreadPoolExecutor(1) as pool:
            return distortion.of(plain.in_steps, pool), refined

    plain, file = made()
    with mock.patch.object(tiny, "tune", "eye"):
        weighted, other = made()
    assert weighted != pytest.approx(plain, rel=0.01)
    assert other != file
