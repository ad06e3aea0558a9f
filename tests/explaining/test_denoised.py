"""What `explain` says of denoising where all is not plain: holes, alpha, bands, JPEG, units."""

from __future__ import annotations

import io
import json
import os
import warnings

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pellucid
from dicom_files import dataset_of, saved
from pellucid.cli import main
from pellucid.errors import OptionError
from pellucid.explaining.page import page_of
from pictures import photograph
from program import shell


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(0)
    clean = photograph(160, 150)
    return (clean + rng.normal(0, 20, clean.shape)).astype(np.float32)


def explain(samples, **options):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9,]+ (sample|pixel)")
        return pellucid.explain(samples, task="denoise", model="s", **options)


def test_half_widths_are_for_the_whole_of_independent_noise(noisy):
    assert explain(noisy, sigma=20.0).half_width.min() > 0
    part = explain(noisy, sigma=20.0, strength=0.5)
    assert part.half_width is None
    page = page_of(part, "x", "1")
    assert "Not measured for JPEG, processed noise or strength below 1." in page
    assert "never measured" not in page


def test_jpeg_has_no_half_widths(noisy):
    stream = io.BytesIO()
    eight = np.clip(noisy, 0, 255).astype(np.uint8)
    Image.fromarray(eight).save(stream, "JPEG", quality=30)
    found = explain(stream.getvalue())
    assert found.noise.jpeg_quality is not None
    assert found.half_width is None
    assert "Not measured for JPEG" in page_of(found, "x", "1")


@pytest.mark.parametrize("options", [{"sigma": 0.0}, {"sigma": 20.0, "strength": 0.0}])
def test_nothing_done_is_said(noisy, options):
    found = explain(noisy, **options)
    assert np.array_equal(found.after, noisy)
    assert found.half_width is None
    page = page_of(found, "x", "1")
    assert page.count("Nothing was taken off") == 2
    assert "looks like noise" not in page
    assert "deviation of what was taken off</dt><dd>0 in the" in page
    with pytest.raises(OptionError, match="pixel 9,8 is left as it is"):
        explain(noisy, pixel=(9, 8), **options)


@pytest.mark.parametrize("channels", [5, 12])
def test_bands_are_refused(channels, tmp_path):
    bands = np.zeros((40, 40, channels), np.uint16)
    with pytest.raises(OptionError, match=rf"^{channels} channels \(bands\) .* give 1 to 4"):
        explain(bands)
    np.save(tmp_path / "bands.npy", bands)
    with pytest.raises(OptionError, match=rf"^{channels} channels"):
        explain(tmp_path / "bands.npy")


@pytest.mark.parametrize("hole", [np.nan, np.inf, -1e30])
def test_a_hole_spoils_nothing_around_it(noisy, hole):
    holed = noisy.copy()
    holed[40:43, 50] = hole
    found, plain = (explain(samples, sigma=20.0) for samples in (holed, noisy))
    assert (found.half_width[40:43, 50] == 0).all()
    known = np.ones(noisy.shape[:2], bool)
    known[40:43, 50] = False
    assert found.half_width[known].min() > 0
    far = found.half_width[80:], plain.half_width[80:]
    assert far[0] == pytest.approx(far[1])
    assert np.isfinite(found.removed.residual).all()
    assert not found.removed.residual[40:43, 50].any()
    assert found.removed.deviation == pytest.approx(plain.removed.deviation, rel=0.01)
    assert np.isfinite(found.removed.texture).all()
    assert np.array_equal(found.after[40:43, 50], holed[40:43, 50], equal_nan=True)
    assert "nan" not in page_of(found, "x", "1").split("</style>")[1].split("data:")[0]


def test_nothing_but_holes():
    found = explain(np.full((40, 50, 3), np.nan, np.float32), sigma=20.0)
    assert not found.half_width.any()
    page_of(found, "x", "1")


def test_json_stays_valid_with_a_hole(noisy, tmp_path):
    holed = noisy[..., :1].copy()
    holed[3, 4] = np.nan
    tiff = tmp_path / "x.tif"
    Image.fromarray(holed[..., 0]).save(tiff)
    arguments = ["explain", str(tiff), "--task", "denoise", "--model", "s", "--json"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output

    def refuse(name):
        raise AssertionError(name)

    said = json.loads(done.stdout.splitlines()[-1], parse_constant=refuse)
    assert said["half_width"] > 0


def test_a_pixel_beside_a_hole_is_what_denoise_gives(noisy):
    holed = noisy.copy()
    holed[40, 50] = np.nan
    found = explain(holed, sigma=20.0, pixel=(51, 40))
    assert found.pixel.value == pytest.approx(float(found.after[40, 51, 1]), abs=5e-3)
    with pytest.raises(OptionError, match="pixel 50,40 is left as it is"):
        explain(holed, sigma=20.0, pixel=(50, 40))


def test_a_pixel_beside_what_alpha_hides_is_what_denoise_gives(noisy):
    alpha = np.full(noisy.shape[:2], 255, np.float32)
    alpha[:, :50] = 0
    rgba = np.dstack([noisy, alpha])
    found = explain(rgba, sigma=20.0, pixel=(51, 40))
    assert found.pixel.value == pytest.approx(float(found.after[40, 51, 1]), abs=5e-3)
    assert not found.half_width[:, :50].any()
    with pytest.raises(OptionError, match="pixel 49,40 is left as it is"):
        explain(rgba, sigma=20.0, pixel=(49, 40))


def test_the_page_says_when_the_scale_is_stabilised(noisy):
    light = np.broadcast_to(np.linspace(500, 20000, 256), (256, 256))
    rng = np.random.default_rng(0)
    counts = np.clip(light + rng.normal(0, np.sqrt(40 * light)), 0, 65535).astype(np.uint16)
    assert "stabilised scale" in page_of(explain(counts, pixel=(9, 8)), "x", "1")
    plain = explain(noisy, sigma=20.0, pixel=(9, 8))
    assert "stabilised scale" not in page_of(plain, "x", "1")


def test_structure_does_not_depend_on_units(noisy):
    found = [
        explain(noisy * np.float32(unit), sigma=20.0 * unit).removed.structure
        for unit in (1.0, 1 / 255, 40.0)
    ]
    assert found[0].std() > 0.02
    assert found[1] == pytest.approx(found[0], abs=0.01)
    assert found[2] == pytest.approx(found[0], abs=0.01)


def test_padding_of_dicom_is_left_alone(tmp_path):
    stored = np.random.default_rng(1).normal(900, 12, (1, 60, 70)).astype(np.uint16)
    stored[:, :9] = 7
    source = saved(dataset_of(stored, PixelPaddingValue=7), tmp_path / "a.dcm")
    found = explain(source, sigma=12.0)
    after = found.after[..., 0]
    assert np.array_equal(after, pellucid.denoise(source, sigma=12.0, model="s"))
    assert (after[:9] == 7).all()


def test_a_name_that_is_no_utf_8(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(name, "wb") as file:
        Image.fromarray(photograph(40, 50)).save(file, "PNG")
    for command, ending in (("explain --task denoise", ".html"), ("denoise", ".clean.png")):
        line = f"pellucid {command} --model s {os.fsdecode(name)}"
        done = shell(line, text=False, PYTHONIOENCODING="utf-8:strict")
        assert (done.returncode, done.stderr) == (0, b"")
        assert ending.encode() + b"  " in done.stdout
    with open(name + b".html", encoding="utf-8") as page:
        assert "<title>caf?.png</title>" in page.read()
