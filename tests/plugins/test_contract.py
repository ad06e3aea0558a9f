"""What holds of each plugin that opens and saves pictures; a new one is a line in PLUGINS."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

import pellucid
from pellucid.errors import DamagedFileError, FormatError, OptionError
from pellucid.plugins.numcodecs import Pellucid

METADATA = {"exif": b"II*\0" + bytes(range(8, 40)), "icc": bytes(132), "xmp": b"<x:xmpmeta/>"}


@dataclass(frozen=True)
class Plugin:
    """How a plugin is used.

    Attributes:
        write: array and options of `compress` -> bytes.
        read: bytes -> array; raises `damaged` for a damaged file, `foreign` for another kind.
        save: array and options to a file; None of a plugin without files.
        keeps_old: whether a failed save leaves a file of that name as it was.
        metadata: bytes -> exif, icc, xmp, as `write` and `save` take them; None without any.
    """

    name: str
    write: Callable[..., bytes]
    read: Callable[[bytes], Any]
    damaged: type[Exception]
    foreign: type[Exception]
    save: Callable[..., object] | None = None
    keeps_old: bool = True
    metadata: Callable[[bytes], dict[str, bytes]] | None = None


def pillow_save(array: Any, target: Any, **options: Any) -> None:
    if "icc" in options:
        options["icc_profile"] = options.pop("icc")
    Image.fromarray(array).save(target, "PEL", **options)


def pillow_write(array: Any, **options: Any) -> bytes:
    file = BytesIO()
    pillow_save(array, file, **options)
    return file.getvalue()


def pillow_read(data: bytes) -> Any:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


def pillow_metadata(data: bytes) -> dict[str, bytes]:
    with Image.open(BytesIO(data)) as image:
        found = image.info
    return {
        "exif": found["exif"].removeprefix(b"Exif\0\0"),
        "icc": found["icc_profile"],
        "xmp": found["xmp"],
    }


def imageio_write(array: Any, **options: Any) -> bytes:
    return iio.imwrite("<bytes>", array, extension=".pel", **options)


def imageio_save(array: Any, target: Path, **options: Any) -> None:
    iio.imwrite(target, array, plugin="pellucid", **options)


def numcodecs_write(array: Any, *, lossless: bool = False, **options: Any) -> bytes:
    return Pellucid(axes="YXC"[: array.ndim], **options).encode(array)  # lossless: its default


PLUGINS = (
    Plugin(
        "pillow",
        pillow_write,
        pillow_read,
        damaged=OSError,
        foreign=UnidentifiedImageError,
        save=pillow_save,
        keeps_old=False,  # Pillow empties it before it asks a plugin
        metadata=pillow_metadata,
    ),
    Plugin(
        "imageio",
        imageio_write,
        lambda data: iio.imread(data, plugin="pellucid"),
        damaged=OSError,
        foreign=OSError,
        save=imageio_save,
        metadata=lambda data: iio.immeta(data, plugin="pellucid"),
    ),
    Plugin(
        "numcodecs",
        numcodecs_write,
        lambda data: Pellucid(axes="YXC").decode(data).squeeze(),
        damaged=FormatError,
        foreign=FormatError,
    ),
)
with_metadata = pytest.mark.parametrize(
    "plugin", [plugin for plugin in PLUGINS if plugin.metadata], ids=lambda plugin: plugin.name
)
with_files = pytest.mark.parametrize(
    "plugin", [plugin for plugin in PLUGINS if plugin.save], ids=lambda plugin: plugin.name
)


@pytest.fixture(params=PLUGINS, ids=lambda plugin: plugin.name)
def plugin(request: pytest.FixtureRequest) -> Plugin:
    return request.param


def picture(channels: int = 3, dtype: str = "uint8") -> Any:
    """(40, 52, C), smooth with noise; of one channel (40, 52)."""
    rng = np.random.default_rng(channels)
    y, x = np.mgrid[:40, :52]
    wave = 100 + 60 * np.sin(x / 9) * np.cos(y / 7)
    samples = wave[..., None] + rng.integers(-2, 3, (40, 52, channels))
    if dtype == "uint16":
        samples *= 250
    return samples.astype(dtype).squeeze()


SHAPES = [(1, "uint8"), (2, "uint8"), (3, "uint8"), (4, "uint8"), (1, "uint16")]


@pytest.mark.parametrize(("channels", "dtype"), SHAPES)
def test_lossless_is_exact(plugin: Plugin, channels: int, dtype: str) -> None:
    samples = picture(channels, dtype)
    back = plugin.read(plugin.write(samples, lossless=True))
    assert back.dtype == samples.dtype
    np.testing.assert_array_equal(back, samples)


@pytest.mark.parametrize(("channels", "dtype"), SHAPES)
def test_a_bound_holds(plugin: Plugin, channels: int, dtype: str) -> None:
    samples, bound = picture(channels, dtype), 3 if dtype == "uint8" else 700
    data = plugin.write(samples, max_error=bound)
    back = plugin.read(data)
    assert 0 < np.abs(back.astype(int) - samples).max() <= bound
    assert len(data) < len(plugin.write(samples, lossless=True))


def test_files_are_those_of_compress(plugin: Plugin) -> None:
    data = plugin.write(picture(), quality=30)
    assert data == pellucid.compress(picture(), quality=30)
    np.testing.assert_array_equal(plugin.read(data), pellucid.decompress(data))


@with_metadata
def test_metadata_come_back(plugin: Plugin) -> None:
    assert plugin.metadata is not None
    assert plugin.metadata(plugin.write(picture(), lossless=True, **METADATA)) == METADATA


def test_what_is_cut_off_is_refused(plugin: Plugin) -> None:
    data = plugin.write(picture(), max_error=1)
    for length in sorted(random.Random(1).sample(range(8, len(data)), 25)):
        with pytest.raises(plugin.damaged) as caught:
            plugin.read(data[:length])
        assert isinstance(caught.value, DamagedFileError)
        assert "truncated" in str(caught.value)
        again = pickle.loads(pickle.dumps(caught.value))
        assert isinstance(again, plugin.damaged)
        assert isinstance(again, DamagedFileError)
        assert str(again) == str(caught.value)


def test_a_flipped_bit_is_refused(plugin: Plugin) -> None:
    data = bytearray(plugin.write(picture(), lossless=True))
    data[len(data) // 2] ^= 4
    with pytest.raises(plugin.damaged, match="CRC-32"):
        plugin.read(bytes(data))


@pytest.mark.parametrize("data", [b"", b"\x89PEL", b"\x89PNG\r\n\x1a\n", b"no picture" * 40])
def test_what_is_no_pel_is_refused(plugin: Plugin, data: bytes) -> None:
    with pytest.raises(plugin.foreign):
        plugin.read(data)


WRONG = [{"quality": 101}, {"max_error": -1}, {"max_error": 1, "quality": 5}, {"effort": "much"}]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_wrong_options_are_option_errors(plugin: Plugin, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        plugin.write(picture(), **options)


@with_files
@pytest.mark.parametrize("options", [{"quality": 101}, {"size": 50}], ids=["option", "target"])
def test_a_failed_save_leaves_no_file(
    plugin: Plugin, tmp_path: Path, options: dict[str, Any]
) -> None:
    assert plugin.save is not None
    kind = ValueError if "quality" in options else OSError
    with pytest.raises(kind):
        plugin.save(picture(), tmp_path / "new.pel", **options)
    assert not list(tmp_path.iterdir())


@with_files
def test_a_failed_save_writes_nothing_into_a_file(plugin: Plugin, tmp_path: Path) -> None:
    assert plugin.save is not None
    old = tmp_path / "old.pel"
    plugin.save(picture(), old, lossless=True)
    before = old.read_bytes()
    with pytest.raises(ValueError, match="quality"):
        plugin.save(picture(), old, quality=101)
    assert old.read_bytes() == (before if plugin.keeps_old else b"")
    assert list(tmp_path.iterdir()) == [old]


@with_files
def test_a_file_is_replaced(plugin: Plugin, tmp_path: Path) -> None:
    assert plugin.save is not None
    target = tmp_path / "a.pel"
    for samples in (picture(3), picture(1)):
        plugin.save(samples, target, lossless=True)
        np.testing.assert_array_equal(pellucid.decompress(target), samples)
