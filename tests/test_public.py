"""The public face: names, types, options and results."""

from __future__ import annotations

import os
import pickle
import typing
from dataclasses import FrozenInstanceError, fields
from inspect import signature
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.errors import FormatError, InputError, LimitError, OptionError, OutputError

PICTURE = np.random.default_rng(3).integers(0, 256, (20, 30, 3), np.uint8)


class Tensor:
    """Like a tensor of another library: sliced like an array, with a type that isn't NumPy's."""

    shape, dtype = (20, 30, 3), "torch.uint8"

    def __getitem__(self, key: Any) -> Any:
        return self


@pytest.mark.parametrize("name", pellucid.__all__)
def test_every_public_name_is_there_and_has_types_that_can_be_looked_up(name: str) -> None:
    found = getattr(pellucid, name)
    if callable(found):
        typing.get_type_hints(found)
        assert found.__doc__


@pytest.mark.parametrize(
    ("verb", "options", "own"),
    [
        (pellucid.compress, pellucid.CompressOptions, {"image"}),
        (pellucid.compress_file, pellucid.CompressOptions, {"source", "target", "force"}),
        (pellucid.decompress, pellucid.DecompressOptions, {"data"}),
        (pellucid.salvage, pellucid.DecompressOptions, {"data"}),
        (
            pellucid.decompress_file,
            pellucid.DecompressOptions,
            {"source", "target", "jpeg_quality", "metadata", "keep_going", "force"},
        ),
    ],
)
def test_a_verb_takes_what_its_options_are(verb: Any, options: Any, own: set[str]) -> None:
    parameters = signature(verb).parameters
    of_options = {field.name: field.default for field in fields(options)}
    assert parameters.keys() - own - {"progress"} == of_options.keys()
    for name, default in of_options.items():
        assert parameters[name].default == default


def test_options_are_frozen_and_hold_what_was_given() -> None:
    options = pellucid.CompressOptions(max_error=2.0, guide=PICTURE)
    assert (options.bound, options.lossless) == (2, False)
    with pytest.raises(FrozenInstanceError):
        options.quality = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": True}, "quality is True"),
        ({"quality": 50.0}, "quality is 50.0"),
        ({"quality": "50"}, "quality is '50'"),
        ({"bpp": True}, "bpp is True"),
        ({"size": "200k"}, "size is '200k'"),
        ({"psnr": float("nan")}, "psnr is nan"),
        ({"lossless": 1}, "lossless is 1"),
        ({"max_error": True}, "max_error is True"),
        ({"max_error": "2"}, "max_error is '2'"),
        ({"max_error": 2, "nodata": True}, "nodata is True"),
        ({"metadata": None}, "metadata is None"),
        ({"model": 5}, "model is 5"),
        ({"model": "xyz"}, "no model 'xyz'"),
        ({"limits": 5}, "limits is 5"),
        ({"page": True}, "page is True"),
        ({"page": -1}, "page is -1"),
        ({"lossless": True, "quality": 5}, "got quality, lossless"),
        ({"guide": PICTURE}, "a guide goes with"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        pellucid.CompressOptions(**options)
    with pytest.raises(OptionError, match=message):
        pellucid.compress(PICTURE, **options)


@pytest.mark.parametrize(
    "options", [{"which": 5}, {"limits": None}, {"region": (0, 0, True)}, {"scale": 2.0}]
)
def test_wrong_options_of_decoding_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"{next(iter(options))} is"):
        pellucid.decompress(b"", **options)


@pytest.mark.parametrize("options", [{}, {"lossless": True}])
@pytest.mark.parametrize("image", [Tensor(), None, 5, [[1, 2], [3, 4]]])
def test_what_is_no_picture_is_named(image: Any, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=type(image).__name__):
        pellucid.compress(image, **options)


@pytest.mark.parametrize("count", ["99999999999", "9" * 5000, "0", "-1", "two", "1025"])
def test_a_wrong_number_of_threads_is_named(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_THREADS", count)
    with pytest.raises(OptionError, match="PELLUCID_THREADS is"):
        pellucid.compress(PICTURE, lossless=True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_a_plane_comes_back_as_a_plane(dtype: str, tmp_path: Path) -> None:
    plane = PICTURE[..., 0].astype(dtype)
    for given in (plane, plane[..., None]):
        data = pellucid.compress(given, lossless=True)
        assert np.array_equal(plane, pellucid.decompress(data))
    assert pellucid.decompress(data, region=(3, 4, 6, 5)).shape == (5, 6)
    saved = pellucid.salvage(data)
    assert (saved.channels, saved.kind) == (1, "grey")
    assert np.array_equal(saved.picture, plane)
    pellucid.decompress_file(data, tmp_path / "a.npy")
    assert np.array_equal(np.load(tmp_path / "a.npy"), plane)


def test_several_channels_keep_their_axis() -> None:
    for channels in (2, 3, 4, 5):
        samples = np.dstack([PICTURE, PICTURE])[..., :channels]
        assert np.array_equal(samples, pellucid.decompress(pellucid.compress(samples, max_error=0)))


def test_results_say_what_was_done(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", PICTURE)
    done = pellucid.compress_file(tmp_path / "a.npy", tmp_path / "a.pel", lossless=True)
    assert done.source_bytes == (tmp_path / "a.npy").stat().st_size
    assert done.info == pellucid.info(tmp_path / "a.pel")
    assert done.remarks == ()
    back = pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.png")
    assert (back.width, back.height, back.channels, back.kind) == (30, 20, 3, "RGB")
    assert (back.picture, back.damaged, back.damage, back.remarks) == (None, {}, (), ())
    found = pellucid.verify(tmp_path / "a.pel")
    assert (found.sound, found.messages, found.total, found.salvageable) == (True, [], 1, 1)
    (tmp_path / "jpeg.jpg").write_bytes(jpeg(PICTURE))
    grown = pellucid.compress_file(tmp_path / "jpeg.jpg", tmp_path / "c.pel", lossless=True)
    assert "the file grew" in grown.remarks[0]


def jpeg(samples: np.ndarray) -> bytes:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.fromarray(samples).save(out, "JPEG", quality=50)
    return out.getvalue()


def test_damage_is_in_the_result(tmp_path: Path) -> None:
    data = bytearray(pellucid.compress(PICTURE, lossless=True))
    data[-40] ^= 1
    (tmp_path / "a.pel").write_bytes(data)
    saved = pellucid.salvage(bytes(data))
    assert list(saved.damaged) == [0]
    assert saved.damaged == pellucid.verify(bytes(data)).tiles
    assert saved.damage[0].startswith("damaged and filled with grey: tile 0 (30 x 20 pixels")
    assert (saved.picture == 128).all()
    done = pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "a.npy", keep_going=True)
    assert (done.damaged, done.picture) == (saved.damaged, None)
    assert pickle.loads(pickle.dumps(saved)).damaged == saved.damaged


def test_what_is_read_is_never_replaced(tmp_path: Path) -> None:
    photo = tmp_path / "photo"  # without a suffix
    photo.write_bytes(jpeg(PICTURE))
    (tmp_path / "link").symlink_to(photo)
    os.link(photo, tmp_path / "hard")
    before = photo.read_bytes()
    for target in (photo, tmp_path / "link", tmp_path / "hard", tmp_path / "." / "photo"):
        with pytest.raises(OutputError, match="is the file that is read"):
            pellucid.compress_file(photo, target, force=True)
    with pytest.raises(OutputError, match="is the file that is read"):
        pellucid.compress_file(PICTURE, photo, lossless=True, guide=photo, force=True)
    assert photo.read_bytes() == before
    (tmp_path / "a.npy").write_bytes(pellucid.compress(PICTURE, lossless=True))
    with pytest.raises(OutputError, match="is the file that is read"):
        pellucid.decompress_file(tmp_path / "a.npy", tmp_path / "a.npy", force=True)
    with pytest.raises(OutputError, match="is the file that is read"):
        pellucid.denoise_file(photo, photo, force=True)
    (tmp_path / "grey.png").write_bytes(b"mask")
    with pytest.raises(OutputError, match="is the file that is read"):
        pellucid.denoise_file(photo, tmp_path / "grey.png", mask=tmp_path / "grey.png", force=True)


@pytest.mark.parametrize(
    "suffix", ["jxl", "avif", "heic", "gif", "png", "JPG", "tif", "npy", "dcm"]
)
def test_a_pel_file_has_no_other_pictures_name(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"out.{suffix}"
    with pytest.raises(OptionError, match=r"looks like a picture.*out\.pel"):
        pellucid.compress_file(PICTURE, target)
    assert not target.exists()


def test_errors_of_pictures_are_none_of_files() -> None:
    assert not issubclass(LimitError, FormatError)
    small = pellucid.Limits(max_pixels=10)
    for read in (pellucid.compress, pellucid.noise_level):
        with pytest.raises(LimitError):
            read(PICTURE if read is pellucid.compress else jpeg(PICTURE), limits=small)
    with pytest.raises(InputError):
        pellucid.compress(b"no picture")


@pytest.mark.parametrize("read", [pellucid.info, pellucid.verify, pellucid.decompress])
@pytest.mark.parametrize("data", [None, 5, [1, 2]])
def test_what_is_no_file_is_named(read: Any, data: Any) -> None:
    with pytest.raises(OptionError, match="must be a path, its bytes or a file object, not "):
        read(data)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"limits": 5}, "limits is 5"), ({"limits": None}, "limits"), ({"model": None}, "model is")],
)
def test_wrong_options_of_denoising_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        pellucid.denoise(PICTURE, **options)


@pytest.mark.parametrize(
    "options", [{"limits": 5, "task": "compress"}, {"pixel": 5, "task": "denoise", "sigma": 5}]
)
def test_wrong_options_of_explaining_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="is 5; "):
        pellucid.explain(PICTURE, **options)


def test_a_stream_is_explained_like_its_bytes() -> None:
    """It gives its bytes once, and they are asked for more than once."""
    from io import BytesIO

    for data, task in (
        (pellucid.compress(PICTURE, lossless=True), None),
        (jpeg(PICTURE), "compress"),
    ):
        of_stream = pellucid.explain(BytesIO(data), task=task)
        of_bytes = pellucid.explain(bytearray(data), task=task)
        assert of_stream.task == of_bytes.task
        assert np.array_equal(of_stream.after, of_bytes.after)


def test_a_stream_without_bytes_is_named() -> None:
    class Waiting:
        def read(self) -> None:
            return None

    with pytest.raises(OptionError, match="binary"):
        pellucid.compress(Waiting(), lossless=True)  # type: ignore[arg-type]


def test_what_is_sliced_is_denoised_to_its_own_shape() -> None:
    class Sliced:
        shape, dtype = PICTURE.shape[:2], PICTURE.dtype

        def __getitem__(self, key: Any) -> Any:
            return PICTURE[..., 0][key]

    assert pellucid.denoise(Sliced(), sigma=5).shape == PICTURE.shape[:2]  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", ["compress_file", "decompress_file", "denoise_file"])
@pytest.mark.parametrize("target", [None, 5, b"a.pel"])
def test_a_target_must_be_a_path(verb: str, target: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((8, 8), np.uint8))
    (tmp_path / "a.pel").write_bytes(pellucid.compress(tmp_path / "a.npy", lossless=True))
    source = tmp_path / ("a.pel" if verb == "decompress_file" else "a.npy")
    with pytest.raises(OptionError, match="must be a path"):
        getattr(pellucid, verb)(source, target)


def test_a_pel_file_may_be_a_file_object(tmp_path: Path) -> None:
    data = pellucid.compress(PICTURE, lossless=True)
    assert pellucid.info(BytesIO(data)) == pellucid.info(data)
    assert pellucid.verify(BytesIO(data)).sound
    assert np.array_equal(pellucid.decompress(BytesIO(data)), PICTURE)
    assert np.array_equal(pellucid.salvage(BytesIO(data)).picture, PICTURE)
    pellucid.decompress_file(BytesIO(data), tmp_path / "a.npy")
    assert np.array_equal(np.load(tmp_path / "a.npy"), PICTURE)
    with pytest.raises(FormatError, match=r"not a \.pel file"):
        pellucid.info(BytesIO(b"no file"))
