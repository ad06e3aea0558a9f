"""Transparency and 16 bits with loss, from picture to picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import pellucid
from pellucid.bitstream import PelFile, write_chunk
from pellucid.cli import main
from pellucid.errors import DamagedFileError, InputError, OptionError, TargetError
from pictures import photograph, unpacked

SIDE = 200
Y, X = np.mgrid[:SIDE, :SIDE]
REACH = np.hypot(Y - 90, X - 110)
CLEAR = np.clip((80 - REACH) * 20, 0, 255).astype(np.uint8)  # a soft disc
PHOTO = photograph(SIDE, SIDE)
SPRITE = np.dstack([PHOTO, CLEAR])


def psnr(one: np.ndarray, two: np.ndarray, peak: float, where: np.ndarray | None = None) -> float:
    difference = np.square(one.astype(np.float64) - two)
    error = (difference if where is None else difference[where]).mean()
    return float(10 * np.log10(peak**2 / error))


def deep(samples: np.ndarray, dtype: str) -> np.ndarray:
    """8 bits over the whole range of a type."""
    return (samples.astype(np.int32) * 257 + np.iinfo(dtype).min).astype(dtype)


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_every_kind_comes_back_as_it_was(dtype: str, channels: int) -> None:
    colours = PHOTO[..., :1] if channels < 3 else PHOTO
    samples = colours if dtype == "uint8" else deep(colours, dtype)
    if channels in (2, 4):
        full = np.iinfo(dtype).max
        alpha = CLEAR if dtype == "uint8" else (CLEAR.astype(int) * full // 255).astype(dtype)
        samples = np.dstack([samples, alpha])
    data = pellucid.compress(samples, quality=70, model="s")
    assert data == pellucid.compress(samples, quality=70, model="s")
    back = unpacked(data)
    assert (back.dtype, back.shape) == (samples.dtype, samples.shape)
    visible = np.ones((SIDE, SIDE), bool)
    if channels in (2, 4):
        assert np.array_equal(back[..., -1], samples[..., -1])
        visible = samples[..., -1] > 0
    shown, wanted = back[visible, : colours.shape[2]], samples[visible, : colours.shape[2]]
    assert psnr(shown, wanted, 255 if dtype == "uint8" else 65535) > 31
    part = unpacked(data, region=(37, 50, 101, 90))
    assert np.abs(part.astype(int) - back[50:140, 37:138]).max() <= 257
    about = pellucid.info(data, latents=True)
    assert about.dtype == dtype
    assert about.alpha == (channels in (2, 4))
    assert (about.sample_range is None) == (dtype == "uint8")
    assert pellucid.verify(data).sound


def test_16_bits_cost_and_are_worth_what_8_are() -> None:
    for quality in (30, 60, 90):
        plain = pellucid.compress(PHOTO, quality=quality)
        wide = pellucid.compress(deep(PHOTO, "uint16"), quality=quality)
        assert len(wide) == pytest.approx(len(plain), rel=0.02, abs=40)
        one = psnr(unpacked(plain), PHOTO, 255)
        two = psnr(unpacked(wide), deep(PHOTO, "uint16"), 65535)
        assert two == pytest.approx(one, abs=0.1)


def test_12_bits_use_the_whole_range_of_the_network() -> None:
    small = (PHOTO.astype(np.uint16) << 4) + 100
    back = unpacked(pellucid.compress(small, quality=60))
    wide = deep(PHOTO, "uint16")
    full = unpacked(pellucid.compress(wide, quality=60))
    span = int(np.ptp(small))
    assert psnr(back, small, span) == pytest.approx(psnr(full, wide, int(np.ptp(wide))), abs=0.1)


def test_a_slope_has_no_bands() -> None:
    slope = (1000 + 20 * (X + Y)).astype(np.uint16)
    back = unpacked(pellucid.compress(slope, quality=60))[..., 0]
    assert len(np.unique(back)) > 2000  # of 8000 that lie in it; 8 bits would give 256
    assert psnr(back, slope, int(np.ptp(slope))) > 45
    steps = np.abs(np.diff(back[100].astype(int)))
    assert np.median(steps) < 2 * 20


def test_one_value_comes_back_exactly() -> None:
    for value, dtype in ((0, "uint16"), (12345, "uint16"), (65535, "uint16"), (-32768, "int16")):
        samples = np.full((70, 40, 3), value, dtype)
        assert np.array_equal(unpacked(pellucid.compress(samples)), samples)


# --- what alpha hides -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_hidden_colours_cost_nothing_and_do_not_bleed(dtype: str) -> None:
    sprite = SPRITE if dtype == "uint8" else SPRITE.astype(np.uint16) * 257
    flat, noise = sprite.copy(), sprite.copy()
    hidden = CLEAR == 0
    flat[hidden, :3] = 0
    top = np.iinfo(dtype).max + 1
    noise[hidden, :3] = np.random.default_rng(1).integers(0, top, (hidden.sum(), 3))
    data = pellucid.compress(noise, quality=60)
    assert data == pellucid.compress(flat, quality=60)
    on_grey = np.where(hidden[..., None], np.iinfo(dtype).max // 2, sprite[..., :3]).astype(dtype)
    opaque = pellucid.compress(on_grey, quality=60)
    colours = PelFile.parse(data)
    assert len(colours.tile(0)) < 1.05 * len(PelFile.parse(opaque).tile(0))
    edge = (CLEAR > 0) & (CLEAR < 255)
    peak = np.iinfo(dtype).max
    ours = psnr(unpacked(data)[..., :3], sprite[..., :3], peak, edge)
    whole = unpacked(pellucid.compress(sprite[..., :3].copy(), quality=60))
    assert ours > psnr(whole, sprite[..., :3], peak, edge) - 0.6  # of an edge that isn't there
    assert ours > psnr(unpacked(opaque), sprite[..., :3], peak, edge)


def test_no_dark_fringe_beyond_the_edge() -> None:
    """White on black that is hidden: what a viewer that interpolates mixes in is white too."""
    sprite = np.zeros((SIDE, SIDE, 4), np.uint8)
    sprite[CLEAR > 0] = (255, 255, 255, 0)
    sprite[..., 3] = CLEAR
    back = unpacked(pellucid.compress(sprite, quality=60, model="m"))
    white = unpacked(pellucid.compress(np.full((SIDE, SIDE, 3), 255, np.uint8), model="m"))
    assert np.array_equal(back[..., :3], white)


def test_alpha_that_is_full_stays_in_arrays_and_is_next_to_nothing() -> None:
    opaque = np.dstack([PHOTO, np.full((SIDE, SIDE), 255, np.uint8)])
    data = pellucid.compress(opaque, quality=60)
    assert np.array_equal(unpacked(data)[..., 3], opaque[..., 3])
    assert len(data) < len(pellucid.compress(PHOTO, quality=60)) + 130


# --- targets --------------------------------------------------------------------------------------


def test_targets_count_the_whole_file_and_what_can_be_seen() -> None:
    small = SPRITE[40:140, 50:150]
    alpha = len(PelFile.parse(pellucid.compress(small)).tile(0, layer=4))
    limit = alpha + 2200
    data = pellucid.compress(small, size=limit)
    assert len(data) <= limit
    better = pellucid.info(data).quality + 1
    assert len(pellucid.compress(small, quality=better)) > limit
    about = pellucid.info(pellucid.compress(small, quality=0))
    took = alpha + 17 + 28 + 20  # its tile, ALPH, and TIDX, which colours alone don't need
    assert about.bytes_by_part["TILE"] > alpha + 17
    said = f"takes at least {about.file_bytes} bytes .*without loss, takes {took} bytes of it"
    with pytest.raises(TargetError, match=said):
        pellucid.compress(small, size=alpha)
    with pytest.raises(TargetError, match=f"takes {8 * took / 10000:.6g} of it; choose"):
        pellucid.compress(small, bpp=0.1)
    with pytest.raises(TargetError, match=r"was asked for; choose a larger"):
        pellucid.compress(small[..., :3].copy(), bpp=0.1)
    assert pellucid.info(pellucid.compress(small, bpp=6.0)).bits_per_pixel <= 6
    visible = small[..., 3] > 0
    for picture, peak in ((small, 255), (small.astype(np.uint16) * 16, None)):
        top = peak or int(np.ptp(picture[visible][:, :3]))
        data = pellucid.compress(picture, psnr=34.0)
        found = psnr(unpacked(data)[..., :3], picture[..., :3], top, visible)
        assert 34 <= found < 35.5


# --- damage ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiled() -> tuple[np.ndarray, bytes]:
    """Two tiles of 16 bits and alpha, and their file."""
    samples = np.tile(SPRITE[:64].astype(np.uint16) * 257, (1, 3, 1))[:, :590]
    return samples, pellucid.compress(samples, quality=50)


def broken(data: bytes, place: int) -> bytes:
    """The file with a bit of a TILE turned over."""
    tiles = [chunk for chunk in PelFile.parse(data).chunks if chunk.type == "TILE"]
    out = bytearray(data)
    out[tiles[place].end - 8] ^= 4
    return bytes(out)


def test_a_lost_tile_of_alpha_is_opaque_and_costs_no_colour(
    tiled: tuple[np.ndarray, bytes], tmp_path: Path
) -> None:
    samples, data = tiled
    whole = unpacked(data)
    bad = broken(data, 3)
    with pytest.raises(DamagedFileError, match=r"alpha of tile 1 \(78 x 64 pixels at 512,0\)"):
        unpacked(bad)
    assert np.array_equal(unpacked(bad, region=(0, 0, 400, 64)), whole[:, :400])
    saved = pellucid.salvage(bad)
    back = saved.picture
    assert list(saved.damaged) == [3]
    assert np.array_equal(back[..., :3], whole[..., :3])
    assert np.array_equal(back[:, :512, 3], samples[:, :512, 3])
    assert (back[:, 512:, 3] == 65535).all()
    assert pellucid.verify(bad).messages[0].startswith("alpha of tile 1 ")
    (tmp_path / "a.pel").write_bytes(bad)
    words = ["decompress", str(tmp_path / "a.pel"), "-o", str(tmp_path / "a.npy"), "--keep-going"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "damaged and made opaque: alpha of tile 1 (78 x 64 pixels" in result.output
    assert "grey" not in result.output
    assert np.array_equal(np.load(tmp_path / "a.npy"), back)


def test_a_lost_tile_of_colours_is_grey_and_keeps_its_alpha(
    tiled: tuple[np.ndarray, bytes],
) -> None:
    samples, data = tiled
    saved = pellucid.salvage(broken(broken(data, 1), 2))
    back = saved.picture
    assert list(saved.damaged) == [1, 2]
    assert np.array_equal(back[:, 512:, 3], samples[:, 512:, 3])
    assert (back[:, :512, 3] == 65535).all()
    assert back[:, 560:, :3].std() < 3000


def without(data: bytes, type_: str, how: str) -> bytes:
    """The file with a chunk that may occur once damaged, taken out, or there as two that differ."""
    chunk = next(chunk for chunk in PelFile.parse(data).chunks if chunk.type == type_)
    before, inside, behind = data[: chunk.offset], data[chunk.offset : chunk.end], data[chunk.end :]
    if how == "damaged":
        inside = inside[:9] + bytes([inside[9] ^ 1]) + inside[10:]
    elif how == "missing":
        inside = b""
    else:
        inside += write_chunk(type_, bytes(chunk.length))
    return before + inside + behind


@pytest.mark.parametrize("how", ["damaged", "missing", "doubled"])
@pytest.mark.parametrize("type_", ["RANG", "ALPH"])
def test_a_lost_chunk_costs_its_layer(
    tiled: tuple[np.ndarray, bytes], type_: str, how: str, tmp_path: Path
) -> None:
    samples, data = tiled
    bad = without(data, type_, how)
    with pytest.raises(DamagedFileError, match=type_):
        unpacked(bad)
    saved = pellucid.salvage(bad)
    back = saved.picture
    found = pellucid.verify(bad)
    assert found.tiles == saved.damaged  # what is promised is what is saved
    names = ["alpha of tile", "tile"][type_ == "RANG"]
    assert found.tiles[max(found.tiles)].startswith(
        f"{names} 1 (78 x 64 pixels at 512,0) can't be used"
    )
    assert any(f"chunk {type_}, which" in message for message in found.other)
    (tmp_path / "a.pel").write_bytes(bad)
    said = CliRunner().invoke(main, ["verify", str(tmp_path / "a.pel")])
    assert said.exit_code == 1
    assert "2 of 4 tiles are whole" in said.output
    if type_ == "ALPH":
        assert list(saved.damaged) == [2, 3]
        assert (back[..., 3] == 65535).all()
        assert np.array_equal(back[..., :3], unpacked(data)[..., :3])
    else:
        assert list(saved.damaged) == [0, 1]
        assert (back[..., :3] == 32768).all()
        assert np.array_equal(back[..., 3], samples[..., 3])


@pytest.mark.parametrize("how", ["damaged", "missing", "doubled"])
def test_nothing_is_promised_where_nothing_is_left(how: str, tmp_path: Path) -> None:
    bad = without(pellucid.compress(deep(PHOTO, "int16")), "RANG", how)
    with pytest.raises(DamagedFileError, match="RANG"):
        unpacked(bad)
    saved = pellucid.salvage(bad)
    assert not saved.picture.any()  # half of what the type holds
    assert list(pellucid.verify(bad).tiles) == list(saved.damaged) == [0]
    (tmp_path / "a.pel").write_bytes(bad)
    said = CliRunner().invoke(main, ["verify", str(tmp_path / "a.pel")])
    assert "no tile is whole" in said.output


# --- in parts, and what isn't taken ---------------------------------------------------------------


def test_in_parts_is_as_in_memory(tiled: tuple[np.ndarray, bytes], tmp_path: Path) -> None:
    samples, data = tiled
    np.save(tmp_path / "a.npy", samples)
    told: list[float] = []
    pellucid.compress_file(tmp_path / "a.npy", tmp_path / "a.pel", quality=50, progress=told.append)
    assert (tmp_path / "a.pel").read_bytes() == data
    assert told == [0.25, 0.5, 0.75, 1.0]
    whole = unpacked(data)
    for name in ("b.npy", "b.tif"):
        told.clear()
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / name, progress=told.append)
        assert told[-1] == 1.0
    assert np.array_equal(np.load(tmp_path / "b.npy"), whole)
    tifffile = pytest.importorskip("tifffile")
    assert np.array_equal(tifffile.imread(tmp_path / "b.tif"), whole)
    again = tmp_path / "again.pel"
    pellucid.compress_file(tmp_path / "b.tif", again, quality=50)
    assert np.array_equal(unpacked(again)[..., 3], samples[..., 3])
    zarr = pytest.importorskip("zarr")
    chunks = {"shape": samples.shape, "dtype": samples.dtype, "chunks": (32, 64, 4)}
    zarr.create_array(tmp_path / "a.zarr", **chunks)[:] = samples
    pellucid.compress_file(tmp_path / "a.zarr", tmp_path / "z.pel", quality=50)
    assert (tmp_path / "z.pel").read_bytes() == data
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.zarr")
    assert np.array_equal(zarr.open_array(tmp_path / "b.zarr", mode="r")[:], whole)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_zarr_store_keeps_its_alpha(dtype: str, channels: int, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    samples = SPRITE[..., [*range(channels), 3]].astype(dtype)
    for options in ({"lossless": True}, {"quality": 50}):
        first = pellucid.compress(samples, **options)
        pellucid.decompress_file(first, tmp_path / "a.zarr", force=True)
        again = pellucid.compress(tmp_path / "a.zarr", **options)
        about = pellucid.info(again)
        assert (about.channels, about.alpha) == (channels, True)
        assert np.array_equal(unpacked(again)[..., -1], samples[..., -1])
    tifffile = pytest.importorskip("tifffile")
    bands = {"photometric": "minisblack", "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "bands.tif", samples.astype(np.uint16), **bands)
    data = pellucid.compress(tmp_path / "bands.tif", lossless=True)
    pellucid.decompress_file(data, tmp_path / "a.zarr", force=True)
    about = pellucid.info(pellucid.compress(tmp_path / "a.zarr", lossless=True))
    assert (about.channels, about.alpha) == (channels + 1, False)  # as little as before


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (
            np.zeros((9, 9, 5), np.uint8),
            r"5 channels, and with loss only grey \(1\) and RGB \(3\).*lossless or max_error",
        ),
        (np.zeros((9, 9), np.float32), "only uint8, uint16, int16 can be compressed: lossless"),
        (np.zeros((9, 9), np.uint32), "only uint8, uint16, int16 can be compressed"),
        (np.ma.zeros((9, 9), np.uint8), "masked array"),
        (np.zeros((0, 9, 4), np.uint16), "is no picture"),
    ],
)
def test_what_is_not_taken(samples: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pellucid.compress(samples)


def test_channels_that_are_no_transparency_are_refused(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    for channels in (2, 4):
        path = tmp_path / f"{channels}.tif"
        bands = np.zeros((40, 40, channels), np.uint16)
        tifffile.imwrite(path, bands, photometric="minisblack", planarconfig="contig")
        with pytest.raises(InputError, match=f"{channels} channels, none of them transparency"):
            pellucid.compress(path)


def test_the_other_byte_order_is_read_as_it_is_meant() -> None:
    samples = SPRITE.astype(np.uint16)
    assert pellucid.compress(samples.astype(">u2")) == pellucid.compress(samples)


def test_limits_come_before_the_look_through() -> None:
    class Huge:
        shape, dtype = (2**15, 2**15, 4), np.dtype(np.uint16)

        def __getitem__(self, key: object) -> np.ndarray:
            raise AssertionError("it was read")

    with pytest.raises(pellucid.PellucidError, match="over the limit"):
        pellucid.compress(Huge())


def test_program_says_what_is_in_a_file(tiled: tuple[np.ndarray, bytes], tmp_path: Path) -> None:
    samples, data = tiled
    (tmp_path / "a.pel").write_bytes(data)
    shown = CliRunner().invoke(main, ["info", str(tmp_path / "a.pel")])
    assert shown.exit_code == 0
    low, high = samples[samples[..., 3] > 0, :3].min(), samples[samples[..., 3] > 0, :3].max()
    assert "590 x 64, RGB with alpha, uint16" in shown.output
    assert f"quality 50, samples {low} to {high}; in a photograph nine of ten" in shown.output
    found = json.loads(CliRunner().invoke(main, ["info", "--json", str(tmp_path / "a.pel")]).output)
    assert found["sample_range"] == [low, high]
    assert found["bytes_by_part"]["ALPH"] == 28
    verified = CliRunner().invoke(main, ["verify", str(tmp_path / "a.pel")])
    assert verified.exit_code == 0


def test_a_guide_still_goes_with_exact_layers_alone() -> None:
    with pytest.raises(OptionError, match="guide goes with lossless or max_error"):
        pellucid.compress(SPRITE, guide=PHOTO)


# --- explain --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["alpha", "16 bits", "both"])
def test_explained_to_the_byte(kind: str) -> None:
    picture = {
        "alpha": SPRITE,
        "16 bits": deep(PHOTO, "int16"),
        "both": SPRITE.astype(np.uint16) * 257,
    }[kind]
    found = pellucid.explain(picture, task="compress", quality=60)
    assert found.bits is not None
    assert found.bits.total == pytest.approx(8 * found.bits.file_bytes)
    assert (found.bits.alpha > 0) == (kind != "16 bits")
    assert found.removed is not None
    assert found.removed.residual.shape[2] == 3
    width = found.half_width
    assert isinstance(width, np.ndarray)
    error = np.abs(picture[..., :3].astype(float) - found.after[..., :3]).mean(axis=2)
    if kind != "16 bits":
        assert not found.removed.residual[CLEAR == 0].any()
        assert not width[CLEAR == 0].any()
        error, width = error[CLEAR > 0], width[CLEAR > 0]
    assert 0.8 < np.mean(error <= width) <= 1
    from pellucid.explaining.page import page_of

    page = page_of(found, "picture", "1")
    assert ("alpha, without loss" in page) == (kind != "16 bits")
