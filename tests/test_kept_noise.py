"""A denoised base and its source in one file, from picture to picture."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from fuzz.mutate import RawChunk, join, split
from pellucid.bitstream import PelFile
from pellucid.errors import (
    DamagedFileError,
    InputError,
    OptionError,
    TargetError,
    UnknownModelError,
)
from pictures import photograph, unpacked

PHOTO = photograph(90, 130)
GRAIN = np.random.default_rng(4).normal(0, 10, PHOTO.shape)
NOISY = np.clip(np.rint(PHOTO + GRAIN), 0, 255).astype(np.uint8)
SOFT = np.clip(np.arange(130) * 4 - 90, 0, 255).astype(np.uint8) + np.zeros((90, 1), np.uint8)


def kind(dtype: str, channels: int) -> np.ndarray:
    """The noisy photograph as samples of a type, alpha the last of 2 or 4."""
    colours = NOISY[..., : 1 if channels < 3 else 3]
    samples = colours if channels in (1, 3) else np.dstack([colours, SOFT])
    if dtype == "uint8":
        return samples
    wide = samples.astype(np.int32) * 257
    return (wide if dtype == "uint16" else wide // 2).astype(dtype)


def compress(samples: Any, **options: Any) -> bytes:
    """A small file of a base, in tiles of 64, and its source."""
    wanted = {"model": "s", "quality": 30, "tile": 64, "keep_noise": True}
    return pellucid.compress(samples, **(wanted | options))


@pytest.fixture(scope="module")
def file() -> bytes:
    """Six tiles of colours, six of alpha and six of the source."""
    return compress(kind("uint8", 4))


# --- what comes back ------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_the_source_comes_back(dtype: str, channels: int) -> None:
    samples = kind(dtype, channels)
    bound = 5 if (channels + len(dtype)) % 3 == 0 else 0
    data = compress(samples, max_error=bound)
    back = unpacked(data, which="source")
    assert (back.dtype, back.shape) == (samples.dtype, samples.shape)
    off = np.abs(back.astype(int) - samples)
    assert off.max() <= bound
    base = unpacked(data)
    assert (base.dtype, base.shape) == (samples.dtype, samples.shape)
    assert np.array_equal(base, unpacked(data, which="picture"))
    if channels in (2, 4):
        assert off[..., -1].max() == 0
        assert np.array_equal(base[..., -1], samples[..., -1])
    about = pellucid.info(data)
    assert (about.source_error, about.max_error) == (bound, None)
    assert about.kept_bytes is not None
    assert 0 < about.kept_bytes < about.bytes_by_part["TILE"]
    assert pellucid.verify(data).sound


def test_the_base_is_that_of_the_denoised_picture(file: bytes) -> None:
    samples = kind("uint8", 4)
    clean = pellucid.denoise(samples)
    alone = pellucid.compress(clean, model="s", quality=30, tile=64)
    assert pellucid.info(file, latents=True).latents_sha256 == (
        pellucid.info(alone, latents=True).latents_sha256
    )
    assert np.array_equal(unpacked(file), unpacked(alone))
    exact = pellucid.compress(samples, lossless=True, tile=64)
    chunks = 12 + 4 * 12 - (12 + 4 * 6)  # a longer index, beside both headers and ends
    assert len(file) <= len(alone) + len(exact) + chunks


def test_targets_and_bounds_go_together() -> None:
    data = compress(NOISY, quality=None, size=3000, max_error=2)
    about = pellucid.info(data)
    assert about.kept_bytes is not None
    assert about.source_error == 2
    assert 2000 < about.file_bytes - about.kept_bytes <= 3000 + 30 + 4 * 6  # KEPT and the index
    assert len(data) < len(compress(NOISY, quality=None, size=3000))
    with pytest.raises(TargetError):
        compress(NOISY, quality=None, size=50)


def test_regions_scales_and_alpha_that_is_full(file: bytes) -> None:
    samples = kind("uint8", 4)
    part = unpacked(file, which="source", region=(37, 50, 61, 30))
    assert np.array_equal(part, samples[50:80, 37:98])
    assert unpacked(file, which="source", scale=4).shape == (23, 33, 4)
    full = np.dstack([NOISY, np.full(NOISY.shape[:2], 255, np.uint8)])
    assert np.array_equal(unpacked(compress(full), which="source"), full)


def test_files_are_as_in_memory(file: bytes, tmp_path: Path) -> None:
    told: list[float] = []
    options = {"model": "s", "quality": 30, "tile": 64, "keep_noise": True, "effort": 1}
    np.save(tmp_path / "a.npy", kind("uint8", 4))
    pellucid.compress_file(tmp_path / "a.npy", tmp_path / "a.pel", progress=told.append, **options)
    assert told[-1] == 1
    assert told == sorted(told)
    base = [part for part in told if part < 0.65]
    assert len(base) > 6  # refining has told, and has not counted what comes after
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.npy", which="source")
    assert np.array_equal(np.load(tmp_path / "b.npy"), kind("uint8", 4))


def test_metadata_belong_to_both(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "Pellucid Works"
    Image.fromarray(NOISY).save(tmp_path / "a.png", exif=exif)
    data = compress(tmp_path / "a.png")
    for which in ("picture", "source"):
        pellucid.decompress_file(data, tmp_path / "b.png", which=which, force=True)
        with Image.open(tmp_path / "b.png") as image:
            assert image.getexif()[0x010F] == "Pellucid Works"
    assert np.array_equal(unpacked(data, which="source"), NOISY)


def test_all_bits_are_accounted_for(file: bytes) -> None:
    bits = pellucid.explain(file).bits
    assert bits is not None
    assert bits.source > 0
    assert bits.total == pytest.approx(8 * len(file))
    assert 0 <= bits.coder < 8 * 600


# --- damage ---------------------------------------------------------------------------------------


def broken(data: bytes, *places: int) -> bytes:
    """The file with a bit of some TILEs turned over."""
    tiles = [chunk for chunk in PelFile.parse(data).chunks if chunk.type == "TILE"]
    out = bytearray(data)
    for place in places:
        out[tiles[place].end - 8] ^= 4
    return bytes(out)


def test_damage_of_the_source_costs_nothing_of_the_base(file: bytes) -> None:
    bad = broken(file, 13)
    assert np.array_equal(unpacked(bad), unpacked(file))
    said = r"source of tile 1 \(64 x 64 pixels at 64,0\)"
    with pytest.raises(DamagedFileError, match=said):
        unpacked(bad, which="source")
    assert list(pellucid.verify(bad).tiles) == [13]
    assert pellucid.verify(bad).messages[0].startswith("source of tile 1 ")
    assert pellucid.salvage(bad).damaged == {}
    saved = pellucid.salvage(bad, which="source")
    assert list(saved.damaged) == [13]
    assert saved.damage[0].startswith("damaged and filled with grey: source of tile 1 ")
    wanted = kind("uint8", 4)
    wanted[:64, 64:128] = (128, 128, 128, 255)
    assert np.array_equal(saved.picture, wanted)


def test_damage_of_the_base_costs_nothing_of_the_source(file: bytes) -> None:
    bad = broken(file, 2, 8)
    assert np.array_equal(unpacked(bad, which="source"), kind("uint8", 4))
    assert list(pellucid.salvage(bad).damaged) == [2, 8]
    assert pellucid.salvage(bad, which="source").damaged == {}


def test_the_first_part_of_a_file_has_the_base(file: bytes) -> None:
    tiles = [chunk for chunk in PelFile.parse(file).chunks if chunk.type == "TILE"]
    for end in (tiles[12].offset, tiles[14].end - 1):
        cut = file[:end]
        saved = pellucid.salvage(cut)
        assert np.array_equal(saved.picture, unpacked(file))
        assert saved.damaged == {}
        assert "truncated" in saved.damage[-1]
        lost = pellucid.salvage(cut, which="source")
        assert list(lost.damaged) == list(range(12 if end == tiles[12].offset else 14, 18))


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_a_lost_kept_costs_the_source(file: bytes, how: str) -> None:
    chunks = split(file)
    at = [chunk.type for chunk in chunks].index(b"KEPT")
    offset = len(join(chunks[:at]))
    if how == "missing":
        bad = join([*chunks[:at], *chunks[at + 1 :]])
    else:
        bad = file[: offset + 9] + bytes([file[offset + 9] ^ 1]) + file[offset + 10 :]
    with pytest.raises(DamagedFileError, match="KEPT"):
        unpacked(bad)
    assert np.array_equal(pellucid.salvage(bad).picture, unpacked(file))
    assert list(pellucid.salvage(bad, which="source").damaged) == list(range(12, 18))
    found = pellucid.verify(bad)
    assert list(found.tiles) == list(range(12, 18))
    assert "KEPT, which gives its tables, is lost" in found.tiles[12]
    assert any(
        "chunk KEPT, which gives the source's tables, is lost" in said for said in found.other
    )


def with_kept(data: bytes, payload: bytes) -> bytes:
    """The file with another chunk KEPT."""
    return join([RawChunk(c.type, payload) if c.type == b"KEPT" else c for c in split(data)])


def test_other_tables_cost_the_source_alone(file: bytes) -> None:
    other = with_kept(file, b"no such tables:(" + struct.pack("<H", 0))
    assert np.array_equal(unpacked(other), unpacked(file))
    with pytest.raises(UnknownModelError):
        unpacked(other, which="source")


def test_a_wrong_bound_gives_samples_or_a_clear_error(file: bytes) -> None:
    kept = PelFile.parse(file).kept
    assert kept is not None
    for bound in (1, 300, 16383):
        bad = with_kept(file, kept.model_id + struct.pack("<H", bound))
        assert np.array_equal(unpacked(bad), unpacked(file))
        saved = pellucid.salvage(bad, which="source")
        assert saved.picture.shape == (90, 130, 4)
        assert all(said.startswith("source of tile") for said in saved.damaged.values())


# --- what isn't taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lossless": True}, "leave lossless out"),
        ({"denoise": 0}, "leave keep_noise out"),
        ({"denoise": 2}, "denoise is 2"),
        ({"denoise": "much"}, "denoise is 'much'"),
        ({"keep_noise": 1}, "keep_noise is 1"),
        ({"max_error": 1.5}, r"max_error is 1.5; .* whole number from 0 to 16383"),
        ({"max_error": 16384}, "max_error is 16384"),
        ({"guide": NOISY}, "a guide goes with lossless or max_error only and not with keep_noise"),
        ({"nodata": 0, "max_error": 1}, "nodata is 0"),
        ({"quality": 30, "psnr": 40.0}, "give one of"),
    ],
)
def test_options_that_do_not_fit_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        compress(NOISY, **options)


def test_pictures_without_a_base_are_refused() -> None:
    with pytest.raises(InputError, match="lossless or max_error"):
        compress(NOISY.astype(np.float32))
    with pytest.raises(InputError, match="lossless or max_error keep all"):
        compress(np.dstack([NOISY, NOISY]))


@pytest.mark.parametrize("options", [{"quality": 30}, {"lossless": True}])
def test_other_files_have_no_source(options: dict[str, Any]) -> None:
    data = pellucid.compress(NOISY, **options)
    with pytest.raises(OptionError, match=r"holds no source beside its picture: .*keep_noise"):
        unpacked(data, which="source")
    with pytest.raises(OptionError, match="no guide"):
        unpacked(compress(NOISY), which="guide")
    assert pellucid.info(data).source_error is None
