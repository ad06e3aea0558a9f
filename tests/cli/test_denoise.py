"""`pellucid denoise`: files, folders, options and what is said; a stand-in does the denoising."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageCms

import pellucid
from opened import read_samples, write_samples
from pellucid import _api, runtime
from pellucid.cli.demo import with_noise
from pellucid.denoising import flow
from pellucid.errors import OptionError
from pellucid.evaluate.metrics import psnr
from pellucid.pixels import ImageInfo

SAMPLE = Path(_api.__file__).parents[1] / "samples" / "chelsea.png"

XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä</x:xmpmeta>".encode()
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NOISE = _api.NoiseEstimate(
    sigma=12.5,
    channel_sigma=(12.0, 12.5, 13.0),
    slope=0.25,
    offset=100.0,
    correlation=0.5,
    jpeg_quality=40,
)
REAL = (flow.remove_noise, flow.measure, runtime.load_denoiser)
ASKED = ("sigma", "strength", "mask", "model")


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    """What the API was asked for; the stand-in adds 1 to every colour sample."""
    seen = []

    def stand_in(picture, out, noise, weight, model, *, guide):
        part = picture.part(picture.box)
        result = part.stored.copy()
        result[:, :, : part.filled.shape[2]] += 1
        out[picture.box.slices] = result

    def denoise_into(source, sink, options):
        seen.append((source, {name: getattr(options, name) for name in ASKED}))
        return whole_flow(source, sink, options)

    whole_flow = flow.denoise_into

    def load(name, device="cpu"):
        if name not in ("m", "s", "folder"):
            raise OptionError(f"there is no denoiser {name!r}; installed: m, s")
        return SimpleNamespace(id=bytes(range(16)), engine="none")

    monkeypatch.setattr(flow, "denoise_into", denoise_into)
    monkeypatch.setattr(flow, "remove_noise", stand_in)
    monkeypatch.setattr(flow, "measure", lambda samples, nodata: NOISE)
    monkeypatch.setattr(runtime, "load_denoiser", load)
    return seen


@pytest.fixture
def real(monkeypatch, calls):
    """The denoiser itself."""
    monkeypatch.setattr(flow, "remove_noise", REAL[0])
    monkeypatch.setattr(flow, "measure", REAL[1])
    monkeypatch.setattr(runtime, "load_denoiser", REAL[2])


def exif_turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()[6:]


def test_one_file(run, photo, calls):
    before = photo.read_bytes()
    result = run("denoise", photo)
    assert result.stdout.startswith("photo.clean.png  noise 12.5 of 255, JPEG of quality 40, ")
    assert result.stderr == ""
    assert photo.read_bytes() == before
    samples, clean = (read_samples(name)[0] for name in ("photo.png", "photo.clean.png"))
    np.testing.assert_array_equal(clean, samples + np.uint8(1))
    ((_, options),) = calls
    assert options == {"sigma": "auto", "strength": 1.0, "mask": None, "model": "m"}


def test_options_reach_the_denoiser(run, photo, calls):
    out = run("denoise", photo, "--sigma", "3.5", "--strength", "0.25", "--model", "s").stdout
    assert "noise 3.5 of 255 (given), strength 0.25, " in out
    assert calls[0][1] == {"sigma": 3.5, "strength": 0.25, "mask": None, "model": "s"}


def test_a_model_by_its_file(run, photo, calls):
    Path("folder").mkdir()
    Path("folder/card.json").write_text("{}")
    run("denoise", photo, "--model", "folder/card.json")
    assert calls[0][1]["model"] == "folder"


def test_a_file_that_is_no_model(run, photo, calls):
    stderr = run("denoise", photo, "--model", photo, code=2).stderr
    assert "there is no denoiser 'photo.png'" in stderr
    Path("s").write_text("called as a model is")
    run("denoise", photo, "--model", "s")
    assert calls[0][1]["model"] == "s"


def test_too_small_to_measure(run, monkeypatch):
    monkeypatch.setattr(
        flow, "measure", lambda samples, nodata: replace(NOISE, sigma=0.0, jpeg_quality=None)
    )
    write_samples("a.png", np.zeros((16, 99, 1), np.uint8))
    assert "nothing was changed, and a side below 17 is little" in run("denoise", "a.png").stderr
    assert run("denoise", "a.png", "--sigma", 3, "--force").stderr == ""
    write_samples("b.png", np.zeros((17, 99, 1), np.uint8))
    assert "nothing was changed; if there is some" in run("denoise", "b.png").stderr


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_metadata_and_alpha_are_kept(run, pixels, suffix, channels):
    alpha = np.arange(pixels.shape[0] * pixels.shape[1]).reshape(*pixels.shape[:2], 1) % 256
    samples = np.concatenate([pixels, alpha.astype(np.uint8)], axis=2)[:, :, :channels]
    given = ImageInfo(*pixels.shape[1::-1], channels, exif=exif_turned(), icc=ICC, xmp=XMP)
    write_samples(f"a.{suffix}", samples, given)
    before = read_samples(f"a.{suffix}")[1]
    run("denoise", f"a.{suffix}")
    clean, after = read_samples(f"a.clean.{suffix}")
    assert None not in (after.exif, after.icc, after.xmp)
    assert (after.exif, after.icc, after.xmp) == (before.exif, before.icc, before.xmp)
    assert clean.shape == samples.shape  # the orientation is kept, not applied
    np.testing.assert_array_equal(clean[:, :, 3:], samples[:, :, 3:])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits(run, suffix):
    samples = np.arange(0, 64000, 16, dtype=np.uint16).reshape(40, 100, 1)
    write_samples(f"a.{suffix}", samples)
    fields = json.loads(run("denoise", f"a.{suffix}", "--json").stdout)
    clean, _ = read_samples(f"a.clean.{suffix}")
    assert (fields["dtype"], clean.dtype) == ("uint16", np.uint16)
    np.testing.assert_array_equal(clean, samples + np.uint16(1))
    assert len(np.unique(clean)) == 4000
    out = run("denoise", f"a.{suffix}", "--force", "--sigma", 2345.6).stdout
    assert "noise 2,346 of 65535 (given)" in out


def test_samples_that_are_no_numbers(run):
    samples = np.full((9, 8, 1), 0.5, np.float32)
    samples[2, 3], samples[4, 5] = np.nan, np.inf
    write_samples("a.tif", samples)
    result = run("denoise", "a.tif", "--json")
    assert json.loads(result.stdout)["not_finite"] == 2
    assert "a.tif: 2 samples are not finite; such are kept as they are\n" in result.stderr
    clean = read_samples("a.clean.tif")[0]
    assert clean.dtype == np.float32
    assert np.isnan(clean[2, 3, 0])


def test_marks_for_no_data(run):
    samples = np.linspace(0, 1, 72, dtype=np.float32).reshape(9, 8, 1)
    samples[2:4, 3] = -9999
    write_samples("a.tif", samples)
    stderr = run("denoise", "a.tif").stderr
    assert (
        "a.tif: 2 pixels are so far from all others, as -9999 is, that this must mean no data"
        in stderr
    )


def test_a_jpeg_becomes_a_png(run, pixels):
    Image.fromarray(pixels).save("photo.jpg", exif=b"Exif\0\0" + exif_turned())
    run("denoise", "photo.jpg")
    clean, info = read_samples("photo.clean.png")
    np.testing.assert_array_equal(clean, read_samples("photo.jpg")[0] + np.uint8(1))
    assert info.exif == exif_turned()
    run("denoise", "photo.jpg", "-o", "other.jpg")
    assert read_samples("other.jpg")[1].source_format == "JPEG"
    with Image.open("other.jpg") as image:
        assert image.layer[0][1:3] == image.layer[1][1:3]  # 4:4:4


def test_what_a_format_cannot_hold(run, pixels):
    Image.fromarray(pixels).convert("RGBA").save("a.png")
    stderr = run("denoise", "a.png", "-o", "a.jpg", code=1).stderr
    assert "can't hold uint8 RGB with transparency; these can: .png" in stderr
    assert not Path("a.jpg").exists()
    write_samples("b.png", pixels, ImageInfo(*pixels.shape[1::-1], 3, icc=ICC))
    assert "can't hold metadata; left out: ICC" in run("denoise", "b.png", "-o", "b.bmp").stderr
    assert "names no known format" in run("denoise", "b.png", "-o", "b.gif", code=1).stderr


def test_json(run, photo):
    Path("bad.png").write_bytes(b"")
    result = run("denoise", photo, "bad.png", "--json", code=1)
    good, bad = map(json.loads, result.stdout.splitlines())
    assert good["estimate"] == {
        "sigma": 12.5,
        "channel_sigma": [12.0, 12.5, 13.0],
        "slope": 0.25,
        "offset": 100.0,
        "correlation": 0.5,
        "jpeg_quality": 40,
    }
    assert (good["source"], good["output"]) == ("photo.png", "photo.clean.png")
    assert (good["width"], good["height"], good["channels"]) == (90, 70, 3)
    assert (good["sigma"], good["strength"], good["not_finite"]) == ("auto", 1, 0)
    assert good["seconds"] >= 0
    assert (bad["source"], bad["error"]) == ("bad.png", "InputError")
    again = json.loads(run("denoise", photo, "--json", "--sigma", 4, "--force").stdout)
    assert (again["sigma"], again["estimate"]["sigma"]) == (4, 12.5)


def test_a_bad_file_does_not_stop_the_others(run, photo):
    Path("bad.png").write_bytes(photo.read_bytes()[:500])
    Image.new("CMYK", (9, 9)).save("print.jpg")
    Path("fax.png").write_bytes(b"")
    result = run("denoise", "bad.png", "print.jpg", "fax.png", photo, "-o", "out", code=1)
    assert "1 of 4 done, 3 failed" in result.stderr
    for name, message in (
        ("bad.png", "is damaged or cut off"),
        ("print.jpg", "CMYK"),
        ("fax.png", "is empty"),
    ):
        line = next(line for line in result.stderr.splitlines() if name in line)
        assert message in line
        assert line.count(name) == 1
    assert [path.name for path in Path("out").iterdir()] == ["photo.png"]


def test_mask(run, photo, calls, pixels):
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[:, 40:] = 200
    Image.fromarray(mask).save("mask.png")
    run("denoise", photo, "--mask", "mask.png")
    assert calls[0][1]["mask"] == "mask.png"
    options = pellucid.DenoiseOptions(mask="mask.png", strength=0.5)
    np.testing.assert_allclose(options.weight_for(mask.shape), mask / 510, atol=1e-7)
    Image.fromarray(mask > 0).save("mask.png")
    run("denoise", photo, "--mask", "mask.png", "--force")
    np.testing.assert_array_equal(options.weight_for(mask.shape) * 2, mask > 0)


def test_bad_masks(run, photo, calls):
    Image.new("L", (91, 70)).save("mask.png")
    stderr = run("denoise", photo, "--mask", "mask.png", code=1).stderr
    assert "the mask mask.png is 91 x 70 and the picture 90 x 70" in stderr
    Image.new("RGB", (90, 70), (1, 2, 3)).save("mask.png")
    assert "has colours" in run("denoise", photo, "--mask", "mask.png", code=1).stderr
    assert "no such file" in run("denoise", photo, "--mask", "none.png", code=1).stderr
    assert not Path("photo.clean.png").exists()


def test_an_existing_output(run, photo, calls):
    Path("photo.clean.png").write_bytes(b"mine")
    assert "exists already; overwrite it with --force" in run("denoise", photo, code=1).stderr
    assert not calls
    assert Path("photo.clean.png").read_bytes() == b"mine"
    run("denoise", photo, "--force")
    assert read_samples("photo.clean.png")[0].shape == (70, 90, 3)


def test_the_source_is_never_overwritten(run, photo):
    before = photo.read_bytes()
    Path("link").symlink_to(".", target_is_directory=True)
    for out in ("photo.png", ".", "link", "link/photo.png"):
        stderr = run("denoise", photo, "-o", out, "--force", code=1).stderr
        assert "its output would replace it" in stderr
    assert photo.read_bytes() == before


def test_no_other_source_is_overwritten(run, photo, pixels):
    before = photo.read_bytes()
    Image.fromarray(pixels).save("photo.jpg")
    for words in (("-r", "."), ("photo.jpg", photo), (photo, "photo.jpg")):
        stderr = run("denoise", *words, "-o", ".", "--force", code=1).stderr
        assert "photo.png: its output would replace it" in stderr
        Path("photo.jpg.png").unlink()  # it gets another name
    assert photo.read_bytes() == before
    photo.rename("photo.clean.png")
    stderr = run("denoise", "photo.jpg", "photo.clean.png", "--force", code=1).stderr
    assert "photo.jpg: its output would replace another input, photo.clean.png" in stderr
    assert Path("photo.clean.png").read_bytes() == before


@pytest.fixture
def album(photo):
    """Two pictures, one of them a folder deeper, and a text."""
    Path("album/deep").mkdir(parents=True)
    for name in ("one.png", "deep/two.jpg"):
        with Image.open(photo) as image:
            image.save(Path("album") / name)
    Path("album/note.txt").write_text("no picture")
    return Path("album")


NAMES = (("album/one.png", "album/deep/two.jpg"), ("out/one.png", "out/deep/two.png"))


def files(folder: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.png")}


def test_a_folder(run, album):
    assert "add --recursive" in run("denoise", album, code=1).stderr
    result = run("denoise", "-r", album, "-o", "out")
    assert files("out") == {"one.png", "deep/two.png"}
    told, count, total = result.stderr.splitlines()
    assert "passed over 1 file in folders" in told
    assert ".txt 1" in told
    assert count == "2 of 2 done"
    size, made = (sum(p.stat().st_size for p in map(Path, names)) for names in NAMES)
    assert total.startswith(f"{size:,} bytes to {made:,}")
    run("denoise", "-r", ".", "-o", "album/../out2/")
    assert "album/deep/two.png" in files("out2")


def test_outputs_are_no_sources(run, album):
    for out in ([], ["-o", "album/out"]):
        for _ in range(2):  # the second time it finds those of the first
            run("denoise", "-r", album, *out, "--force")
    beside = {"one.png", "one.clean.png", "deep/two.clean.png"}
    assert files("album") == beside | {"out/one.png", "out/deep/two.png"}
    Path("done").mkdir()
    Path("album/one.clean.png").rename("done/one.clean.png")
    assert "no pictures but denoised ones" in run("denoise", "-r", "done", code=1).stderr
    Path("done.clean").mkdir()
    assert "holds no files named" in run("denoise", "-r", "done.clean", code=1).stderr
    run("denoise", "done/one.clean.png")
    assert Path("done/one.clean.clean.png").exists()


def test_two_sources_of_one_output(run, photo, pixels):
    for name in ("photo.jpg", "photo.jpeg"):
        Image.fromarray(pixels).save(name)
    run("denoise", "photo.jpg", "photo.jpeg")
    assert files(".") == {"photo.png", "photo.jpg.clean.png", "photo.jpeg.clean.png"}
    run("denoise", photo, "photo.jpg", "--force")
    assert Path("photo.jpg.clean.png").exists(), "it gives way to a PNG of its name"


@pytest.mark.parametrize(
    "words",
    [
        ("--sigma", "-1"),
        ("--sigma", "nan"),
        ("--sigma", "inf"),
        ("--sigma", "1e39"),
        ("--sigma", "loud"),
        ("--strength", "2"),
        ("--strength", "-0.1"),
        ("--strength", "nan"),
        ("--strength", "much"),
        ("--model", "none"),
        ("--quality", "5"),
    ],
)
def test_wrong_usage(run, photo, calls, words):
    assert run("denoise", photo, *words, code=2).stderr
    assert not calls
    assert not Path("photo.clean.png").exists()


def test_inputs_that_are_none(run, photo):
    assert run("denoise", "none.png", code=1).stderr == "pellucid: none.png: no such file\n"
    assert "too long" in run("denoise", 5000 * "a", code=1).stderr.lower()
    for source in (".", "..", "/", ""):
        assert "is a folder" in run("denoise", source, photo, "--force", code=1).stderr
    run("denoise", code=2)
    run("denoise", photo, photo, "-o", "photo.png", code=2)


def test_the_real_denoiser(run, real, pixels):
    noisy = with_noise(pixels)
    write_samples("a.png", noisy)
    run("denoise", "a.png")
    assert psnr(pixels, read_samples("a.clean.png")[0]) > psnr(pixels, noisy) + 5
    run("denoise", "a.png", "--strength", 0, "--force")
    np.testing.assert_array_equal(read_samples("a.clean.png")[0], noisy)
    Image.fromarray(np.zeros(noisy.shape[:2], np.uint8)).save("mask.png")
    run("denoise", "a.png", "--mask", "mask.png", "--force")
    np.testing.assert_array_equal(read_samples("a.clean.png")[0], noisy)
    assert "no denoiser" in run("denoise", "a.png", "--model", "none", code=2).stderr


def test_a_jpeg_gives_way_to_a_png_of_its_name(run):
    Path("album").mkdir()
    with Image.open(SAMPLE) as image:
        small = image.convert("RGB").crop((0, 0, 40, 30))
    small.save("album/a.png")
    small.save("album/a.jpg")
    run("denoise", "-r", "album", "-o", "clean", "--sigma", "5")
    assert {path.name for path in Path("clean").iterdir()} == {"a.png", "a.jpg.png"}


def test_sigma_in_another_unit_is_remarked_upon(run):
    with Image.open(SAMPLE) as image:
        grey = np.asarray(image.convert("L"), np.float32)[:40, :50] / 255
    Image.fromarray(grey).save("f.tif")
    said = run("denoise", "f.tif", "-o", "g.tif", "--sigma", "15")
    assert "own unit" in said.stderr + said.stdout
    said = run("denoise", "f.tif", "-o", "h.tif", "--sigma", "0.1")
    assert "own unit" not in said.stderr + said.stdout


def test_json_says_what_model_and_mask(run):
    with Image.open(SAMPLE) as image:
        image.convert("L").crop((0, 0, 40, 30)).save("a.png")
    said = run("denoise", "a.png", "--mask", "a.png", "--json")
    fields = json.loads(said.stdout)
    assert (fields["model"], fields["mask"]) == ("m", "a.png")
    assert fields["model_id"] == bytes(range(16)).hex()


def test_a_guide_and_holes(run, real):
    rng = np.random.default_rng(2)
    depth = (900 + 4 * np.arange(60)[None] + rng.normal(0, 12, (50, 60))).astype(np.uint16)
    depth[5:15, 20:30] = 0
    Image.fromarray(depth).save("depth.png")
    Image.fromarray(rng.integers(0, 256, (50, 60, 3), np.uint8)).save("colour.png")
    words = ["denoise", "depth.png", "--nodata", 0, "--sigma", 12, "--model", "s", "--json"]
    found = json.loads(run(*words, "--guide", "colour.png").stdout)
    assert (found["guide"], found["nodata"]) == ("colour.png", 0)
    clean, _ = read_samples("depth.clean.png")
    assert np.array_equal(clean[..., 0] == 0, depth == 0)
    run(*words, "-o", "alone.png")
    assert not np.array_equal(read_samples("alone.png")[0], clean)
    Image.fromarray(depth[1:]).save("small.png")
    stderr = run(*words, "--force", "--guide", "small.png", code=2).stderr
    assert "the guide is 60 x 49 and the picture 60 x 50" in stderr
    assert "finite" in run("denoise", "depth.png", "--nodata", "nan", code=2).stderr
