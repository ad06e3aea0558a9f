"""Floats, DICOM, bands and pairs from file to file, in parts: what the way in memory gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pellucid
from opened import open_parts
from pellucid.errors import InputError, OptionError
from pictures import unpacked

RANDOM = np.random.default_rng(0)
SIDES = (530, 90)  # two tiles of exact files


def waves(channels: int, dtype: str, *, noise: float = 2.0) -> np.ndarray:
    """Smooth samples with a little noise."""
    rows, columns = np.mgrid[: SIDES[0], : SIDES[1]]
    base = 100 + 50 * np.sin(rows / 40)[..., None] * np.cos(columns / 30)[..., None]
    return (base + RANDOM.normal(0, noise, (*SIDES, channels)) + np.arange(channels)).astype(dtype)


def write_tiff(path: Path, samples: np.ndarray, **options: object) -> Path:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(path, samples, tile=(64, 64), photometric="minisblack", **options)
    return path


@pytest.mark.parametrize("options", [{"lossless": True}, {"max_error": 0.05}])
def test_floats_in_parts(tmp_path: Path, options: dict) -> None:
    samples = waves(2, "float32")
    samples[5:50, 7:90] = np.nan
    path = write_tiff(tmp_path / "a.tif", samples, planarconfig="contig")
    np.save(tmp_path / "a.npy", samples)
    with open_parts(path) as parts:
        assert parts is not None
        assert not isinstance(parts[0], np.ndarray)
    wanted = pellucid.compress(samples, **options)
    for name in ("a.tif", "a.npy"):
        pellucid.compress_file(
            tmp_path / name, tmp_path / "a.pel", metadata=False, force=True, **options
        )
        assert (tmp_path / "a.pel").read_bytes() == wanted, name
    decoded = unpacked(wanted)
    for name in ("b.npy", "b.tif"):
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / name)
    assert np.load(tmp_path / "b.npy").tobytes() == decoded.tobytes()
    with open_parts(tmp_path / "b.tif") as parts:
        assert parts is not None
        assert parts[0][0 : SIDES[0], 0 : SIDES[1]].tobytes() == decoded.tobytes()
    known = np.isfinite(samples)
    assert np.array_equal(known, np.isfinite(decoded))
    assert np.abs(decoded[known] - samples[known]).max() <= options.get("max_error", 0)
    found = pellucid.explain(wanted)
    assert found.bits is not None
    assert len(found.bits.planes) == 2
    assert found.bits.total == pytest.approx(8 * len(wanted))


def test_a_hole_that_a_geotiff_names_stays_in_floats(tmp_path: Path) -> None:
    samples = waves(1, "float32")[..., 0]
    samples[:40, :40] = -9999
    path = write_tiff(tmp_path / "a.tif", samples, extratags=[(42113, "s", 0, "-9999", True)])
    pellucid.compress_file(path, tmp_path / "a.pel", max_error=0.5)
    decoded = unpacked(tmp_path / "a.pel")[..., 0]
    assert np.array_equal(decoded == -9999, samples == -9999)


def test_pairs_in_parts(tmp_path: Path) -> None:
    guide, picture = waves(3, "uint8"), waves(1, "uint16")[..., 0]
    np.save(tmp_path / "guide.npy", guide)
    path = write_tiff(tmp_path / "a.tif", picture)
    wanted = pellucid.compress(picture, max_error=3, guide=guide)
    for source in (tmp_path / "guide.npy", guide):
        pellucid.compress_file(
            path, tmp_path / "a.pel", max_error=3, guide=source, metadata=False, force=True
        )
        assert (tmp_path / "a.pel").read_bytes() == wanted
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "g.tif", which="guide")
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "p.npy", region=(50, 505, 30, 20))
    found = pellucid.compress(tmp_path / "g.tif", lossless=True)
    assert np.array_equal(unpacked(found), guide)
    part = np.load(tmp_path / "p.npy")
    assert part.dtype == np.uint16
    assert np.abs(part.astype(int) - picture[505:525, 50:80]).max() <= 3
    bits = pellucid.explain(wanted).bits
    assert bits is not None
    assert len(bits.planes) == 4
    assert bits.total == pytest.approx(8 * len(wanted))


def test_lost_tiles_of_a_pair_are_grey_in_the_type_of_each(tmp_path: Path) -> None:
    guide, picture = waves(3, "uint8"), waves(1, "uint16")
    data = bytearray(pellucid.compress(picture, lossless=True, guide=guide))
    data[len(data) - 60] ^= 1
    for which, wanted in (("guide", guide), ("picture", picture)):
        saved = pellucid.salvage(bytes(data), which=which)
        found = saved.picture.reshape(*wanted.shape)
        assert list(saved.damaged) == [1]
        assert np.array_equal(found[:512], wanted[:512])
        assert (found[512:] == 2 ** (8 * wanted.itemsize - 1)).all()


def test_a_pair_of_floats_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="16 bits"):
        pellucid.compress(waves(1, "float32"), lossless=True, guide=waves(3, "uint8"))
    with pytest.raises(InputError, match="16 bits"):
        pellucid.compress(waves(3, "uint8"), lossless=True, guide=waves(1, "float32"))


def test_a_guide_and_nodata_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, guide = waves(1, "uint16", noise=10)[:90, :, 0], waves(3, "uint8")[:90]
    picture[20:30, 40:60] = 0
    np.save(tmp_path / "a.npy", picture)
    np.save(tmp_path / "guide.npy", guide)
    options = {"sigma": 10.0, "model": "s", "nodata": 0}
    wanted = pellucid.denoise(picture, guide=guide, **options)
    alone = pellucid.denoise(picture, **options)
    for module in (
        "denoising.flow",
        "denoising.picture",
        "pixels.lazy",
        "pixels.formats.tiff",
    ):
        monkeypatch.setattr(f"pellucid.{module}.LARGE", 1000)
    pellucid.denoise_file(
        tmp_path / "a.npy", tmp_path / "b.npy", guide=tmp_path / "guide.npy", **options
    )
    found = np.load(tmp_path / "b.npy")
    assert np.array_equal(found == 0, picture == 0)
    assert not np.array_equal(wanted, alone)
    assert np.abs(found.astype(int) - wanted).max() <= 1
    with pytest.raises(OptionError, match="same size"):
        pellucid.denoise_file(tmp_path / "a.npy", tmp_path / "c.npy", guide=guide[1:], **options)
    assert not (tmp_path / "c.npy").exists()


def test_bands_from_file_to_file(tmp_path: Path, tiny_denoiser: Path) -> None:
    bands = waves(6, "uint16", noise=8)[:70, :80]
    path = write_tiff(tmp_path / "a.tif", bands, planarconfig="contig")
    pellucid.denoise_file(path, tmp_path / "b.npy", model=str(tiny_denoiser))
    wanted = pellucid.denoise(bands, model=str(tiny_denoiser))
    assert np.array_equal(np.load(tmp_path / "b.npy"), wanted)
    pellucid.denoise_file(path, tmp_path / "c.npy", strength=0, model=str(tiny_denoiser))
    assert np.array_equal(np.load(tmp_path / "c.npy"), bands)
    for wrong in ({"guide": bands[..., 0]}, {"nodata": 0}):
        with pytest.raises(OptionError, match="bands"):
            pellucid.denoise(bands, model=str(tiny_denoiser), **wrong)
        with pytest.raises(OptionError, match="bands"):
            pellucid.denoise_file(path, tmp_path / "d.npy", model=str(tiny_denoiser), **wrong)
    with pytest.raises(OptionError, match="6 channels"):
        pellucid.denoise(bands[..., 0], guide=bands, sigma=5, model=str(tiny_denoiser))
