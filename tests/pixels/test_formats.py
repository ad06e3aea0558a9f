"""The contract of the formats: whatever a picture comes in, it is opened the same way.

A new format is a line in `MADE`: how a file of it is made, and what must come out.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from dicom_files import dataset_of
from dicom_files import saved as dicom_saved
from opened import write_samples
from pellucid.errors import InputError, LimitError, MissingExtraError, OptionError, PellucidError
from pellucid.pixels import Box, Role, open_image
from pellucid.pixels.formats import FORMATS, Input, format_of, jpegxl
from pellucid.pixels.geo import orientation_of

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (31, 45), np.uint8)
RGB = RNG.integers(0, 256, (31, 45, 3), np.uint8)
RGBA = RNG.integers(0, 256, (31, 45, 4), np.uint8)
DEEP = RNG.integers(0, 65536, (31, 45, 3), np.uint16)
Y, X = np.mgrid[:32, :48]
SMOOTH = np.dstack([Y * 4, X * 3, 0 * X + 90]).astype(np.uint8)
BANDS = np.dstack([RGB, 255 - RGB])


def saved(samples: np.ndarray, kind: str, **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, kind, **options)
    return file.getvalue()


def written(samples: np.ndarray, suffix: str) -> Callable[[Path], None]:
    return lambda path: write_samples(path, samples)


def tiff(samples: np.ndarray, **options: object) -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def heic(path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(Image.fromarray(SMOOTH)).save(path, quality=-1, chroma=444)


def store(path: Path) -> None:
    array = zarr.create_array(str(path), shape=RGB.shape, dtype=RGB.dtype, chunks=(16, 16, 3))
    array[:] = RGB


def dicom(stacked: np.ndarray) -> Callable[[Path], None]:
    return lambda path: dicom_saved(dataset_of(stacked.astype(np.uint16)), path) and None


def jp2(samples: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True))


def avif(samples: np.ndarray) -> bytes:
    return bytes(imagecodecs.avif_encode(samples, level=98, bitspersample=10, pixelformat="444"))


def jxl(samples: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpegxl_encode(samples, lossless=True))


def npy(samples: np.ndarray) -> bytes:
    file = BytesIO()
    np.save(file, samples)
    return file.getvalue()


class Made(NamedTuple):
    """A file: its format's name, what makes it, samples to come out, how far they may be off."""

    format: str
    suffix: str
    make: bytes | Callable[[Path], None]
    samples: np.ndarray
    roles: str = ""
    off: int = 0


COLOURS = "colour " * 3
MADE = {
    "PNG": Made("picture", ".png", saved(RGBA, "PNG"), RGBA, COLOURS + "alpha"),
    "JPEG": Made("picture", ".jpg", saved(SMOOTH, "JPEG", quality=98), SMOOTH, COLOURS, 9),
    "WebP": Made("picture", ".webp", saved(RGB, "WEBP", lossless=True), RGB, COLOURS),
    "BMP": Made("picture", ".bmp", saved(RGB, "BMP"), RGB, COLOURS),
    "GIF": Made("picture", ".gif", saved(GREY, "GIF"), GREY, "colour"),
    "AVIF": Made("AVIF", ".avif", saved(SMOOTH, "AVIF", quality=100), SMOOTH, COLOURS, 9),
    "AVIF, 10 bits": Made(
        "AVIF", ".avif", avif(SMOOTH.astype("u2") * 4), SMOOTH.astype("u2") * 256, COLOURS, 2048
    ),
    "PNG, 16 bits": Made("PNG of 16 bits", ".png", written(DEEP, ".png"), DEEP, COLOURS),
    "PPM": Made("PPM", ".ppm", saved(RGB, "PPM"), RGB, COLOURS),
    "PPM, 16 bits": Made("PPM", ".ppm", written(DEEP, ".ppm"), DEEP, COLOURS),
    "PGM in text": Made(
        "PPM", ".pgm", b"P2 2 2 255\n1 2 3 4\n", np.array([[1, 2], [3, 4]], "u1"), "colour"
    ),
    "TIFF": Made("TIFF", ".tif", saved(RGB, "TIFF"), RGB, COLOURS),
    "TIFF, 16 bits": Made("TIFF", ".tif", tiff(DEEP, photometric="rgb"), DEEP, COLOURS),
    "TIFF, LERC": Made(
        "TIFF", ".tif", tiff(GREY.astype("f4"), compression="lerc"), GREY.astype("f4"), "colour"
    ),
    "TIFF, JPEG 2000": Made(
        "TIFF", ".tif", tiff(RGB, photometric="rgb", compression="jpeg2000"), RGB, COLOURS
    ),
    "TIFF, pages": Made(
        "TIFF", ".tif", tiff(RGBA.transpose(2, 0, 1), photometric="minisblack"), RGBA, "page " * 4
    ),
    "JPEG 2000": Made(
        "JPEG 2000",
        ".jp2",
        jp2(RGB),
        RGB,
        COLOURS,
    ),
    "JPEG 2000, 16 bits": Made(
        "JPEG 2000",
        ".jp2",
        jp2(DEEP),
        DEEP,
        COLOURS,
    ),
    "HEIC": Made("HEIC", ".heic", heic, SMOOTH, COLOURS, 3),
    "JPEG XL": Made(
        "JPEG XL",
        ".jxl",
        jxl(RGBA),
        RGBA,
        COLOURS + "alpha",
    ),
    "JPEG XL, 16 bits": Made("JPEG XL", ".jxl", jxl(DEEP), DEEP, COLOURS),
    "NumPy": Made("NumPy", ".npy", npy(DEEP.astype("f8")), DEEP.astype("f8"), COLOURS),
    "NumPy by columns": Made("NumPy", ".npy", npy(np.asfortranarray(RGB)), RGB, COLOURS),
    "NumPy, bands": Made("NumPy", ".npy", npy(BANDS), BANDS, "band " * 6),
    "Zarr": Made("Zarr", ".zarr", store, RGB, COLOURS),
    "DICOM": Made("DICOM", ".dcm", dicom(GREY[None]), GREY.astype("u2"), "colour"),
    "DICOM, 2 frames": Made(
        "DICOM",
        ".dcm",
        dicom(RGBA[..., :2].transpose(2, 0, 1)),
        RGBA[..., :2].astype("u2"),
        "frame frame",
    ),
    "DICOM, 4 frames": Made(
        "DICOM", ".dcm", dicom(RGBA.transpose(2, 0, 1)), RGBA.astype("u2"), "frame " * 4
    ),
}


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Made, Path]:
    one = MADE[request.param]
    path = tmp_path / f"a{one.suffix}"
    if callable(one.make):
        one.make(path)
    else:
        path.write_bytes(one.make)
    return one, path


def test_every_format_is_made() -> None:
    assert {one.format for one in MADE.values()} == {one.name for one in FORMATS}


def test_samples_and_roles(made: tuple[Made, Path]) -> None:
    one, path = made
    assert format_of(Input(path)).name == one.format
    wanted = one.samples[..., None] if one.samples.ndim == 2 else one.samples
    ways: list[object] = [path, os.fspath(path)]
    if path.is_file():
        ways += [path.read_bytes(), BytesIO(path.read_bytes())]
    for source in ways:
        with open_image(source) as image:
            assert (image.shape, image.dtype) == (wanted.shape, wanted.dtype)
            assert " ".join(image.info.roles) == one.roles.strip()
            info = image.info
            assert (info.height, info.width, info.channels) == wanted.shape
            assert info.bit_depth == 8 * wanted.itemsize
            whole = image.read()
            assert np.abs(whole.astype(float) - wanted).max() <= one.off
            box = Box(1, 0, *wanted.shape[:2]).overlap(Box.whole(wanted.shape))
            assert np.array_equal(image[box.slices], whole[box.slices])


def test_the_limit_holds_for_all(made: tuple[Made, Path]) -> None:
    one, path = made
    pixels = one.samples.shape[0] * one.samples.shape[1]
    most = max(pixels, -(-one.samples.size // 4))
    with open_image(path, max_pixels=most):
        pass
    for limit in {pixels - 1, 1} | ({most - 1} if most > pixels else set()):
        with pytest.raises(LimitError), open_image(path, max_pixels=limit):
            pass


def test_pages_are_of_what_has_them(made: tuple[Made, Path]) -> None:
    one, path = made
    with open_image(path) as image:
        pages = image.info.pages
    if not format_of(Input(path)).pages:
        with pytest.raises(OptionError, match="has no page 0"), open_image(path, page=0):
            pass
        return
    with open_image(path, page=pages - 1) as image:
        wanted = one.samples if one.samples.ndim == 2 else one.samples[..., -image.shape[2] :]
        assert np.array_equal(image.read().squeeze(), wanted.squeeze())
        assert image.info.roles[0] is Role.COLOUR
    for number in (pages, -1):
        with pytest.raises(OptionError), open_image(path, page=number):
            pass


def test_damaged_files_raise_errors_of_the_tree(made: tuple[Made, Path]) -> None:
    _, path = made
    if not path.is_file():
        return
    data = path.read_bytes()
    rng = np.random.default_rng(7)
    broken = [data[:at] for at in (0, 1, 5, len(data) // 3, len(data) - 2)]
    for _ in range(20):
        changed = bytearray(data)
        changed[rng.integers(min(len(data), 300))] = rng.integers(256)
        broken.append(bytes(changed))
    refused: list[PellucidError] = []
    for piece in broken:
        try:
            with open_image(piece, max_pixels=10**6) as image:
                image.read()
        except PellucidError as error:
            refused.append(error)
    assert refused
    for error in refused:
        # where another test has loaded Dask, these would be pickled, too
        error.__cause__ = error.__context__ = None
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


# --- read once ------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", [n for n, one in MADE.items() if one.suffix != ".zarr"])
def test_a_pipe_is_read_once(name: str, tmp_path: Path) -> None:
    one = MADE[name]
    data = one.make
    if callable(data):
        data(tmp_path / f"b{one.suffix}")
        data = (tmp_path / f"b{one.suffix}").read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    with open_image(pipe) as image:
        assert image.shape[:2] == one.samples.shape[:2]
    writer.join(5)
    assert not writer.is_alive()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_no_one_writes_to_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.pixels.formats.input.PATIENCE_S", 0.05)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no one writes to it"), open_image(tmp_path / "pipe"):
        pass

    def late() -> None:
        with (tmp_path / "pipe").open("wb") as file:
            time.sleep(0.2)  # a writer that is there has all the time it needs
            file.write(MADE["PNG"].make)

    writer = threading.Thread(target=late)
    monkeypatch.setattr("pellucid.pixels.formats.input.PATIENCE_S", 10)
    writer.start()
    with open_image(tmp_path / "pipe") as image:
        assert np.array_equal(image.read(), RGBA)
    writer.join(5)


def test_an_object_that_can_be_read_once_is_enough() -> None:
    class Once:
        name = "standard input"

        def read(self) -> bytes:
            self.read = lambda: pytest.fail("it was read twice")
            return MADE["TIFF"].make

    with open_image(Once()) as image:
        assert np.array_equal(image.read(), RGB)
    with pytest.raises(OptionError, match="binary mode"), open_image(StringIO("x")):
        pass


@pytest.mark.parametrize(
    ("suffix", "module", "line"),
    [(".heic", "pillow_heif", "formats"), (".jxl", "imagecodecs", "formats")],
)
def test_without_the_extra(
    suffix: str, module: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".heic":
        heic(path)
    else:
        path.write_bytes(MADE["JPEG XL"].make)
    monkeypatch.setitem(__import__("sys").modules, module, None)
    said = rf"pip install 'pellucid\[{line}\]'"
    with pytest.raises(MissingExtraError, match=said) as caught, open_image(path):
        pass
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (MissingExtraError, str(caught.value))


def test_heic_keeps_its_metadata(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    exif = Image.Exif()
    exif[0x010F] = "Pellucid Works"
    picture = pillow_heif.from_pillow(Image.fromarray(SMOOTH))
    picture.info["exif"] = exif.tobytes()
    picture.save(tmp_path / "a.heic", quality=-1)
    with open_image(tmp_path / "a.heic") as image:
        assert image.info.exif is not None
        assert image.info.exif.startswith((b"II*\0", b"MM\0*"))
        assert b"Pellucid Works" in image.info.exif
        write_samples(tmp_path / "b.png", image.read(), image.info)
    with Image.open(tmp_path / "b.png") as back:
        assert back.getexif()[0x010F] == "Pellucid Works"


def test_more_than_one_picture_in_a_heic_is_told(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    file = pillow_heif.from_pillow(Image.fromarray(SMOOTH))
    file.add_from_pillow(Image.fromarray(255 - SMOOTH))
    file.save(tmp_path / "two.heic", quality=-1, chroma=444)
    with (
        pytest.warns(UserWarning, match="holds 2 pictures, of which the main one is taken"),
        open_image(tmp_path / "two.heic") as image,
    ):
        assert np.abs(image.read().astype(int) - SMOOTH).max() <= 3


def turned(kind: str) -> bytes:
    """A picture that lies 64 x 40 in the file and is shown 40 x 64, by file and EXIF alike."""
    exif = Image.Exif()
    exif[274] = 6
    lying, out = Image.fromarray(np.zeros((40, 64, 3), np.uint8)), BytesIO()
    if kind == "HEIC":
        pytest.importorskip("pillow_heif").register_heif_opener()
        lying.save(out, "HEIF", exif=exif.tobytes())
        return out.getvalue()
    lying.save(out, "JPEG", exif=exif)
    block = bytes(4) + exif.tobytes().removeprefix(b"Exif\0\0")
    coded: bytes = imagecodecs.jpegxl_encode_jpeg(out.getvalue())
    return coded + (8 + len(block)).to_bytes(4, "big") + b"Exif" + block


@pytest.mark.parametrize("kind", ["HEIC", "JPEG XL"])
def test_what_the_decoder_turns_is_not_turned_again(kind: str) -> None:
    with open_image(turned(kind)) as image:
        assert image.shape == (64, 40, 3)
        assert image.info.exif is not None
        assert orientation_of(image.info.exif) == 1


def test_comments_of_a_ppm_may_be_long() -> None:
    head = b"P6\n#" + b" a word" * 1000 + b"\n4 3\n255\n"
    with open_image(head + bytes(range(36))) as image:
        assert np.array_equal(image.read().ravel(), range(36))


def test_frames_of_jpeg_xl_are_refused_before_they_are_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each would be as large as the picture, and a few bytes can hold thousands."""
    many = jxl(np.zeros((3, 31, 45, 3), np.uint8))
    monkeypatch.setattr(imagecodecs, "jpegxl_decode", lambda _: pytest.fail("decoded"))
    with pytest.raises(InputError, match="more than one frame"), open_image(many):
        pass


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_headers_of_jpeg_xl_say_how_large_it_is(channels: int, dtype: type) -> None:
    samples = np.zeros((31, 145, channels), dtype)
    data = jxl(samples)
    found = jpegxl.shape_of(jpegxl.stream_of(data, jpegxl.boxes_of(data)), "it")
    assert found == (31, 145, 2 if channels == 4 else 1)
