"""decompress: thumbnails, JPEG quality, metadata left out, what info says of the orientation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from fuzz.fuzz_reader import with_noise
from pellucid.bitstream import NoiseModel
from pellucid.errors import OptionError
from pellucid.pixels.reduced import reduce


def opened(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_a_thumbnail_is_the_picture_reduced(run, pel, scale) -> None:
    whole = pellucid.decompress(pel)
    small = pellucid.decompress(pel, scale=scale)
    np.testing.assert_array_equal(small, reduce(whole, scale))
    result = run("decompress", pel, "-o", "small.png", "--scale", f"1/{scale}", "--json")
    np.testing.assert_array_equal(opened("small.png"), small)
    fields = json.loads(result.stdout)
    assert (fields["height"], fields["width"]) == small.shape[:2]
    run("decompress", pel, "-o", "small.tif", "--scale", f"1/{scale}")
    np.testing.assert_array_equal(opened("small.tif"), small)


def test_a_part_of_a_thumbnail(run, pel) -> None:
    """It is that part of the thumbnail of the whole, grown to whole squares."""
    small = pellucid.decompress(pel, scale=4)
    part = pellucid.decompress(pel, scale=4, region=(13, 5, 40, 31))
    np.testing.assert_array_equal(part, small[1:9, 3:14])


def test_thumbnails_of_all_kinds() -> None:
    random = np.random.default_rng(0)
    for samples in (
        random.normal(0, 1, (70, 90)).astype(np.float32),
        random.integers(-999, 999, (70, 90, 5)).astype(np.int16),
        random.integers(0, 255, (1100, 1030, 4)).astype(np.uint8),
    ):
        data = pellucid.compress(samples, lossless=True)
        alpha = samples.shape[-1] == 4
        whole = samples[..., None] if samples.ndim == 2 else samples
        expected = reduce(whole, 8, alpha=alpha)
        expected = expected[..., 0] if samples.ndim == 2 else expected
        np.testing.assert_array_equal(pellucid.decompress(data, scale=8), expected)


@pytest.mark.parametrize("scale", [0, 3, 16, -2, True, "1/8", None])
def test_other_scales_are_refused(pel, scale) -> None:
    with pytest.raises(OptionError, match="scale is"):
        pellucid.decompress(pel, scale=scale)


def test_wrong_scales_on_the_command_line(run, pel) -> None:
    for scale in ("1/3", "8", "0.5"):
        run("decompress", pel, "--scale", scale, code=2)


def test_a_thumbnail_of_a_damaged_file(run, pel_bytes) -> None:
    data = bytearray(pel_bytes)
    data[-40] ^= 1
    Path("bad.pel").write_bytes(data)
    run("decompress", "bad.pel", "--scale", "1/8", code=1)
    run("decompress", "bad.pel", "--scale", "1/8", "--keep-going", code=1)
    assert opened("bad.png").shape == (9, 12, 3)


def test_jpeg_quality(run, pel) -> None:
    run("decompress", pel, "-o", "a.jpg")
    run("decompress", pel, "-o", "b.jpg", "--jpeg-quality", 95)
    run("decompress", pel, "-o", "c.jpg", "--jpeg-quality", 30)
    sizes = [Path(name).stat().st_size for name in ("a.jpg", "b.jpg", "c.jpg")]
    assert sizes[0] == sizes[1] > 2 * sizes[2]
    assert "JPEG" in run("decompress", pel, "-o", "d.png", "--jpeg-quality", 30, code=2).stderr
    run("decompress", pel, "-o", "d.jpg", "--jpeg-quality", 101, code=2)
    assert not list(Path().glob("d.*"))


def with_exif(pixels: np.ndarray, orientation: int = 6) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Pellucid Works"
    Image.fromarray(pixels).save("turned.jpg", exif=exif)


def test_metadata_left_out(run, pixels) -> None:
    with_exif(pixels)
    run("compress", "turned.jpg")
    run("decompress", "turned.pel", "-o", "with.png")
    said = run("decompress", "turned.pel", "-o", "without.png", "--no-metadata").stderr
    assert said == ""
    with Image.open("with.png") as there, Image.open("without.png") as gone:
        assert there.getexif()[0x010F] == "Pellucid Works"
        assert not gone.getexif()
    run("decompress", "turned.pel", "-o", "turned.bmp", "--no-metadata")
    np.testing.assert_array_equal(opened("with.png"), opened("without.png"))


def test_info_says_how_viewers_turn_it(run, pel, pixels) -> None:
    with_exif(pixels)
    run("compress", "turned.jpg")
    found = json.loads(run("info", "turned.pel", "--json").stdout)
    assert (found["orientation"], found["width"], found["height"]) == (6, 90, 70)
    assert "which viewers turn by 90 degrees clockwise" in run("info", "turned.pel").stdout
    assert pellucid.info(pel).orientation == 1
    assert "viewers" not in run("info", pel).stdout


def test_lossless_of_a_jpeg_gets_a_word(run, photo) -> None:
    with Image.open(photo) as image:
        image.save("photo.jpg", quality=60)
    said = run("compress", "photo.jpg", "--lossless", "-o", "big.pel").stderr
    before, after = Path("photo.jpg").stat().st_size, Path("big.pel").stat().st_size
    assert after > before
    assert f"{before:,}" in said
    assert f"{after:,}" in said
    assert run("compress", photo, "--lossless", "-o", "small.pel").stderr == ""


@pytest.mark.parametrize("suffix", ["jxl", "avif", "heic", "HEIF", "gif", "png", "jpg", "npy"])
def test_a_pel_file_is_not_called_otherwise(run, photo, suffix) -> None:
    said = run("compress", photo, "-o", f"a.{suffix}", code=2).stderr
    assert f"a.{suffix}" in said
    assert ".pel" in said
    assert not list(Path().glob("a.*"))


def test_grain(run, pel_bytes) -> None:
    model = NoiseModel(5, 0, 0, 1, 0, 255, ((40, 80, 120),) * 3)
    data = with_noise(pel_bytes, model)
    Path("noisy.pel").write_bytes(data)
    for words, grain in (((), 0), (("--grain",), 1), (("--grain", "0.25"), 0.25)):
        run("decompress", "noisy.pel", "-o", "out.png", "--force", *words)
        np.testing.assert_array_equal(opened("out.png"), pellucid.decompress(data, grain=grain))
    said = "taken off: sigma 5 where dark (0), 10 where middle (128), 15 where bright (255); fine"
    assert f"noise     {said}" in run("info", "noisy.pel").stdout
    noise = json.loads(run("info", "noisy.pel", "--json").stdout)["noise"]
    assert noise["levels"] == [0, 127.5, 255]
    assert noise["sigma"] == [[5, 10, 15]] * 3
    assert "--grain 1" in run("decompress", "--grain", "noisy.pel", code=2).output


def test_grain_of_a_file_without_a_noise_model(run, pel) -> None:
    result = run("decompress", pel, "-o", "out.png", "--grain", code=2)
    assert "--denoise" in result.output
    assert not Path("out.png").exists()
    assert "noise" not in run("info", pel).stdout
