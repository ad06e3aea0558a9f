"""Files written in parts: TIFF, Zarr and .npy hold what was put in, or aren't there."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import pellucid
from opened import open_parts, read_samples
from pellucid.errors import InputError, LimitError, OutputError
from pellucid.pixels import ImageInfo, open_sink
from pellucid.pixels.axes import pack_axes, unpack_axes
from pellucid.pixels.lazy import parts_of
from pictures import unpacked
from work import calls_of

RANDOM = np.random.default_rng(0)
SHAPE = (700, 1100)
STACK = pack_axes([("Z", 3), ("C", 2)])
COLOURS = pack_axes([("Z", 2), ("S", 3)])


@pytest.mark.parametrize("most", [4e9, 0], ids=["classic", "big"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("dtype", "channels", "axes"),
    [
        ("u1", 1, None),
        ("u1", 3, None),
        ("u2", 4, None),
        ("i2", 13, None),
        ("f4", 2, None),
        ("u2", 6, STACK),
        ("u1", 6, COLOURS),
    ],
)
def test_tiff_by_another_reader(tmp_path, monkeypatch, most, order, dtype, channels, axes) -> None:
    tifffile = pytest.importorskip("tifffile")
    monkeypatch.setattr("pellucid.pixels.formats.tiff_write.MOST_CLASSIC", most)
    samples = (RANDOM.random((*SHAPE, channels)) * 200).astype(dtype)
    exif = (b"II*\0" if order == "<" else b"MM\0*") + (8).to_bytes(
        4, "little" if order == "<" else "big"
    )
    exif += bytes(6)
    info = ImageInfo(1100, 700, channels, axes=axes, exif=exif, alpha=False)
    path = tmp_path / "a.tif"
    with open_sink(path, samples.shape, samples.dtype, info, threads=2) as out:
        for rows, columns in parts_of(samples.shape, 300):
            out[rows, columns] = samples[rows, columns]
    with tifffile.TiffFile(path) as file:
        assert file.byteorder == order
        assert file.is_bigtiff is (most == 0)
        pages = len(file.pages)
    found = tifffile.imread(path)
    if axes == STACK:
        assert pages == 6
        assert np.array_equal(found.transpose(1, 2, 0), samples)
    elif axes == COLOURS:
        assert pages == 2
        assert np.array_equal(found.transpose(1, 2, 0, 3).reshape(samples.shape), samples)
    else:
        assert np.array_equal(found.reshape(samples.shape), samples)


def test_pillow_reads_a_tiff_in_tiles(tmp_path) -> None:
    samples = RANDOM.integers(0, 256, (600, 530, 3), np.uint8)
    info = ImageInfo(530, 600, 3)
    with open_sink(tmp_path / "a.tif", samples.shape, samples.dtype, info) as out:
        out[0:600, 0:530] = samples
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.tif")), samples)


def test_metadata_are_the_same_block_again(tmp_path) -> None:
    samples = RANDOM.integers(0, 256, (600, 530, 5), np.uint8)
    plain = tmp_path / "plain.tif"
    Image.fromarray(samples[..., 0]).save(plain, tiffinfo={270: "a scene", 42113: "0"})
    _, info = read_samples(plain)
    assert info.exif is not None
    about = ImageInfo(530, 600, 5, exif=info.exif, icc=b"profile!", xmp=b"<x/>")
    tifffile = pytest.importorskip("tifffile")
    with open_sink(tmp_path / "a.tif", samples.shape, samples.dtype, about) as out:
        out[0:600, 0:530] = samples
    with open_parts(tmp_path / "a.tif") as parts:
        assert parts is not None
        _, found = parts
    assert (found.exif, found.icc, found.xmp) == (info.exif, b"profile!", b"<x/>")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].description == "a scene"


@pytest.mark.parametrize("name", ["a.tif", "a.zarr", "a.npy", "a.png"])
def test_what_fails_leaves_nothing(tmp_path, name) -> None:
    if name == "a.zarr":
        pytest.importorskip("zarr")
    path = tmp_path / name
    samples = np.zeros((40, 50, 3), np.uint16 if name == "a.tif" else np.uint8)
    info = ImageInfo(50, 40, 3)

    def write(force: bool, *, fail: bool) -> None:
        with open_sink(path, samples.shape, samples.dtype, info, force=force) as out:
            out[0:20, 0:50] = samples[:20]
            if fail:
                raise KeyboardInterrupt
            out[20:40, 0:50] = samples[20:]

    with pytest.raises(KeyboardInterrupt):
        write(False, fail=True)
    assert not list(tmp_path.iterdir())
    write(False, fail=False)
    with pytest.raises(OutputError, match="exists"):
        write(False, fail=False)
    with pytest.raises(KeyboardInterrupt):
        write(True, fail=True)
    write(True, fail=False)
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_missing_samples_are_no_picture(tmp_path) -> None:
    shape, info = (600, 600, 1), ImageInfo(600, 600, 1)
    with (
        pytest.raises(OutputError, match="not all samples"),
        open_sink(tmp_path / "a.tif", shape, np.dtype(np.uint8), info) as out,
    ):
        out[0:512, 0:512] = np.zeros((512, 512, 1), np.uint8)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_others_is_not_replaced(tmp_path) -> None:
    pytest.importorskip("zarr")
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "mine.txt").write_text("mine")
    with (
        pytest.raises(OutputError, match="other things"),
        open_sink(path, (4, 4, 1), np.dtype(np.uint8), ImageInfo(4, 4, 1), force=True),
    ):
        pass
    assert (path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("group", [False, True])
def test_zarr_of_others(tmp_path, version, group) -> None:
    zarr = pytest.importorskip("zarr")
    path = tmp_path / "a.zarr"
    stack = RANDOM.integers(0, 60000, (2, 5, 60, 70)).astype(np.uint16)
    options = {"shape": stack.shape, "chunks": (1, 1, 32, 32), "dtype": "u2"}
    if group:
        root = zarr.open_group(path, mode="w", zarr_format=version)
        array = root.create_array("0", **options)
        scales = [{"axes": [{"name": name} for name in "czyx"], "datasets": [{"path": "0"}]}]
        about = {"multiscales": scales}
        root.attrs.update(about if version == 2 else {"ome": about})
    else:
        array = zarr.create_array(path, **options, zarr_format=version)
        array.attrs["_ARRAY_DIMENSIONS"] = ["c", "z", "y", "x"]
    array[...] = stack
    with open_parts(path) as parts:
        assert parts is not None
        source, info = parts
        wanted = stack.reshape(10, 60, 70).transpose(1, 2, 0)
        assert source.shape == wanted.shape
        assert np.array_equal(source[3:50, 5:66], wanted[3:50, 5:66])
        assert unpack_axes(info.axes, 10) == (("C", 2), ("Z", 5))


@pytest.mark.parametrize(
    "data", [b"", b"Z", b"z\2\0\0\0", b"S\2\0\0\0Z\5\0\0\0", b"Z\3\0\0\0", b"Z\0\0\0\0" * 9]
)
def test_axes_that_say_nothing(data) -> None:
    assert unpack_axes(data, 10) is None
    assert unpack_axes(pack_axes([("Z", 2), ("S", 5)]), 10) == (("Z", 2), ("S", 5))


def test_axes_are_few() -> None:
    most = [("Z", 1)] * 31 + [("C", 10)]
    assert unpack_axes(pack_axes(most), 10) == tuple(most)
    assert unpack_axes(pack_axes([("T", 1), *most]), 10) is None
    hostile = pack_axes([("Z", 2**32 - 1)]) * 2_000_000
    assert unpack_axes(hostile, 10) is None
    assert calls_of(lambda: unpack_axes(hostile, 10)) < 100


@pytest.mark.parametrize("sharded", [False, True])
def test_zarr_chunks_that_only_claim_to_be_large(tmp_path, sharded) -> None:
    zarr = pytest.importorskip("zarr")
    options = {"shards": (2**17, 2**17)} if sharded else {}
    chunks = (256, 256) if sharded else (2**17, 2**17)
    zarr.create_array(tmp_path / "a.zarr", shape=(90, 90), chunks=chunks, dtype="u1", **options)
    with (
        pytest.raises(InputError, match=r"chunks of 17179869184 bytes.*smaller"),
        open_parts(tmp_path / "a.zarr"),
    ):
        pass


def test_zarr_channels_that_only_claim_to_be_many(tmp_path) -> None:
    zarr = pytest.importorskip("zarr")
    for channels in (4096, 4097):
        path, chunks = tmp_path / f"{channels}.zarr", (64, 64, 64)
        zarr.create_array(path, shape=(512, 512, channels), chunks=chunks, dtype="u1")
    with open_parts(tmp_path / "4096.zarr") as parts:
        assert parts is not None
        assert parts[0].shape == (512, 512, 4096)
    with pytest.raises(LimitError, match="4097 channels"), open_parts(tmp_path / "4097.zarr"):
        pass


@pytest.mark.parametrize(
    ("name", "axes"),
    [("z", (("Z", 3),)), ("time", (("T", 3),)), ("depth", (("Q", 3),))]
    + [(name, None) for name in ("c", "band", "rgb", "s")],
)
def test_an_axis_of_pages_alone_is_no_colour(tmp_path, name, axes) -> None:
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(3, 60, 70), chunks=(1, 32, 32), dtype="u1"
    )
    array.attrs["_ARRAY_DIMENSIONS"] = [name, "y", "x"]
    array[...] = stack = RANDOM.integers(0, 256, (3, 60, 70), np.uint8)
    with open_parts(tmp_path / "a.zarr") as parts:
        assert parts is not None
        assert unpack_axes(parts[1].axes, 3) == axes
    if axes is None:
        assert unpacked(pellucid.compress(tmp_path / "a.zarr", model="s")).shape == (
            60,
            70,
            3,
        )
        return
    with pytest.raises(InputError, match="has pages, 3 channels in all"):
        pellucid.compress(tmp_path / "a.zarr")
    back = unpacked(pellucid.compress(tmp_path / "a.zarr", lossless=True))
    assert np.array_equal(back, stack.transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("name", "channels", "dtype", "message"),
    [
        ("a.webp", 3, "u2", "can't hold uint16 RGB; these can: .png .ppm .npy .tif .zarr"),
        ("a.jpg", 4, "u1", "can't hold uint8 RGB with transparency"),
        ("a.xyz", 3, "u1", "suffix .xyz names no known format"),
        ("old.png", 3, "u1", "exists"),
        ("none/a.png", 3, "u1", "does not exist"),
        ("a.dcm", 1, "u2", "needs the elements"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(
    tmp_path, name, channels, dtype, message
) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    shape = (4, 5, channels)
    sink = open_sink(tmp_path / name, shape, np.dtype(dtype), ImageInfo(5, 4, channels))
    with pytest.raises(OutputError, match=message):
        sink.__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["old.png"]
