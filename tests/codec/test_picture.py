"""16 bits to what the networks take, and back by the arithmetic of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.bitstream import SampleRange
from pellucid.codec.picture import Picture, from_levels, look_at, to_levels


class Parts:
    """A source that notes how much of it was asked for at once."""

    def __init__(self, samples: np.ndarray) -> None:
        self._samples, self.most = samples, 0
        self.shape, self.dtype = samples.shape, samples.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
        part = self._samples[key]
        self.most = max(self.most, part.shape[0] * part.shape[1])
        return part


def test_the_range_is_that_of_what_can_be_seen() -> None:
    samples = np.full((1100, 1030, 4), 5000, np.uint16)
    samples[1050, 3, 1], samples[7, 1029, 2] = 4000, 6500
    samples[9, 9] = (0, 65535, 0, 0)  # hidden
    source = Parts(samples)
    found = look_at(source, alpha=True)
    assert found.range == SampleRange(4000, 6500)
    assert source.most <= 1024 * 1024
    assert look_at(samples[..., :3], alpha=False).range == SampleRange(0, 65535)
    assert found.peak == 2500
    assert found.colours == 3


def test_8_bits_are_seen_as_they_are() -> None:
    samples = np.zeros((5, 5, 3), np.uint8)
    assert look_at(samples, alpha=False) == Picture(samples)
    assert Picture(samples).seen() is samples
    assert Picture(samples).peak == 255


@pytest.mark.parametrize(("low", "high"), [(0, 65535), (80, 4095), (-32768, 32767), (-7, -6)])
def test_there_and_back_is_exact(low: int, high: int) -> None:
    """The network's 0 to 255 in float32 keep 16 bits apart."""
    found = SampleRange(low, high)
    samples = np.arange(low, high + 1)[:, None, None].repeat(3, axis=2)
    levels = to_levels(samples, found)
    assert levels.dtype == np.float32
    assert (levels.min(), levels.max()) == (0, 255)
    assert np.array_equal(from_levels(levels, found, 3), samples)
    assert np.array_equal(from_levels(levels, found, 1), samples[..., :1])


def test_any_output_of_the_network_gives_samples_in_the_range() -> None:
    wild = np.array([np.nan, np.inf, -np.inf, -3, 300, 1e38], np.float32)
    levels = wild[:, None, None].repeat(3, axis=2)
    assert from_levels(levels, SampleRange(-5, 90), 3)[:, 0, 0].tolist() == [-5, 90, -5, -5, 90, 90]
    assert (from_levels(levels, SampleRange(12345, 12345), 1) == 12345).all()
    halves = np.array([0.5, 1.5, 2.5], np.float32)[:, None, None].repeat(3, axis=2)
    assert from_levels(halves, SampleRange(0, 255), 3)[:, 0, 0].tolist() == [0, 2, 2]
    assert not to_levels(np.full((2, 2, 1), 9), SampleRange(9, 9)).any()
