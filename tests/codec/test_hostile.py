"""Valid containers around payloads that no encoder makes: only pellucid's errors, soon."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid.bitstream import write_file
from pellucid.codec.compress import header_of
from pellucid.codec.latents import decode_latents
from pellucid.codec.picture import Picture
from pellucid.errors import DamagedFileError, PellucidError
from pellucid.runtime import CodecModel
from work import calls_of

words = st.lists(st.integers(0, 2**32 - 1), max_size=200).map(
    lambda values: np.array(values, "<u4").tobytes()
)


@settings(max_examples=60)
@given(st.binary(max_size=300) | words, st.integers(0, 100), st.integers(1, 2))
def test_random_payloads(tiny: CodecModel, payload: bytes, quality: int, columns: int) -> None:
    try:
        found = decode_latents(tiny, payload, quality, 4, 4 * columns)
    except PellucidError:
        return
    assert found.y.shape == (tiny.latents, 4, 4 * columns)


@settings(max_examples=30)
@given(words, st.integers(0, 100), st.integers(0, 2**32 - 1))
def test_files_with_random_payloads(
    tiny: CodecModel, tiny_installed: str, payload: bytes, quality: int, seed: int
) -> None:
    height, width, channels = np.random.default_rng(seed).choice([1, 3, 3], 3)
    header = header_of(Picture(np.zeros((height, width, channels), np.uint8)), tiny, quality)
    data = write_file(header, {}, [payload])
    try:
        assert pellucid.decompress(data).size == height * width * channels
    except DamagedFileError as error:
        assert "tile 0" in str(error)  # noqa: PT017 - it need not be raised
    assert pellucid.salvage(data).channels == channels


@pytest.mark.parametrize("payload", [b"", b"\xff" * 4, b"\xff" * 4000, bytes(range(256)) * 16])
def test_a_large_tile_with_a_small_payload_takes_little_time(
    tiny: CodecModel, payload: bytes
) -> None:
    def decode() -> None:
        with suppress(DamagedFileError):
            decode_latents(tiny, payload, 100, 64, 64)

    assert calls_of(decode) < 5000


@pytest.mark.parametrize("cut", [4, 8, 400])
def test_cut_or_lengthened_payloads_are_damage_or_another_tile(tiny: CodecModel, cut: int) -> None:
    """Words that run out in time end as they must: only a checksum tells."""
    from pellucid.codec.latents import encode_latents

    y = np.random.default_rng(1).normal(0, 3, (tiny.latents, 8, 8)).astype(np.float32)
    payload, meant = encode_latents(tiny, y, 50)
    for broken in (payload[:-cut], payload[cut:], payload + b"\1" * cut, b"\1" * cut + payload):
        with suppress(DamagedFileError):
            found = decode_latents(tiny, broken, 50, 8, 8)
            assert (found.y != meant.y).any() or (found.z != meant.z).any()
