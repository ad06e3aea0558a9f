"""The same integers from every way to compute them, for each model."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coded import Coded, coded, decoded
from pellucid.bitstream import PelFile, write_file
from pellucid.codec import latents_sha256
from pellucid.codec.decompress import tile_reader
from pellucid.runtime import CodecModel
from pictures import filled, photograph
from spec_files import spec

PICTURES = {
    "photograph": (photograph(120, 200), 60),
    "extremes": (filled("dots", 70, 130, 1), 100),
    "smallest": (filled("noise", 1, 1, 3), 0),
}


def slow(name: str) -> Any:
    """A parameter of tests that take long."""
    return pytest.param(name, marks=pytest.mark.slow)


@pytest.fixture(params=PICTURES)
def made(request: pytest.FixtureRequest, codec_model: CodecModel) -> tuple[CodecModel, Coded]:
    """A picture in tiles of 64, with the latents the encoder meant."""
    pixels, quality = PICTURES[request.param]
    made = coded(pixels, codec_model, quality, tile_log2=6)
    return codec_model, made


def decoded_sha256(compressed: Coded, model: CodecModel, order: list[int]) -> str:
    """Fingerprint of the latents, the tiles being decoded in `order`."""
    read = tile_reader(compressed.header, compressed.tiles.__getitem__, model)
    tiles = {number: read(number) for number in order}
    return latents_sha256(tiles[number] for number in sorted(tiles))


def test_decoder_threads_tile_order(made: tuple[CodecModel, Coded]) -> None:
    model, compressed = made
    meant = latents_sha256(compressed.latents)
    order = list(range(compressed.header.tile_count))
    assert decoded_sha256(compressed, model, order) == meant
    two = CodecModel(model.folder, threads=2)
    random.Random(0).shuffle(order)
    assert decoded_sha256(compressed, two, order) == meant


@pytest.mark.parametrize("layout", ["as it comes", "channels_last"])
def test_pytorch(made: tuple[CodecModel, Coded], layout: str) -> None:
    assert decoded_with_torch(made, "float32", layout) == latents_sha256(made[1].latents)


@pytest.mark.parametrize("codec_model", ["tiny", *(slow(name) for name in "sm")], indirect=True)
def test_pytorch_in_float64(made: tuple[CodecModel, Coded]) -> None:
    assert decoded_with_torch(made, "float64", "as it comes") == latents_sha256(made[1].latents)


def decoded_with_torch(made: tuple[CodecModel, Coded], dtype: str, layout: str) -> str:
    """Fingerprint of the latents that PyTorch's kernels lead to."""
    torch = pytest.importorskip("torch", exc_type=ImportError)
    from torch_reference import with_torch

    model, compressed = made
    channels_last = layout == "channels_last"
    other = with_torch(model, getattr(torch, dtype), channels_last=channels_last)
    return decoded_sha256(compressed, other, list(range(compressed.header.tile_count)))


def test_numpy_by_the_specification(made: tuple[CodecModel, Coded]) -> None:
    model, compressed = made
    data = write_file(compressed.header, {}, compressed.tiles)
    meant = latents_sha256(compressed.latents)
    assert spec.decode_latents(data, model.folder).sha256() == meant


def test_pixels_by_the_specification(codec_model: CodecModel, tmp_path: Path) -> None:
    pytest.importorskip("onnx", exc_type=ImportError)
    made = coded(photograph(70, 90), codec_model, 60)
    file = PelFile.parse(write_file(made.header, {}, made.tiles))
    read = tile_reader(file.header, file.tile, codec_model)
    ours = decoded(file.header, read, codec_model).astype(int)
    theirs = spec.decode_pixels(write_file(made.header, {}, made.tiles), codec_model.folder)
    assert np.abs(ours - theirs).max() <= 1
    assert np.mean(ours != theirs) < 0.01


def test_extreme_latents_stay_exact(codec_model: CodecModel) -> None:
    """Random latents of any size, far beyond what pictures give, and the worst ones for sums."""
    from pellucid.codec.latents import decode_latents, encode_latents

    rng = np.random.default_rng(5)
    shape = (codec_model.latents, 8, 8)
    wild = rng.standard_normal(shape) * 10.0 ** rng.uniform(-1, 5, (shape[0], 1, 1))
    worst = np.broadcast_to(rng.choice([-1e6, 1e6], (shape[0], 1, 1)), shape)
    for y in (wild, worst):
        payload, meant = encode_latents(codec_model, y.astype(np.float32), 50)
        found = decode_latents(codec_model, payload, 50, 8, 8)
        assert latents_sha256([found]) == latents_sha256([meant])
        by_spec = spec.decode_tile(spec.read_model(codec_model.folder), 50, 128, 128, payload)
        assert (by_spec.z == meant.z).all()
        assert (by_spec.y == meant.y).all()
