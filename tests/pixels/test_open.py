"""`open_image`: every kind of source comes out the same, with the role of each channel."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from PIL import Image

from opened import write_samples
from pellucid.errors import InputError, LimitError, OptionError
from pellucid.pixels import ImageInfo, Role, is_in_parts, open_image

RGBA = np.random.default_rng(1).integers(0, 255, (20, 30, 4), np.uint8)


class Sliced:
    """An array that is only sliced, as Dask's and Zarr's are."""

    def __init__(self, array):
        self.shape, self.dtype, self._array = array.shape, array.dtype, array

    def __getitem__(self, key):
        return self._array[key]


def sources(folder):
    path = folder / "picture.png"
    write_samples(path, RGBA, ImageInfo(30, 20, 4))
    return {
        "path": path,
        "str": str(path),
        "bytes": path.read_bytes(),
        "bytearray": bytearray(path.read_bytes()),
        "file object": BytesIO(path.read_bytes()),
        "array": RGBA,
        "sliced": Sliced(RGBA),
        "Pillow": Image.fromarray(RGBA),
    }


@pytest.mark.parametrize(
    "kind", ["path", "str", "bytes", "bytearray", "file object", "array", "sliced", "Pillow"]
)
def test_every_kind_of_source_gives_the_same(tmp_path, kind):
    with open_image(sources(tmp_path)[kind]) as image:
        assert image.shape == RGBA.shape
        assert image.dtype == np.uint8
        assert image.info.roles == (*[Role.COLOUR] * 3, Role.ALPHA)
        assert np.array_equal(image.read(), RGBA)
        assert np.array_equal(image[3:7, 5:30], RGBA[3:7, 5:30])


@pytest.mark.parametrize(
    ("channels", "roles"),
    [(1, "colour"), (2, "colour alpha"), (3, "colour " * 3), (5, "band " * 5)],
)
def test_channels_of_an_array_have_roles_by_their_number(channels, roles):
    with open_image(np.zeros((4, 4, channels), np.uint16)) as image:
        assert image.info.roles == tuple(roles.split())


def test_an_array_without_channels_is_said_to_be_flat():
    for array, flat in ((np.zeros((4, 5)), True), (np.zeros((4, 5, 1)), False)):
        with open_image(array) as image:
            assert image.shape == (4, 5, 1)
            assert image.info.flat is flat


def test_pages_are_never_alpha(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, RGBA.transpose(2, 0, 1)[:2], photometric="minisblack")
    with open_image(path) as image:
        assert image.info.roles == (Role.PAGE, Role.PAGE)
        assert (image.info.pages, image.info.has_alpha) == (2, False)
    with open_image(path, page=1) as image:
        assert image.info.roles == (Role.COLOUR,)
        assert np.array_equal(image.read()[..., 0], RGBA[..., 1])


def test_one_limit_for_all(tmp_path):
    for source in sources(tmp_path).values():
        with pytest.raises(LimitError), open_image(source, max_pixels=599):
            pass


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (SimpleNamespace(), OptionError),
        (None, OptionError),
        (np.zeros((0, 3)), InputError),
        (np.zeros(5), InputError),
        (np.ma.masked_equal(np.zeros((4, 4)), 0), InputError),
        (b"", InputError),
        (b"nothing that is a picture", InputError),
    ],
)
def test_what_is_no_picture_is_refused(source, error):
    with pytest.raises(error), open_image(source):
        pass


def test_what_is_open_is_taken_as_it_is() -> None:
    with open_image(RGBA) as source:
        told = source.with_info(replace(source.info, xmp=b"<x/>"))
        with open_image(told) as again:
            assert again is told
            assert again.info.xmp == b"<x/>"
            np.testing.assert_array_equal(again.read(), RGBA)
        with pytest.raises(LimitError, match="600 pixels"), open_image(told, max_pixels=599):
            pass
        with pytest.raises(OptionError, match="no page"), open_image(told, page=0):
            pass


def test_what_is_read_in_parts(tmp_path):
    zarr = pytest.importorskip("zarr")
    deep = RGBA.astype(np.uint16)[..., :3]
    np.save(tmp_path / "rows.npy", RGBA)
    np.save(tmp_path / "columns.npy", np.asfortranarray(RGBA))
    write_samples(tmp_path / "small.tif", RGBA[..., :3])
    tifffile.imwrite(tmp_path / "deep.tif", deep, tile=(16, 16), photometric="rgb")
    tifffile.imwrite(tmp_path / "pages.tif", RGBA[..., :2, None], photometric="minisblack")
    zarr.save_array(tmp_path / "a.zarr", RGBA)
    write_samples(tmp_path / "a.ppm", RGBA[..., :3])
    (tmp_path / "a.png").write_bytes(b"\x89PNG, of which no more is read")
    found = {path.name: is_in_parts(path) for path in tmp_path.iterdir()}
    parts = {"rows.npy", "deep.tif", "pages.tif", "a.zarr"}
    assert {name for name, whether in found.items() if whether} == parts
    assert is_in_parts(tmp_path / "pages.tif", page=1)
    with pytest.raises(InputError, match="no such file"):
        is_in_parts(tmp_path / "none.png")


def test_a_large_ppm_is_read_in_parts(tmp_path, monkeypatch):
    write_samples(tmp_path / "a.ppm", RGBA[..., :3])
    monkeypatch.setattr("pellucid.pixels.lazy.LARGE", 100)
    assert is_in_parts(tmp_path / "a.ppm")
