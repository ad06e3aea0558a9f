"""`pellucid.explain` and the page: whole, without links outside, readable without seeing."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pellucid
from pellucid.cli import main
from pellucid.errors import OptionError
from pellucid.explaining.page import page_of
from pellucid.explaining.page.draw import heat, shown, smaller
from pictures import photograph, unpacked


class Reader(HTMLParser):
    """Checks nesting as it reads, and keeps what tests ask for."""

    VOID = frozenset({"meta", "img", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings = 0

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "img":
            self.images.append(found)
        if tag in ("a", "link", "script"):
            self.links += [found[k] for k in ("href", "src") if k in found]
        self.headings += tag == "h2"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert len(set(reader.ids)) == len(reader.ids)
    assert all(link.startswith("#") and link[1:] in reader.ids for link in reader.links)
    for image in reader.images:
        assert image["alt"]
        assert image["src"].startswith("data:image/")
    assert "http" not in page.replace("http-equiv", "")
    return reader


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(0)
    clean = photograph(200, 210)
    return np.clip(clean + rng.normal(0, 20, clean.shape), 0, 255).round().astype(np.uint8)


def test_denoise(noisy):
    found = pellucid.explain(noisy, task="denoise", model="s", pixel=(60, 50), layers=["all"])
    assert np.array_equal(found.before, noisy)
    assert np.array_equal(found.after, pellucid.denoise(noisy, model="s"))
    assert found.noise.sigma == pytest.approx(20, rel=0.15)
    assert found.half_width.shape == (200, 210)
    assert abs(found.pixel.value - float(found.after[50, 60, 1])) < 0.51  # rounded to 8 bits
    assert len(found.layers) > 20
    assert len(found.strips) == 5
    reader = read(page_of(found, "<noisy> & co", "1"))
    assert reader.headings == 6


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int16])
def test_denoise_other_types(noisy, dtype):
    scale = {np.uint16: 200, np.float32: 1 / 255, np.int16: 40}[dtype]
    samples = (noisy[..., :1].astype(float) * scale).astype(dtype)
    found = pellucid.explain(samples, task="denoise", model="s", sigma=20.0 * scale, pixel=(9, 8))
    assert found.after.dtype == dtype
    assert found.pixel.value == pytest.approx(float(found.after[8, 9, 0]), rel=1e-2)
    read(page_of(found, "x", "1"))


def test_signal_dependent_noise_has_wider_intervals_in_the_light():
    light = np.broadcast_to(np.linspace(500, 20000, 256), (256, 256))
    rng = np.random.default_rng(0)
    counts = np.clip(light + rng.normal(0, np.sqrt(40 * light)), 0, 65535).astype(np.uint16)
    found = pellucid.explain(counts, task="denoise", model="s")
    assert found.noise.slope == pytest.approx(40, rel=0.3)
    assert found.half_width[:, 192:].mean() > 1.5 * found.half_width[:, :64].mean()


def test_alpha_is_left_out(noisy):
    rgba = np.dstack([noisy, np.full(noisy.shape[:2], 255, np.uint8)])
    found = pellucid.explain(rgba, task="denoise", model="s", sigma=20.0)
    assert found.after.shape == noisy.shape
    assert found.removed.residual.shape == noisy.shape


def test_compress(noisy):
    found = pellucid.explain(noisy, task="compress", quality=30, model="s")
    data = pellucid.compress(noisy, quality=30, model="s")
    assert found.about == pellucid.info(data)
    assert found.bits.file_bytes == len(data)
    assert np.array_equal(found.after, unpacked(data))
    assert read(page_of(found, "x", "1")).headings == 5


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"max_error": 4}])
def test_file(noisy, options, tmp_path):
    path = tmp_path / "x.pel"
    path.write_bytes(pellucid.compress(noisy, **options))
    found = pellucid.explain(path)
    assert found.before is None
    assert found.task == "file"
    assert found.bits.total == pytest.approx(8 * path.stat().st_size, abs=1e-3)
    if options:
        assert found.half_width == options.get("max_error", 0)
    assert read(page_of(found, "x.pel", "1")).headings == 3


def test_what_alpha_hides_is_not_shown() -> None:
    """A red that can't be seen, a half seen shadow, and blue."""
    colours = np.zeros((48, 64, 3), np.uint8)
    colours[:16], colours[32:] = (255, 0, 0), (0, 0, 200)
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:16], alpha[16:32] = 0, 128
    picture = np.dstack([colours, alpha])
    drawn = shown(picture, None, alpha)
    grey = {tuple(pixel) for pixel in drawn[:16].reshape(-1, 3).tolist()}
    assert grey == {(204, 204, 204), (238, 238, 238)}, "squares alone"
    assert drawn[16:32].max() < 130
    assert drawn[16:32].min() > 95
    assert (drawn[32:] == (0, 0, 200)).all()
    assert np.array_equal(
        shown(picture * np.uint16(257), (0, 65535), alpha * np.uint16(257)), drawn
    )
    large = np.repeat(np.repeat(picture, 40, axis=0), 40, axis=1)  # is drawn smaller
    small = shown(large, None, large[..., 3])
    assert small.shape[1] < 1100
    assert set(np.unique(small[: len(small) // 3 - 1]).tolist()) == {204, 238}


@pytest.mark.parametrize("task", ["compress", "denoise"])
@pytest.mark.parametrize("channels", [2, 4])
def test_the_page_counts_colours_and_draws_alpha(task: str, channels: int) -> None:
    picture = np.dstack([photograph(70, 60)[..., : channels - 1], np.full((70, 60), 200, np.uint8)])
    picture[:30, :, -1] = 0
    found = pellucid.explain(picture, task=task, model="s")
    assert np.array_equal(found.alpha, picture[..., -1])
    page = page_of(found, "x", "1")
    read(page)
    assert f"{channels - 1} and alpha, of uint8" in page
    other = page_of(replace(found, alpha=np.full_like(found.alpha, 255)), "x", "1")
    drawn, opaque = ([image["src"] for image in read(one).images] for one in (page, other))
    changed = {
        place for place, pair in enumerate(zip(drawn, opaque, strict=True)) if len({*pair}) > 1
    }
    assert {0, 1} <= changed, "before and after"
    assert set(range(len(drawn) - 5, len(drawn))) <= changed, "what if"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "task is None; for a picture it must be 'compress' or 'denoise' .--task, task=."),
        ({"task": "sharpen"}, "task is 'sharpen'"),
        ({"task": "compress", "pixel": (1, 1)}, "use them with task='denoise'"),
        ({"task": "denoise", "pixel": (210, 1)}, "pixel 210,1 is not inside"),
        ({"task": "denoise", "sigma": np.ones((200, 210))}, "sigma is an array"),
        ({"task": "denoise", "layers": ["Conv_1"]}, "no layer 'Conv_1'"),
    ],
)
def test_wrong_options(noisy, options, message):
    with pytest.raises(OptionError, match=message):
        pellucid.explain(noisy, model="s", **options)


def test_pel_takes_no_task(noisy):
    with pytest.raises(OptionError, match="leave task, pixel, layers and page out"):
        pellucid.explain(pellucid.compress(noisy), task="compress")


def test_likely_error_in_info(noisy):
    low, high = (pellucid.info(pellucid.compress(noisy, quality=q)) for q in (10, 90))
    assert low.likely_error > high.likely_error > 0
    assert pellucid.info(pellucid.compress(noisy, lossless=True)).likely_error is None


def test_command(noisy, tmp_path):
    source = tmp_path / "photo.png"
    Image.fromarray(noisy).save(source)
    run = CliRunner().invoke
    arguments = ["explain", str(source), "--task", "denoise", "--model", "s", "--json"]
    done = run(main, [*arguments, "--pixel", "9,8"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    page = tmp_path / "photo.png.html"
    assert said["output"] == str(page)
    assert said["sigma"] == pytest.approx(20, rel=0.15)
    read(page.read_text("utf-8"))
    before = page.read_bytes()
    again = run(main, arguments)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert page.read_bytes() == before
    assert run(main, [*arguments, "--force"]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--pixel", "9"], 2), (["--sigma", "much"], 2), ([], 2), (["--task", "compress"], 0)],
)
def test_command_wrong_usage(noisy, tmp_path, arguments, code):
    source = tmp_path / "photo.png"
    Image.fromarray(noisy[:64, :64]).save(source)
    done = CliRunner().invoke(main, ["explain", str(source), "--model", "s", *arguments])
    assert done.exit_code == code, done.output
    assert (tmp_path / "photo.png.html").exists() == (code == 0)


@pytest.mark.parametrize(
    ("name", "code"), [("photo.png", 2), ("no photo.JXL", 2), ("no file.pel", 2), ("photo", 1)]
)
def test_command_replaces_no_picture(noisy, tmp_path, name, code):
    source = tmp_path / ("photo" if name == "photo" else "photo.png")
    Image.fromarray(noisy[:64, :64]).save(source, "PNG")
    before = source.read_bytes()
    arguments = ["explain", str(source), "--task", "compress", "--model", "s", "--force"]
    done = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / name)])
    assert done.exit_code == code, done.output
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def test_missing_file(tmp_path):
    done = CliRunner().invoke(main, ["explain", str(tmp_path / "no.png"), "--task", "denoise"])
    assert done.exit_code == 1
    assert "no.png" in done.stderr


@pytest.mark.parametrize("task", [[], ["--task", "denoise"], ["--task", "compress"]])
def test_missing_file_is_named_with_any_task(tmp_path, task):
    done = CliRunner().invoke(main, ["explain", str(tmp_path / "no.pel"), *task])
    assert done.exit_code == 1
    assert "no.pel: no such file" in done.stderr


def test_compress_explains_the_file_that_compress_writes(noisy, tmp_path):
    path = tmp_path / "x.png"
    exif = Image.Exif()
    exif[0x010E] = "a description that costs bytes"
    Image.fromarray(noisy).save(path, exif=exif)
    found = pellucid.explain(path, task="compress", quality=30, model="s")
    assert found.bits.file_bytes == len(pellucid.compress(path, quality=30, model="s"))
    assert found.bits.file_bytes > len(pellucid.compress(noisy, quality=30, model="s"))


def test_compress_with_a_model_elsewhere(noisy, tiny_folder):
    model = str(tiny_folder)
    found = pellucid.explain(noisy[:64, :64], task="compress", model=model)
    assert found.bits.total == pytest.approx(8 * found.bits.file_bytes, abs=1e-3)


def test_smaller_keeps_means():
    values = np.random.default_rng(0).random((301, 103, 3))
    small = smaller(values, 50)
    assert max(small.shape) <= 50
    assert small.shape[2] == 3
    assert small.mean() == pytest.approx(values.mean(), abs=0.02)
    assert smaller(values[:20, :20], 50).shape == (20, 20, 3)


def test_no_number_is_the_low_end_of_a_scale():
    odd = np.array([[np.nan, np.inf, -np.inf, 0.5]])
    plain = np.array([[0.0, 1.0, 0.0, 0.5]])
    assert np.array_equal(heat(odd, 0, 1), heat(plain, 0, 1))


def test_scales_end_where_they_should():
    ramp = np.linspace(-2, 2, 9)[None]
    assert np.array_equal(heat(ramp, 0, 1)[0, 0], heat(np.zeros((1, 1)), 0, 1)[0, 0])
    deep = shown(np.array([[[100], [60000]]], np.uint16))
    assert deep[0, 0, 0] == 0
    assert deep[0, 1, 0] == 255
