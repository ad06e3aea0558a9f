"""The bits of a file, down to the byte, and where they lie."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid._api.files import open_pel
from pellucid.bitstream import DEFAULT_LIMITS
from pellucid.explaining import bit_map, exact_bits
from pellucid.runtime import find_model
from pictures import filled, photograph

WORD = 32  # bits of the coder's words


def bits_of(data: bytes):
    file = open_pel(data, DEFAULT_LIMITS)
    return bit_map(file, find_model(file.header.model_id))


def most_coder(bits) -> float:
    """The last words, and what a coder of 64 bits of state and 24 of probability loses a symbol."""
    symbols = bits.latents.size * bits.latent_channels.size
    symbols += bits.hyper.size * bits.hyper_channels.size
    return 3 * WORD + 0.01 * symbols


@pytest.mark.parametrize("quality", [0, 40, 100])
@pytest.mark.parametrize("fill", ["photograph", "noise", "black"])
def test_learned_bits_sum_to_the_file(fill, quality):
    data = pellucid.compress(filled(fill, 130, 200, 3), quality=quality, model="m")
    bits = bits_of(data)
    assert bits.total == pytest.approx(8 * len(data), abs=1e-3)
    assert bits.file_bytes == len(data)
    assert 0 <= bits.coder <= most_coder(bits)
    assert bits.latent_channels.sum() == pytest.approx(bits.latents.sum(), rel=1e-5)
    assert bits.hyper_channels.sum() == pytest.approx(bits.hyper.sum(), rel=1e-5)
    assert sum(bits.passes) == pytest.approx(bits.latents.sum(), rel=1e-5)
    assert bits.latents.shape == (12, 16)
    assert bits.hyper.shape == (3, 4)


def test_many_tiles_and_metadata(tmp_path):
    wide = np.tile(photograph(256, 256), (1, 5, 1))
    data = pellucid.compress(wide)
    bits = bits_of(data)
    tiles = pellucid.info(data).tiles
    assert tiles == 3
    assert bits.total == pytest.approx(8 * len(data), abs=1e-3)
    assert 0 <= bits.coder <= most_coder(bits) + 3 * WORD


def test_busy_places_cost_more():
    picture = np.full((128, 256, 3), 128, np.uint8)
    picture[:, 128:] = photograph(128, 128)
    bits = bits_of(pellucid.compress(picture))
    assert bits.latents[:, 8:].sum() > 5 * bits.latents[:, :8].sum()


@pytest.mark.parametrize(
    ("dtype", "channels"), [(np.uint8, 3), (np.uint8, 4), (np.uint16, 1), (np.int16, 5)]
)
@pytest.mark.parametrize("options", [{"lossless": True}, {"max_error": 3}])
def test_exact_bits_sum_to_the_file(dtype, channels, options):
    planes = filled("photograph", 90, 70, 3)[..., [0, 1, 2, 0, 1][:channels]]
    data = pellucid.compress(planes.astype(dtype), **options)
    bits = exact_bits(open_pel(data, DEFAULT_LIMITS))
    assert bits.total == 8 * len(data)
    assert bits.planes.shape == (channels,)
    assert (bits.planes > 0).sum() >= min(channels, 3)  # the fourth repeats the first
    assert 0 < bits.frame < 150
    assert bits.planes.sum() + bits.plain + bits.frame == pytest.approx(bits.tiles.sum())


def test_stored_tiles_are_told_apart():
    rng = np.random.default_rng(0)
    data = pellucid.compress(rng.integers(0, 256, (40, 40, 1), np.uint8), lossless=True)
    bits = exact_bits(open_pel(data, DEFAULT_LIMITS))
    assert bits.plain == 8 * (40 * 40 + 1)
    assert not bits.planes.any()
    assert bits.total == 8 * len(data)
