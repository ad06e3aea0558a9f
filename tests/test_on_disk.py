"""From file to file in parts: what the way in memory gives, and all that belongs to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pellucid
from opened import open_parts, read_samples, write_samples
from pellucid.denoising.measure import LARGE, regions_of
from pellucid.errors import InputError, OptionError, OutputError
from pellucid.pixels import ImageInfo
from pellucid.pixels.geo import nodata_of
from pictures import unpacked

RANDOM = np.random.default_rng(0)
SIDES = (600, 700)  # four tiles of exact files


def waves(channels: int, dtype: str) -> np.ndarray:
    """Smooth samples with a little noise."""
    rows, columns = np.mgrid[: SIDES[0], : SIDES[1]]
    base = 100 + 50 * np.sin(rows / 40)[..., None] * np.cos(columns / 30)[..., None]
    return (base + RANDOM.normal(0, 2, (*SIDES, channels)) + np.arange(channels)).astype(dtype)


PHOTO = waves(3, "uint8")
BANDS = waves(5, "int16")


def write_tiff(path: Path, samples: np.ndarray, **options: object) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(path, samples, tile=(64, 64), compression="zlib", **options)


def test_a_source_in_parts_gives_the_bytes_of_an_array(tmp_path: Path) -> None:
    write_tiff(tmp_path / "a.tif", BANDS, photometric="minisblack", planarconfig="contig")
    zarr = pytest.importorskip("zarr")
    store = zarr.create_array(
        tmp_path / "a.zarr", shape=BANDS.shape, chunks=(64, 64, 5), dtype="i2"
    )
    store[...] = BANDS
    np.save(tmp_path / "a.npy", BANDS)
    wanted = pellucid.compress(BANDS, max_error=2)
    for name in ("a.tif", "a.zarr", "a.npy"):
        told: list[float] = []
        about = pellucid.compress_file(
            tmp_path / name,
            tmp_path / "a.pel",
            max_error=2,
            metadata=False,
            force=True,
            progress=told.append,
        )
        assert (tmp_path / "a.pel").read_bytes() == wanted, name
        assert (about.info.tiles, told) == (4, [0.25, 0.5, 0.75, 1.0])
    assert pellucid.compress(store, max_error=2) == wanted


def test_the_learned_codec_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiff(tmp_path / "a.tif", PHOTO, photometric="rgb")
    wanted = pellucid.compress(PHOTO, quality=50, model="s", tile=256)
    options = {"model": "s", "tile": 256, "metadata": False, "page": 0}
    pellucid.compress_file(tmp_path / "a.tif", tmp_path / "a.pel", quality=50, **options)
    assert (tmp_path / "a.pel").read_bytes() == wanted
    monkeypatch.setattr("pellucid._api.files.MAPPED", 100)
    decoded = unpacked(wanted)
    for name in ("back.npy", "back.png", "back.tif"):
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / name)
        assert np.array_equal(read_samples(tmp_path / name)[0], decoded)
    box = (200, 100, 300, 400)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "part.tif", region=box)
    assert np.array_equal(read_samples(tmp_path / "part.tif")[0], decoded[100:500, 200:500])


def test_targets_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = PHOTO[:200, :150]
    write_tiff(tmp_path / "a.tif", small, photometric="rgb")
    monkeypatch.setattr("pellucid.codec.targets.FEW", 0)
    for target in ({"size": 900}, {"psnr": 34.0}):
        wanted = pellucid.compress(small, model="s", **target)
        options = {"model": "s", "metadata": False, "page": 0}
        pellucid.compress_file(
            tmp_path / "a.tif", tmp_path / "a.pel", force=True, **options, **target
        )
        assert (tmp_path / "a.pel").read_bytes() == wanted


def test_pages_come_back_as_pages(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    stack = np.ascontiguousarray(BANDS.transpose(2, 0, 1)).astype(np.uint16)[None]
    about = {"ome": True, "metadata": {"axes": "CZYX"}}
    write_tiff(tmp_path / "a.ome.tif", stack, photometric="minisblack", **about)
    pellucid.compress_file(tmp_path / "a.ome.tif", tmp_path / "a.pel", lossless=True)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.ome.tif")
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        assert file.is_ome
        assert file.series[0].axes == "ZYX"
        assert np.array_equal(file.asarray(), stack[0])
    assert np.array_equal(unpacked(tmp_path / "a.pel"), stack[0].transpose(1, 2, 0))
    assert pellucid.info(tmp_path / "a.pel").metadata["axes"] == 5
    options = {"lossless": True, "metadata": False}
    pellucid.compress_file(tmp_path / "a.ome.tif", tmp_path / "bare.pel", **options)
    assert pellucid.info(tmp_path / "bare.pel").metadata == {"axes": 5}
    pellucid.decompress_file(tmp_path / "bare.pel", tmp_path / "bare.tif")
    assert np.array_equal(tifffile.imread(tmp_path / "bare.tif"), stack[0])
    pellucid.compress_file(tmp_path / "a.ome.tif", tmp_path / "c.pel", lossless=True, page=3)
    assert np.array_equal(unpacked(tmp_path / "c.pel")[..., 0], stack[0, 3])
    with pytest.raises(InputError, match="has pages, 5 channels"):
        pellucid.compress(tmp_path / "a.ome.tif")
    with pytest.raises(OptionError, match="no page 1"):
        pellucid.compress_file(tmp_path / "a.pel", tmp_path / "d.pel", page=1)


def test_four_channels_are_no_transparency_unless_the_file_says_so(tmp_path: Path) -> None:
    four = waves(4, "uint16")
    extra = {"photometric": "minisblack", "extrasamples": ["unspecified"] * 3}
    write_tiff(tmp_path / "a.tif", four, planarconfig="contig", **extra)
    about = pellucid.compress_file(tmp_path / "a.tif", tmp_path / "a.pel", max_error=3)
    assert (about.info.channels, about.info.alpha) == (4, False)
    with pytest.raises(OutputError, match="no transparency"):
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "a.png")
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.tif")
    with open_parts(tmp_path / "b.tif") as parts:
        assert parts is not None
        assert parts[1].alpha is False
        off = parts[0][0:600, 0:700].astype(int) - four
    assert 0 < np.abs(off).max() <= 3


GEO = [
    (33550, "d", 3, (10.0, 10.0, 0.0), True),
    (33922, "d", 6, (0.0, 0.0, 0.0, 500000.0, 4600000.0, 0.0), True),
    (34735, "H", 8, (1, 1, 0, 1, 3072, 0, 1, 32632), True),
    (34737, "s", 0, "WGS 84|", True),
    (42112, "s", 0, "<GDALMetadata/>", True),
    (42113, "s", 0, "-9999", True),
]


def test_places_on_earth_survive(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    scene = BANDS.copy()
    scene[:50, :60] = -9999
    options = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None}
    write_tiff(tmp_path / "a.tif", scene, extratags=GEO, **options)
    pellucid.compress_file(tmp_path / "a.tif", tmp_path / "a.pel", max_error=4)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.tif")
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "c.tif", region=(30, 20, 100, 90))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        before = {tag: file.pages[0].tags[tag].value for tag, *_ in GEO}
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert {tag: file.pages[0].tags[tag].value for tag, *_ in GEO} == before
        found = file.asarray()
    with tifffile.TiffFile(tmp_path / "c.tif") as file:
        assert file.pages[0].tags[33922].value == (-30.0, -20.0, 0.0, 500000.0, 4600000.0, 0.0)
    assert np.array_equal(found == -9999, scene == -9999)  # GDAL's value was taken for --nodata
    assert nodata_of(read_exif(tmp_path / "b.tif")) == -9999


def read_exif(path: Path) -> bytes | None:
    with open_parts(path) as parts:
        assert parts is not None
        return parts[1].exif


def test_denoising_in_parts_is_denoising(tmp_path: Path, monkeypatch, tiny_denoiser) -> None:
    noisy = np.clip(PHOTO + RANDOM.normal(0, 12, PHOTO.shape), 0, 255).astype(np.uint8)
    floats = noisy.astype(np.float32)[..., 0] / 255
    wanted = pellucid.denoise(noisy, sigma=12, model=tiny_denoiser)
    smooth = pellucid.denoise(floats, sigma=0.05, model=tiny_denoiser)
    for module in ("denoising.flow", "denoising.picture", "pixels.formats.tiff"):
        monkeypatch.setattr(f"pellucid.{module}.LARGE", 1000)
    write_tiff(tmp_path / "a.tif", noisy, photometric="rgb", extratags=GEO[:3], metadata=None)
    told: list[float] = []
    options = {"model": tiny_denoiser, "progress": told.append}
    pellucid.denoise_file(tmp_path / "a.tif", tmp_path / "b.tif", sigma=12, **options)
    with open_parts(tmp_path / "b.tif") as parts, open_parts(tmp_path / "a.tif") as source:
        assert parts is not None
        assert source is not None
        assert np.array_equal(parts[0][0:600, 0:700], wanted)
        assert parts[1].exif == source[1].exif
    assert told[-1] == 1.0
    np.save(tmp_path / "c.npy", floats)
    pellucid.denoise_file(tmp_path / "c.npy", tmp_path / "d.npy", sigma=0.05, **options)
    assert np.array_equal(np.load(tmp_path / "d.npy"), smooth)
    floats[100:110, 50:70] = np.nan
    floats[300, 300] = -9999
    np.save(tmp_path / "c.npy", floats)
    with pytest.warns(UserWarning, match="kept as they are"):
        pellucid.denoise_file(
            tmp_path / "c.npy", tmp_path / "d.npy", sigma=0.05, force=True, **options
        )
    found = np.load(tmp_path / "d.npy")
    assert np.array_equal(np.isnan(found), np.isnan(floats))
    assert found[300, 300] == -9999
    far = np.ones(found.shape, bool)
    far[60:150, 10:110] = far[260:340, 260:340] = False
    assert np.abs(found - smooth)[far].max() < 1e-5


def test_the_noise_of_a_large_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, columns = np.mgrid[:2100, :4200]
    clean = 120 + 60 * np.sin(rows / 300) * np.cos(columns / 200)
    noisy = np.clip(clean + RANDOM.normal(0, 9, clean.shape), 0, 255).astype(np.uint8)
    some = pellucid.noise_level(noisy)
    monkeypatch.setattr("pellucid.denoising.measure.LARGE", noisy.size)
    whole = pellucid.noise_level(noisy)
    monkeypatch.undo()
    assert some == pellucid.noise_level(noisy)
    assert abs(some.sigma / 9 - 1) < 0.1
    assert abs(some.sigma / whole.sigma - 1) < 0.05
    assert some.jpeg_quality is None


def test_thin_pictures_have_regions() -> None:
    for shape in ((5, 30000, 1), (30000, 5, 3), (700, 9000, 1), (513, 513, 1)):
        found = regions_of(np.zeros(shape, np.uint8))
        assert found.shape[2] == shape[2]
        assert min(found.shape[:2]) >= min(5, *shape[:2])
        assert found.shape[0] * found.shape[1] <= LARGE


def test_regions_are_on_the_grid_of_jpeg() -> None:
    found = regions_of(np.indices((1801, 1217), np.int16).transpose(1, 2, 0))
    height, width = found.shape[:2]
    assert height * width == 7 * 4 * 256 * 256
    assert (found[..., 0] % 8 == np.arange(height)[:, None] % 8).all()
    assert (found[..., 1] % 8 == np.arange(width) % 8).all()
    seen = np.zeros((1801, 1217), bool)
    seen[found[..., 0], found[..., 1]] = True
    assert np.count_nonzero(seen) == height * width, "no sample twice"


def test_an_existing_output_is_kept(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", BANDS[:20, :30])
    (tmp_path / "a.pel").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        pellucid.compress_file(tmp_path / "a.npy", tmp_path / "a.pel", lossless=True)
    with pytest.raises(InputError):
        pellucid.compress_file(tmp_path / "none.npy", tmp_path / "b.pel", lossless=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "a.pel"]
    write_samples(tmp_path / "c.tif", BANDS[:20, :30], ImageInfo(30, 20, 5))
    assert (tmp_path / "c.tif").stat().st_size > 100
