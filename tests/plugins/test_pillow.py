"""Pillow with the plugin: lazy, small when asked to be, and its own errors."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError

import pellucid
from fuzz.fuzz_pillow import PROMISED, pillow_input, pillow_seeds
from fuzz.run import run
from pellucid import errors
from pellucid.bitstream.limits import MEDIA_TYPE
from pellucid.plugins import pillow
from pictures import photograph
from program import SRC

BAD = Path(__file__).resolve().parents[2] / "conformance" / "v1" / "bad"
CASES: dict[str, dict[str, str]] = json.loads((BAD / "cases.json").read_text("utf-8"))
MIB = 2**20
GROWTH_MIB = 64


def pel(samples: Any, **options: Any) -> BytesIO:
    return BytesIO(pellucid.compress(samples, **options))


def opened(samples: Any, **options: Any) -> Image.Image:
    return Image.open(pel(samples, **options))


def with_metadata() -> BytesIO:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Model] = 6, "camera"
    exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = 118.0
    exif[ExifTags.Base.ResolutionUnit] = 3
    file = BytesIO()
    image = Image.fromarray(photograph(60, 90))
    image.save(file, "PEL", exif=exif, icc_profile=bytes(130), xmp=b"<x/>", lossless=True)
    return file


def fresh(code: str) -> str:
    """What a Python prints that has imported nothing yet."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SRC)!r})\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_one_line_is_enough_in_a_fresh_process(tmp_path: Path) -> None:
    samples = photograph(40, 50)
    (tmp_path / "a.pel").write_bytes(pellucid.compress(samples, lossless=True))
    code = f"""
from PIL import Image
import pellucid.plugins.pillow
assert ".pel" not in Image.registered_extensions()
try:
    Image.open({str(tmp_path / "a.pel")!r})
except Image.UnidentifiedImageError:
    print("unknown")
pellucid.plugins.pillow.register()
print(Image.open({str(tmp_path / "a.pel")!r}).convert("RGB").getpixel((7, 9)))
"""
    assert fresh(code).split("\n")[:2] == ["unknown", str(tuple(map(int, samples[9, 7])))]


def test_opening_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    file = with_metadata()
    monkeypatch.setattr(pillow.Opened, "decode_into", None)
    image = Image.open(file)
    assert (image.size, image.mode, image.format) == ((90, 60), "RGB", "PEL")
    assert image.get_format_mimetype() == MEDIA_TYPE
    assert image.getexif()[ExifTags.Base.Model] == "camera"
    assert (image.info["icc_profile"], image.info["xmp"]) == (bytes(130), b"<x/>")
    np.testing.assert_allclose(image.info["dpi"], 118 * 2.54)
    with pytest.raises(TypeError):
        image.load()


def test_orientation_is_left_to_pillow() -> None:
    with Image.open(with_metadata()) as image:
        turned = ImageOps.exif_transpose(image)
    assert turned.size == (60, 90)
    expected = np.rot90(photograph(60, 90), -1)
    np.testing.assert_array_equal(np.asarray(turned), expected)
    file = BytesIO()
    turned.save(file, "PEL", lossless=True)  # with the EXIF that Pillow changed
    assert pellucid.info(file.getvalue()).orientation == 1


def test_metadata_go_on_unless_told() -> None:
    with Image.open(with_metadata()) as image:
        kept, less, none, jpeg = (BytesIO() for _ in range(4))
        image.save(kept, "PEL")
        image.save(less, "PEL", exif=None, dpi=None, xmp=b"")
        image.save(none, "PEL", metadata=False)
        image.save(jpeg, "JPEG", exif=image.info["exif"])
    assert Image.open(kept).info == image.info
    assert list(Image.open(less).info) == ["icc_profile"]
    assert not Image.open(none).info
    assert Image.open(jpeg).getexif()[ExifTags.Base.Model] == "camera"


def test_resolution_without_exif() -> None:
    file = BytesIO()
    Image.new("L", (9, 9)).save(file, "PEL", dpi=(300, 150))
    assert Image.open(file).info == {"dpi": (300.0, 150.0)}


@pytest.mark.parametrize("mode", ["1", "P", "YCbCr", "I;16B"])
def test_modes_that_are_converted_without_loss(mode: str) -> None:
    image = Image.fromarray(photograph(30, 40)).convert("L").convert(mode)
    file = BytesIO()
    image.save(file, "PEL", lossless=True)
    back = Image.open(file)
    assert back.mode == {"1": "L", "P": "L", "YCbCr": "RGB", "I;16B": "I;16"}[mode]
    np.testing.assert_array_equal(np.asarray(back), np.asarray(image.convert(back.mode)))


@pytest.mark.parametrize("mode", ["CMYK", "F", "I", "LAB", "HSV", "RGBa"])
def test_modes_that_are_refused(mode: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"mode|float32") as caught:
        Image.new(mode, (9, 9)).save(tmp_path / "a.pel")
    assert isinstance(caught.value, errors.InputError)
    assert not list(tmp_path.iterdir())


REFUSED = {
    "float32": np.zeros((9, 9, 3), np.float32),
    "int16": np.zeros((9, 9), np.int16),
    "16-bit RGB": np.zeros((9, 9, 3), np.uint16),
    "5 channels": np.zeros((9, 9, 5), np.uint8),
}


@pytest.mark.parametrize("samples", REFUSED.values(), ids=REFUSED)
def test_samples_without_a_mode_are_refused_with_the_way_out(samples: Any) -> None:
    with pytest.raises(UnidentifiedImageError, match=r"pellucid\.decompress") as caught:
        opened(samples, lossless=True)
    assert isinstance(caught.value, errors.UnsupportedError)


def test_draft_decodes_small() -> None:
    samples = photograph(200, 300)
    image = opened(samples, lossless=True)
    assert image.draft(None, (70, 45)) == ("RGB", (0, 0, 75, 50))
    assert image.size == (75, 50)
    assert image.draft(None, (10, 10)) is None
    np.testing.assert_array_equal(
        np.asarray(image), pellucid.decompress(pel(samples, lossless=True), scale=4)
    )
    assert image.draft(None, (10, 10)) is None


@pytest.mark.parametrize("size", [(64, 64), (299, 199), (1000, 1000), (1, 500)])
def test_thumbnails_are_like_those_of_a_png(size: tuple[int, int]) -> None:
    samples = photograph(200, 300)
    image, plain = opened(samples, lossless=True), Image.fromarray(samples)
    image.thumbnail(size)
    plain.thumbnail(size)
    assert image.size == plain.size
    assert np.abs(np.asarray(image).astype(int) - np.asarray(plain)).mean() < 4


def test_a_thumbnail_of_a_large_picture_takes_less_memory() -> None:
    """In Python and NumPy; what Pillow and ONNX Runtime take isn't counted."""
    file = pel(np.tile(photograph(512, 512, left=0), (3, 3, 1)), model="s")
    Image.open(file).load()
    taken = []
    for small in (False, True):
        tracemalloc.start()
        try:
            image = Image.open(file)
            if small:
                image.thumbnail((128, 128))
            image.load()
            taken.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert taken[1] < taken[0] - 5 * MIB


def test_verify() -> None:
    data = pel(photograph(60, 90)).getvalue()
    image = Image.open(BytesIO(data))
    image.verify()
    damaged = bytearray(data)
    damaged[-60] ^= 1
    image = Image.open(BytesIO(damaged))
    with pytest.raises(OSError, match="CRC-32"):
        image.verify()


def test_what_is_cut_off_opens_and_loads_if_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = photograph(200, 300)
    data = pel(samples, lossless=True, tile=128).getvalue()
    cut = data[: len(data) * 3 // 4]
    image = Image.open(BytesIO(cut))
    assert image.size == (300, 200)
    with pytest.raises(OSError, match="truncated"):
        image.load()
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    image.load()
    found = np.asarray(image)
    np.testing.assert_array_equal(found[:128, :128], samples[:128, :128])
    assert (found[-1, -1] == 128).all()


def test_pillows_limit_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    file = pel(np.zeros((60, 90), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60 * 90 // 2 - 1)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(file)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60 * 90 - 1)
    with pytest.warns(Image.DecompressionBombWarning):
        Image.open(file)


def test_ours_holds() -> None:
    file = pel(np.zeros((60, 90), np.uint8))
    pillow.register(limits=pellucid.Limits(max_pixels=60 * 90 - 1))
    with pytest.raises(Image.DecompressionBombError, match="limit") as caught:
        Image.open(file)
    assert isinstance(caught.value, errors.LimitError)
    with pytest.raises(errors.OptionError, match="limits"):
        pillow.register(limits=5)  # type: ignore[arg-type]


def test_a_file_is_closed_and_can_be_saved_over(tmp_path: Path) -> None:
    path = tmp_path / "a.pel"
    samples = photograph(40, 50)
    Image.fromarray(samples).save(path, lossless=True)
    image = Image.open(path)
    image.load()
    assert image.fp is None
    image.putpixel((0, 0), (1, 2, 3))
    image.save(path, lossless=True)
    with Image.open(path) as again:
        assert again.getpixel((0, 0)) == (1, 2, 3)
        assert again.copy().size == (50, 40)


def test_a_file_comes_in_parts() -> None:
    samples = photograph(60, 90)
    data, parser = pel(samples, lossless=True).getvalue(), ImageFile.Parser()
    for start in range(0, len(data), 999):
        parser.feed(data[start : start + 999])
    np.testing.assert_array_equal(np.asarray(parser.close()), samples)


def test_images_can_be_pickled_before_they_are_loaded() -> None:
    samples = photograph(60, 90)
    again = pickle.loads(pickle.dumps(opened(samples, lossless=True)))
    np.testing.assert_array_equal(np.asarray(again), samples)


def test_options_of_other_formats_are_passed_over() -> None:
    file = BytesIO()
    Image.new("L", (9, 9)).save(file, "PEL", optimize=True, progressive=True, quality=50)
    assert pellucid.info(file.getvalue()).width == 9


@pytest.mark.parametrize("name", CASES)
def test_bad_files(name: str) -> None:
    """Each of conformance/v1/bad, in the error that its case names and in one that Pillow promises;
    those that don't begin as .pel files do, and those of no mode, are no pictures to Pillow.
    """
    data = (BAD / f"{name}.pel").read_bytes()
    tracemalloc.start()
    try:
        with pytest.raises(PROMISED) as caught:
            Image.open(BytesIO(data)).load()
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()
    unknown = type(caught.value) is UnidentifiedImageError
    assert unknown == (not pillow.accept(data))
    named = getattr(errors, CASES[name]["error"])
    first = (errors.UnsupportedError, errors.UnknownModelError)  # found before the tiles are read
    assert unknown or isinstance(caught.value, (named, *first))


def mutated(tries: int) -> None:
    report = run(tries=tries, seed=4 * 10**6, files=pillow_seeds(), target=pillow_input)
    assert not report.failures, report.failures[0]
    assert report.tries == tries
    assert report.peak_mib - report.peak_mib_before < GROWTH_MIB
    assert {"decoded", "DamagedFileError", "UnidentifiedImageError"} <= report.outcomes.keys()


def test_mutated_files() -> None:
    mutated(300)


@pytest.mark.slow
def test_ten_thousand_mutated_files() -> None:
    mutated(10_000)
