"""What `explain` takes: pages of a TIFF, deep colour and Zarr stores give what arrays give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import pellucid
from pellucid.bitstream import Limits
from pellucid.cli import main
from pellucid.errors import InputError, LimitError, OptionError
from pictures import photograph

SIDES = (96, 112)


@pytest.fixture(scope="module")
def noisy() -> np.ndarray:
    clean = photograph(*SIDES, top=100, left=100)
    noise = np.random.default_rng(0).normal(0, 20, clean.shape)
    return np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)


@pytest.fixture
def store(noisy, tmp_path) -> Path:
    zarr = pytest.importorskip("zarr")
    path = tmp_path / "picture.zarr"
    array = zarr.create_array(path, shape=noisy.shape, chunks=(64, 64, 3), dtype="u1")
    array[...] = noisy
    return path


@pytest.fixture
def pages(noisy, tmp_path) -> Path:
    """Two grey pages of 16 bits."""
    tifffile = pytest.importorskip("tifffile")
    stack = noisy[..., :2].transpose(2, 0, 1).astype(np.uint16) * 200
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, stack[None], ome=True, metadata={"axes": "CZYX"})
    return path


def same(found, wanted) -> None:
    assert found.settings == wanted.settings
    assert np.array_equal(found.before, wanted.before)
    assert np.array_equal(found.after, wanted.after)
    assert np.array_equal(found.half_width, wanted.half_width)
    assert np.array_equal(found.removed.residual, wanted.removed.residual)
    assert found.detail == wanted.detail


@pytest.mark.parametrize("task", ["compress", "denoise"])
def test_zarr(task, store, noisy):
    options = {"task": task, "model": "s", "sigma": 20.0}
    found, wanted = (pellucid.explain(each, **options) for each in (store, noisy))
    same(found, wanted)
    assert found.before.shape == noisy.shape
    if task == "compress":
        assert found.bits.file_bytes == len(pellucid.compress(store, model="s"))


def test_a_page_to_denoise(pages, noisy):
    options = {"task": "denoise", "model": "s", "sigma": 4000.0}
    found = pellucid.explain(pages, page=1, **options)
    same(found, pellucid.explain(noisy[..., 1:2].astype(np.uint16) * 200, **options))
    other = pellucid.explain(pages, page=0, **options)
    assert not np.array_equal(other.before, found.before)
    with pytest.raises(InputError, match=r"choose one: of a TIFF with --page N"):
        pellucid.explain(pages, **options)


def test_a_page_to_compress(noisy, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    path = tmp_path / "album.tif"
    with tifffile.TiffWriter(path) as file:
        for picture in (noisy[::-1], noisy):
            file.write(np.ascontiguousarray(picture), photometric="rgb")
    found = pellucid.explain(path, task="compress", page=1, quality=30, model="s")
    same(found, pellucid.explain(noisy, task="compress", quality=30, model="s"))
    assert found.bits.file_bytes == len(pellucid.compress(path, page=1, quality=30, model="s"))


def test_colour_of_16_bits(noisy, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    deep = noisy.astype(np.uint16) * 200
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb")
    options = {"task": "denoise", "model": "s", "sigma": 4000.0}
    same(*(pellucid.explain(each, **options) for each in (tmp_path / "deep.tif", deep)))


@pytest.mark.parametrize("task", ["compress", "denoise", None])
def test_what_has_no_pages(task, noisy):
    image = noisy if task else pellucid.compress(noisy, model="s")
    message = "what is no file has no page 3" if task else "leave task, pixel, layers and page out"
    with pytest.raises(OptionError, match=message):
        pellucid.explain(image, task=task, page=3)


@pytest.mark.parametrize("task", ["compress", "denoise"])
def test_a_store_is_not_read_beyond_the_limits(task, store):
    limits = Limits(max_pixels=1000)
    with pytest.raises(LimitError, match=r"picture\.zarr"):
        pellucid.explain(store, task=task, limits=limits)


def test_command(pages, store):
    run = CliRunner().invoke
    words = ["--task", "denoise", "--model", "s", "--json"]
    done = run(main, ["explain", str(pages), "--page", "1", *words])
    assert done.exit_code == 0, done.output
    page = Path(json.loads(done.output)["output"])
    assert page == pages.with_name("stack.ome.tif.html")
    assert "<h1>stack.ome.tif, page 1</h1>" in page.read_text("utf-8")
    done = run(main, ["explain", f"{store}/", *words])
    assert done.exit_code == 0, done.output
    assert store.with_name("picture.zarr.html").is_file()
    done = run(main, ["explain", str(pages), "--page", "2", *words, "--force"])
    assert done.exit_code == 2
    assert "has pages 0 to 1, and no 2" in done.stderr
