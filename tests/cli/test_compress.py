"""compress and decompress: names, targets, reports, overwriting."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.evaluate.metrics import psnr
from pictures import unpacked


def opened(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_beside_the_source(run, photo, pixels):
    output = run("compress", photo).output
    assert "photo.pel" in output
    assert "quality 60" in output
    assert unpacked("photo.pel").shape == pixels.shape


def test_same_bytes_as_the_library(run, photo, pixels):
    run("compress", photo, "-o", "a.pel", "--quality", 35)
    assert Path("a.pel").read_bytes() == pellucid.compress(pixels, quality=35)


def test_several_inputs(run, photo):
    Path("b.png").write_bytes(photo.read_bytes())
    result = run("compress", photo, "b.png")
    assert "2 of 2 done\n" in result.stderr
    run("compress", photo, "b.png", "-o", "new/deep")
    assert {p.name for p in Path("new/deep").iterdir()} == {"photo.pel", "b.pel"}
    assert "need a folder" in run("compress", photo, "b.png", "-o", "b.pel", code=2).stderr


def test_folders(run, photo, pixels):
    Path("album/deep").mkdir(parents=True)
    for name in ("album/a.png", "album/deep/b.JPG"):
        Image.fromarray(pixels).save(name)
    Path("album/notes.txt").write_text("no picture")
    assert "--recursive" in run("compress", "album", "-o", "out", code=1).stderr
    run("compress", "-r", "album", "-o", "out")
    run("compress", "-r", "album")
    made = {str(p.relative_to("out")) for p in Path("out").rglob("*.pel")}
    assert made == {"a.pel", "deep/b.pel"}
    assert Path("album/deep/b.pel").read_bytes() == Path("out/deep/b.pel").read_bytes()
    run("decompress", "-r", "out", "-o", "back", "--format", "webp")
    assert opened("back/deep/b.webp").shape == pixels.shape
    Path("empty").mkdir()
    assert "holds no files" in run("compress", "-r", "empty", code=1).stderr


def test_two_outputs_of_one_name(run, photo, pixels):
    """Both get a name, the same in each run; the same file twice is a mistake."""
    Image.fromarray(pixels).save("photo.bmp")
    run("compress", photo, "photo.bmp")
    assert {path.name for path in Path().glob("*.pel")} == {"photo.png.pel", "photo.bmp.pel"}
    run("decompress", "photo.png.pel", "photo.bmp.pel", "-o", "back")
    assert {path.name for path in Path("back").iterdir()} == {"photo.png.png", "photo.bmp.png"}
    result = run("compress", photo, "./photo.png", "--force", code=1)
    assert "photo.png: its output photo.png.pel is that of photo.png already" in result.stderr
    assert "1 of 2 done, 1 failed" in result.stderr


def test_output_named_as_a_picture(run, photo):
    assert "compress writes .pel files" in run("compress", photo, "-o", "a.jpg", code=2).stderr
    assert not Path("a.jpg").exists()


def test_output_is_the_input(run, photo):
    before = photo.read_bytes()
    photo = photo.rename("photo.pel")
    assert "a .pel file already" in run("compress", photo, "-o", photo, "--force", code=1).stderr
    assert photo.read_bytes() == before


def test_existing_output(run, photo, monkeypatch):
    Path("photo.pel").write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(pellucid, "compress_file", None)  # refused before the work
        result = run("compress", photo, code=1)
    assert "photo.pel exists already" in result.stderr
    assert "--force" in result.stderr
    assert Path("photo.pel").read_text() == "mine"
    run("compress", photo, "--force")
    assert pellucid.verify("photo.pel").sound


def test_output_that_appears_meanwhile(run, photo, monkeypatch):
    from pellucid._api import on_disk

    real = on_disk.encode

    def slow(*args, **options):
        Path("photo.pel").write_text("mine")
        return real(*args, **options)

    monkeypatch.setattr(on_disk, "encode", slow)
    assert "exists already" in run("compress", photo, code=1).stderr
    assert Path("photo.pel").read_text() == "mine"


@pytest.mark.parametrize(("given", "limit"), [("600", 600), ("0.9k", 900), ("0.002M", 2000)])
def test_size(run, photo, pixels, given, limit):
    run("compress", photo, "--size", given)
    size = len(Path("photo.pel").read_bytes())
    quality = pellucid.info("photo.pel").quality
    assert size <= limit
    assert quality == 100 or len(pellucid.compress(pixels, quality=quality + 1)) > limit


def test_bpp(run, photo):
    fields = json.loads(run("compress", photo, "--bpp", 1.5, "--json").stdout)
    assert 0.75 < fields["bits_per_pixel"] <= 1.5


def test_psnr(run, photo, pixels):
    quality = json.loads(run("compress", photo, "--psnr", 30, "--json").stdout)["quality"]
    below = unpacked(pellucid.compress(pixels, quality=quality - 1))
    assert psnr(pixels, below) < 30 <= psnr(pixels, unpacked("photo.pel"))


@pytest.mark.parametrize(
    "target", [("--bpp", 0.001), ("--size", 20), ("--psnr", 90, "--model", "m")]
)
def test_target_that_cannot_be_met(run, photo, target):
    assert "was asked for" in run("compress", photo, *target, code=1).stderr
    assert not Path("photo.pel").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--quality", 101),
        ("--quality", 1.5),
        ("--quality", 5, "--bpp", 1),
        ("--bpp", 0),
        ("--bpp", "nan"),
        ("--size", "200q"),
        ("--size", 400 * "9"),
        ("--psnr", "-3"),
        ("--model", "none"),
        ("--lossless", "--quality", 5),
        ("--lossless", "--max-error", 2),
        ("--max-error", -1),
        ("--max-error", 99999),
        ("--max-error", 1, "--psnr", 30),
    ],
)
def test_wrong_usage(run, photo, words):
    assert run("compress", photo, *words, code=2).stderr
    assert not Path("photo.pel").exists()


def test_json(run, photo):
    Path("bad.png").write_bytes(b"")
    lines = run("compress", photo, "bad.png", "--json", code=1).stdout.splitlines()
    good, bad = map(json.loads, lines)
    assert good["output"] == "photo.pel"
    assert good["bytes"] == Path("photo.pel").stat().st_size
    assert (bad["source"], bad["error"]) == ("bad.png", "InputError")


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "bmp", "ppm"])
def test_lossless_outputs(run, pel, suffix):
    run("decompress", pel, "-o", f"back.{suffix}")
    run("decompress", pel, "--format", suffix)
    assert Path(f"back.{suffix}").read_bytes() == Path(f"photo.{suffix}").read_bytes()
    np.testing.assert_array_equal(opened(f"back.{suffix}"), unpacked(pel))


def test_grey(run, pixels):
    Image.fromarray(pixels[:, :, 1]).save("grey.png")
    run("compress", "grey.png")
    run("decompress", "grey.pel", "-o", "back.png")
    assert opened("back.png").shape == pixels.shape[:2]


def test_region_is_a_crop_of_the_whole(run, pel):
    run("decompress", pel, "-o", "all.png")
    run("decompress", pel, "-o", "part.png", "--region", "13,5,40,31")
    np.testing.assert_array_equal(opened("part.png"), opened("all.png")[5:36, 13:53])


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "0,0,91,10", "0,0,0,0", "-1,0,5,5"])
def test_wrong_region(run, pel, region):
    run("decompress", pel, "--region", region, code=2)
    assert not Path("photo.png").exists()


def test_decompress_does_not_overwrite_the_original(run, pel, photo):
    before = photo.read_bytes()
    assert "photo.png exists already" in run("decompress", pel, code=1).stderr
    assert photo.read_bytes() == before


def test_formats_that_disagree(run, pel):
    run("decompress", pel, "-o", "a.webp", "--format", "png", code=2)
    assert (
        "names no known format; use one of" in run("decompress", pel, "-o", "a.gif", code=1).stderr
    )


def test_a_picture_and_its_guide_in_one_file(run, photo, pixels):
    depth = 9 * pixels[..., 1].astype(np.uint16)
    Image.fromarray(depth).save("depth.png")
    run("compress", "depth.png", "--guide", photo, "--lossless", "-o", "both.pel")
    assert "3 x uint8" in run("info", "both.pel").output
    run("decompress", "both.pel", "-o", "back.png")
    run("decompress", "both.pel", "-o", "guide.png", "--which", "guide")
    run("decompress", "both.pel", "-o", "guide.npy", "--which", "guide")
    assert np.array_equal(opened("back.png"), depth)
    assert np.array_equal(opened("guide.png"), pixels)
    assert np.array_equal(np.load("guide.npy"), pixels)
    run("verify", "both.pel")
    assert "lossless or max_error" in run("compress", photo, "--guide", photo, code=2).stderr
    run("compress", photo, "--lossless")
    words = ["decompress", "photo.pel", "-o", "none.png", "--which", "guide"]
    assert "no guide" in run(*words, code=2).stderr
