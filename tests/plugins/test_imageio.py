"""imageio v3 with the plugin: any samples, pages and frames by index, no registration by itself."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest

import pellucid
from pellucid.errors import InputError, LimitError, OptionError
from pellucid.plugins.imageio import PellucidPlugin
from pictures import photograph
from program import SRC

RGB = photograph(40, 50)
FRAMES = [RGB, RGB // 2, RGB // 3]


@pytest.fixture(scope="module")
def stack() -> bytes:
    """A file of three RGB pages."""
    tifffile = pytest.importorskip("tifffile")
    file = BytesIO()
    tifffile.imwrite(file, np.stack(FRAMES), photometric="rgb")
    return pellucid.compress(file.getvalue(), lossless=True)


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    iio.imwrite(tmp_path / "a.pels", FRAMES, lossless=True, rate=5)
    return tmp_path / "a.pels"


def test_one_line_is_enough_in_a_fresh_process(tmp_path: Path) -> None:
    path = tmp_path / "a.pel"
    path.write_bytes(pellucid.compress(RGB, lossless=True))
    code = f"""
import sys; sys.path.insert(0, {str(SRC)!r})
import imageio.v3 as iio
import pellucid.plugins.imageio
try:
    iio.imread({str(path)!r}, plugin="pellucid")
except ValueError:
    print("unknown")
pellucid.plugins.imageio.register()
print(iio.imread({str(path)!r}).sum(), iio.imread({str(path)!r}, plugin="pellucid").sum())
print(iio.imread(open({str(path)!r}, "rb").read(), extension=".pel").sum())
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["unknown", *3 * [str(RGB.sum())]]


KINDS = {
    "uint16 RGB": RGB.astype(np.uint16) * 257,
    "int16": RGB[..., 0].astype(np.int16) - 100,
    "float32": RGB.astype(np.float32) / 255,
    "float16": RGB[..., :1].astype(np.float16),
    "9 channels": np.dstack([RGB] * 3),
}


@pytest.mark.parametrize("samples", KINDS.values(), ids=KINDS)
def test_samples_are_those_of_decompress(samples: Any, tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.pel", samples, lossless=True)
    expected = pellucid.decompress(tmp_path / "a.pel")
    found, about = iio.imread(tmp_path / "a.pel"), iio.improps(tmp_path / "a.pel")
    np.testing.assert_array_equal(found, expected)
    assert (
        (about.shape, about.dtype) == (found.shape, found.dtype) == (expected.shape, samples.dtype)
    )
    assert (about.n_images, about.is_batch) == (None, False)
    one = iio.imread(tmp_path / "a.pel", index=...)
    np.testing.assert_array_equal(one, expected[None])
    assert iio.improps(tmp_path / "a.pel", index=...).shape == one.shape


def test_pages_are_images(stack: bytes) -> None:
    opened = {"uri": stack, "plugin": "pellucid"}
    np.testing.assert_array_equal(iio.imread(**opened), np.stack(FRAMES))
    np.testing.assert_array_equal(iio.imread(**opened, index=-1), FRAMES[2])
    np.testing.assert_array_equal(iio.imread(**opened, index=np.int64(1)), FRAMES[1])
    np.testing.assert_array_equal(list(iio.imiter(**opened)), FRAMES)
    about = iio.improps(**opened)
    assert (about.shape, about.n_images, about.is_batch) == ((3, 40, 50, 3), 3, True)
    assert iio.improps(**opened, index=2).shape == (40, 50, 3)
    assert "axes" in iio.immeta(**opened)


def test_frames_are_images(sequence: Path) -> None:
    np.testing.assert_array_equal(iio.imread(sequence), np.stack(FRAMES))
    np.testing.assert_array_equal(iio.imread(sequence, index=1), FRAMES[1])
    np.testing.assert_array_equal(list(iio.imiter(sequence)), FRAMES)
    about = iio.improps(sequence)
    assert (about.shape, about.dtype, about.n_images) == ((3, 40, 50, 3), RGB.dtype, 3)
    assert iio.improps(sequence, index=1).shape == (40, 50, 3)
    assert iio.immeta(sequence)["rate"] == Fraction(5)
    assert iio.immeta(sequence, index=1) == {}
    with iio.imopen(BytesIO(sequence.read_bytes()), "r", extension=".pels") as file:
        np.testing.assert_array_equal(file.read(index=2), FRAMES[2])
        np.testing.assert_array_equal(file.read(index=0), FRAMES[0])


def test_all_frames_have_no_more_samples_than_a_picture_may(sequence: Path) -> None:
    """Frames of few bytes may be large pictures of one colour."""
    limits = pellucid.Limits(max_pixels=40 * 50)
    for index in (None, ...):
        with pytest.raises(OSError, match="imiter") as caught:
            iio.imread(sequence, index=index, limits=limits)
        assert isinstance(caught.value, LimitError)
    assert len(list(iio.imiter(sequence, limits=limits))) == 3
    assert iio.imread(sequence, index=..., limits=limits, scale=2).shape == (3, 20, 25, 3)


@pytest.mark.parametrize("index", [3, -4])
def test_an_index_that_there_is_none_of(stack: bytes, sequence: Path, index: int) -> None:
    for source in (stack, sequence):
        for ask in (iio.imread, iio.improps):
            with pytest.raises(ValueError, match="below 3"):
                ask(source, plugin="pellucid", index=index)


def test_options_of_decompress(stack: bytes) -> None:
    data = pellucid.compress(RGB, lossless=True)
    found = iio.imread(data, plugin="pellucid", region=(8, 8, 16, 24), scale=4)
    assert found.shape == (6, 4, 3)
    limits = pellucid.Limits(max_pixels=9)
    with pytest.raises(OSError, match="limit") as caught:
        iio.imread(data, plugin="pellucid", limits=limits)
    assert isinstance(caught.value, LimitError)


def test_batches_make_sequences(tmp_path: Path) -> None:
    data = iio.imwrite("<bytes>", np.stack(FRAMES), extension=".pels", is_batch=True, quality=50)
    with pellucid.open_sequence(BytesIO(data)) as found:
        assert len(found) == 3
    target = tmp_path / "a.pel"
    with pytest.raises(OSError, match=r"\.pels") as caught:
        iio.imwrite(target, FRAMES)
    assert isinstance(caught.value, InputError)
    with pytest.raises(OSError, match="no picture"):
        iio.imwrite("<bytes>", [], extension=".pels", plugin="pellucid")
    with pytest.raises(OSError, match="frame 1"):
        iio.imwrite(tmp_path / "b.pels", [RGB, RGB[:9]])
    assert not list(tmp_path.iterdir())


def test_a_zip_is_not_taken_for_a_sequence(sequence: Path, tmp_path: Path) -> None:
    other = tmp_path / "a.npz"
    other.write_bytes(sequence.read_bytes())
    with pytest.raises(OSError, match="can not handle"):
        iio.imread(other, plugin="pellucid")


def test_names_of_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="can not handle"):
        iio.imwrite(tmp_path / "a.png", RGB, plugin="pellucid")
    assert not list(tmp_path.iterdir())


def test_the_class_is_enough() -> None:
    data = iio.imwrite("<bytes>", RGB, plugin=PellucidPlugin, lossless=True)
    np.testing.assert_array_equal(iio.imread(data, plugin=PellucidPlugin), RGB)


def test_in_an_archive_and_a_file(tmp_path: Path) -> None:
    inside = f"{tmp_path}/a.zip/b.pel"
    iio.imwrite(inside, RGB, lossless=True)
    np.testing.assert_array_equal(iio.imread(inside), RGB)
    with pytest.raises(OptionError):
        iio.imwrite(f"{tmp_path}/c.zip/b.pel", RGB, quality=-1)
    assert not (tmp_path / "c.zip").exists()
    file = BytesIO()
    iio.imwrite(file, RGB, plugin="pellucid", lossless=True)
    np.testing.assert_array_equal(pellucid.decompress(file.getvalue()), RGB)


def test_without_imageio_the_line_that_gets_it_is_said() -> None:
    code = f"""
import sys; sys.path.insert(0, {str(SRC)!r}); sys.modules["imageio"] = None
from pellucid.errors import MissingExtraError
try:
    import pellucid.plugins.imageio
except MissingExtraError as error:
    print(error)
"""
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "pip install imageio" in said


def test_a_second_write_is_refused_and_the_first_stays() -> None:
    file = BytesIO()
    with iio.imopen(file, "w", extension=".pel", plugin="pellucid") as target:
        target.write(RGB, lossless=True)
        with pytest.raises(OSError, match="one list"):
            target.write(RGB)
    np.testing.assert_array_equal(pellucid.decompress(file.getvalue()).squeeze(), RGB)


def test_limits_and_an_index_that_there_is_not() -> None:
    data = iio.imwrite("<bytes>", RGB, extension=".pel", plugin="pellucid", lossless=True)
    small = pellucid.Limits(max_pixels=10)
    for ask in (iio.improps, iio.immeta):
        with pytest.raises(OSError, match="max_pixels"):
            ask(data, plugin="pellucid", limits=small)
        with pytest.raises(ValueError, match="index"):
            ask(data, plugin="pellucid", index=5)
