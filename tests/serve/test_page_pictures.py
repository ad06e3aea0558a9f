"""What the page does with pictures, without a browser: upright, in 8 bits, made, measured, kept."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

import pellucid
from pellucid.bitstream import Limits
from pellucid.errors import OptionError, OutputError
from pellucid.explaining.page.shown import known_ends, rgba_of, stored_box, upright_size
from pellucid.pixels import Box, ImageInfo, ImageSource
from pellucid.serve.page import make
from pellucid.serve.page.kept import Store
from pellucid.serve.page.settings import Settings
from pellucid.serve.page.stored import Stored

LIMITS = Limits()


def turned_jpeg(orientation: int) -> bytes:
    """8 x 16 samples of 64 squares, which a viewer turns."""
    rng = np.random.default_rng(1)
    image = Image.fromarray(rng.integers(0, 255, (8, 16, 3), np.uint8)).resize((128, 64), 0)
    exif, out = Image.Exif(), BytesIO()
    exif[0x0112] = orientation
    image.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_shown_upright_and_a_part_of_it_is_found(orientation):
    data = turned_jpeg(orientation)
    with Image.open(BytesIO(data)) as image:
        wanted = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))
    samples, about = make.read(data, LIMITS)
    shown = rgba_of(samples, about.info, about.ends)
    assert np.array_equal(shown, wanted)
    assert upright_size(about.info) == (shown.shape[1], shown.shape[0])
    box = stored_box(8, 24, 40, 32, about.info)
    part = rgba_of(samples[box.slices], about.info, None)
    assert np.array_equal(part, wanted[24:56, 8:48])


def test_a_part_outside_of_the_picture_is_refused():
    info = ImageInfo(30, 20, 3)
    assert stored_box(20, 10, 50, 50, info) == Box(10, 20, 10, 10)
    with pytest.raises(OptionError, match="region"):
        stored_box(30, 0, 5, 5, info)


def test_other_samples_than_8_bits_are_stretched_alike_before_and_after():
    ramp = np.linspace(1000, 3000, 64 * 64).reshape(64, 64, 1).astype(np.uint16)
    info = ImageInfo.of(ramp)
    ends = known_ends(ramp, info)
    shown = rgba_of(ramp, info, ends)[..., 0]
    assert (shown.min(), shown.max()) == (0, 255)
    assert np.array_equal(rgba_of(ramp + 100, info, ends)[:40, :, 0] >= shown[:40], shown[:40] >= 0)
    floats = ramp.astype(np.float32)
    floats[0, 0] = np.nan
    assert rgba_of(floats, ImageInfo.of(floats), known_ends(floats, info))[0, 0, 0] == 0


def test_alpha_of_any_depth_is_shown_in_8_bits():
    samples = np.full((4, 4, 4), 65535, np.uint16)
    samples[0, 0, 3] = 0
    shown = rgba_of(samples, ImageInfo.of(samples), (0.0, 65535.0))
    assert shown[0, 0, 3] == 0
    assert (shown[1:] == 255).all()


def test_colours_of_a_profile_are_converted_and_those_of_a_damaged_one_are_not():
    samples = np.full((4, 4, 3), (200, 100, 50), np.uint8)
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = ImageInfo.of(samples)
    for profile in (linear, b"damaged"):
        shown = rgba_of(samples, replace(plain, icc=profile), None)
        assert np.array_equal(shown[..., :3], samples)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(rgba_of(samples, replace(plain, icc=lab), None)[..., :3], samples)


def test_a_profile_is_told_by_its_curves_not_its_name():
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = -1
    while (at := profile.find(b"para\0\0\0\0", at + 1)) > 0:  # its curves: now a power of 1
        profile[at + 8 : at + 10] = b"\0\0"
        profile[at + 12 : at + 16] = (1 << 16).to_bytes(4, "big")
    linear = bytes(profile)
    said = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(linear)))
    assert "sRGB" in said
    samples = np.full((4, 4, 3), 55, np.uint8)
    shown = rgba_of(samples, replace(ImageInfo.of(samples), icc=linear), None)
    assert np.abs(shown[..., :3].astype(int) - 128).max() <= 1  # 55 / 255 in sRGB


def test_heic_is_read_where_its_library_is(photo):
    heif = pytest.importorskip("pillow_heif")
    with Image.open(BytesIO(photo)) as image:
        out = BytesIO()
        heif.from_pillow(image.convert("RGB")).save(out, quality=90)
    samples, about = make.read(out.getvalue(), LIMITS)
    assert samples.shape == (120, 160, 3)
    assert not about.is_pel


def test_what_is_seen_is_what_the_file_holds(photo):
    samples, about = make.read(photo, LIMITS)
    source = ImageSource(samples, about.info)
    made = make.make(source, None, Settings(model="s", quality=40), LIMITS)
    assert np.array_equal(made.samples, pellucid.decompress(made.pel))
    assert made.pel == pellucid.compress(photo, quality=40, model="s")
    assert made.figures["bytes"] == len(made.pel)
    error = np.mean((samples.astype(float) - made.samples) ** 2)
    assert made.figures["psnr"] == pytest.approx(10 * np.log10(255**2 / error))


def test_each_aim_is_met(photo):
    samples, about = make.read(photo, LIMITS)
    source = ImageSource(samples, about.info)

    def made(**chosen):
        return make.make(source, None, Settings(**chosen), LIMITS)

    assert len(made(aim="size", size=3000, model="s").pel) <= 3000
    near = made(aim="max_error", max_error=3)
    assert np.abs(near.samples.astype(int) - samples).max() == 3
    assert near.figures["max_error"] == 3
    assert made(aim="lossless").figures["psnr"] == "same"
    noisy = samples + np.random.default_rng(0).normal(0, 12, samples.shape)
    source = ImageSource(noisy.clip(0, 255).astype(np.uint8), about.info)
    clean = made(task="denoise", denoiser="xs")
    assert clean.pel is None
    assert clean.figures["sigma"] == pytest.approx(12, abs=3)
    whole, part = (made(denoise=how, model="s", part=0.5).figures for how in ("auto", "part"))
    assert whole["bytes"] < part["bytes"] < made(model="s").figures["bytes"]


def test_a_part_first_is_nearly_what_the_whole_will_be(photo):
    samples, about = make.read(photo, LIMITS)
    source, chosen = ImageSource(samples, about.info), Settings(model="s", quality=30)
    whole = make.make(source, None, chosen, LIMITS).samples
    box = Box(40, 50, 60, 70)
    part = make.preview(source, chosen, box, LIMITS)
    assert part.shape == (60, 70, 3)
    assert np.abs(part.astype(int) - whole[box.slices]).mean() < 1
    small = Settings(aim="size", size=2000, model="s")
    assert make.preview(source, small, box, LIMITS).shape == (60, 70, 3)


def test_a_pel_file_is_shown_as_it_is_with_its_alpha_and_metadata(pel):
    rgba = np.full((40, 50, 4), 200, np.uint8)
    rgba[:10, :, 3] = 0
    for data in (pel, pellucid.compress(rgba, lossless=True)):
        samples, about = make.read(data, LIMITS)
        assert about.is_pel
        made = make.make(ImageSource(samples, about.info), data, Settings(task="open"), LIMITS)
        assert made.pel == data
        assert np.array_equal(made.samples, pellucid.decompress(data))
    assert about.info.has_alpha
    with pytest.raises(OptionError, match="open"):
        make.make(ImageSource(samples, about.info), None, Settings(task="open"), LIMITS)


def test_alpha_that_is_full_everywhere_is_back_in_the_result():
    image = Image.fromarray(np.full((32, 32, 3), 90, np.uint8)).convert("RGBA")
    out = BytesIO()
    image.save(out, "PNG")
    samples, about = make.read(out.getvalue(), LIMITS)
    made = make.make(ImageSource(samples, about.info), None, Settings(model="s"), LIMITS)
    assert made.samples.shape == (32, 32, 4)
    assert (made.samples[..., 3] == 255).all()


@pytest.mark.parametrize("name", ["../m", "/etc", "m-eye", ""])
def test_only_installed_models_can_be_named(name):
    source = ImageSource(np.zeros((8, 8, 3), np.uint8), ImageInfo(8, 8, 3))
    for chosen in (Settings(model=name), Settings(task="denoise", denoiser=name)):
        with pytest.raises(OptionError, match="model is"):
            make.make(source, None, chosen, LIMITS)


def test_pictures_are_forgotten_when_there_are_too_many_or_unused():
    with Store(100) as store:
        first, second, third = (store.new() for _ in range(3))
        folders = [store.folder(name) for name in (first, second, third)]
        store.fill(first, 40)
        store.fill(second, 40)
        store.folder(first)  # used again
        store.fill(third, 40)
        assert store.folder(second) is None
        assert [folder.is_dir() for folder in folders] == [True, False, True]
        store.drop(first)
        assert store.folder("../" + third) is None
    assert not folders[2].exists()
    with Store(100, unused=-1) as store:  # even if no time has passed on a clock that is coarse
        coming, old, new = (store.new() for _ in range(3))
        store.fill(old, 1)
        store.fill(new, 1)
        assert store.folder(old) is None
        assert store.folder(new) is not None
        store.fill(coming, 1)
        assert store.folder(coming) is not None
        store.forget()
        assert store.folder(coming) is None


def test_a_full_disk_is_an_error_of_its_own(tmp_path, photo):
    with pytest.raises(OutputError, match="cannot keep") as raised:
        Stored(tmp_path / "none").keep(*make.read(photo, LIMITS))
    assert isinstance(raised.value.__cause__, OSError)  # which the server answers with 507


def test_results_of_the_last_settings_are_kept(tmp_path, photo):
    stored = Stored(tmp_path)
    stored.file.write_bytes(photo)
    stored.keep(*make.read(photo, LIMITS))
    assert not stored.file.exists()
    calls = []

    def make_it(quality):
        chosen = Settings(model="s", quality=quality)

        def work():
            calls.append(quality)
            return make.make(stored.source, stored.pel, chosen, LIMITS)

        return stored.made(chosen, work)

    for quality in (30, 40, 30, 50, 50, 30):
        kept = make_it(quality)
        assert kept.figures["quality"] == quality
        assert np.array_equal(kept.samples, pellucid.decompress(kept.pel))
    assert calls == [30, 40, 50, 30]
    assert len(list(tmp_path.glob("made-*"))) <= 2
