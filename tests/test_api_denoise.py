"""What `pellucid.denoise` and `noise_level` take, and what they refuse with the way out."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pellucid
from dicom_files import dataset_of, saved
from opened import read_samples
from pellucid.errors import InputError, OptionError
from pellucid.pixels import ImageInfo, open_image, open_sink

PICTURE = np.random.default_rng(0).integers(90, 110, (24, 30, 3), np.uint8)


def opened(image: Image.Image, kind: str, cut: int = 0, **options: Any) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return Image.open(BytesIO(buffer.getvalue()[: len(buffer.getvalue()) - cut]))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "F", "P"])
def test_pillow_images(tiny_denoiser: str, mode: str) -> None:
    image = Image.fromarray(PICTURE[..., 0] * np.uint16(9)) if mode == "I;16" else None
    image = image or Image.fromarray(PICTURE).convert(mode)
    channels = {"LA": 2, "RGB": 3, "P": 3, "RGBA": 4}.get(mode, 1)
    clean = pellucid.denoise(image, sigma=5, model=tiny_denoiser)
    assert clean.shape == ((24, 30, channels) if channels > 1 else (24, 30))
    assert clean.dtype == {"I;16": np.uint16, "F": np.float32}.get(mode, np.uint8)


def test_pillow_images_that_are_not_whole() -> None:
    photo, other = (Image.fromarray(PICTURE[at:]) for at in (0, 0))
    other.putpixel((0, 0), (255, 0, 0))
    with pytest.raises(InputError, match="damaged or cut off"):
        pellucid.noise_level(opened(photo, "PNG", cut=400))
    with pytest.raises(InputError, match="more than one frame"):
        pellucid.noise_level(opened(photo, "PNG", save_all=True, append_images=[other]))
    for mode in ("CMYK", "HSV", "I"):
        with pytest.raises(InputError):
            pellucid.noise_level(
                photo.convert("L").convert(mode) if mode == "I" else photo.convert(mode)
            )
    black_and_white = pellucid.denoise(photo.convert("1"), strength=0)
    assert set(np.unique(black_and_white)) == {0, 255}


@pytest.mark.parametrize("image", [None, 3, [[1, 2]], object()])
def test_what_is_no_picture(image: Any) -> None:
    with pytest.raises(OptionError, match=f"not {type(image).__name__}"):
        pellucid.denoise(image)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int32, np.uint32, complex, object])
def test_types_that_cannot_be_denoised(dtype: Any) -> None:
    with pytest.raises(InputError, match="convert them to one of uint8, uint16, int16, float16"):
        pellucid.noise_level(PICTURE.astype(dtype))


@pytest.mark.parametrize("shape", [(), (5,), (0, 5), (5, 0, 3), (5, 5, 0), (1, 5, 5, 3)])
def test_shapes_that_are_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="is no picture: "):
        pellucid.denoise(np.zeros(shape, np.uint8), sigma=1)


def test_subclasses_of_arrays(tiny_denoiser: str) -> None:
    with pytest.raises(InputError, match=r"filled\(numpy\.nan\)"):
        pellucid.denoise(np.ma.masked_less(PICTURE, 95))
    grey = PICTURE[..., 0]
    plain = pellucid.denoise(grey, sigma=5, model=tiny_denoiser)
    special = pellucid.denoise(grey.view(Sub), sigma=5, model=tiny_denoiser)
    assert type(special) is np.ndarray
    assert np.array_equal(plain, special)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("sigma", [12.0, "auto"])
def test_frames_of_a_path_are_denoised_as_those_of_a_file(
    tiny_denoiser: str, tmp_path: Path, frames: int, sigma: Any
) -> None:
    rng = np.random.default_rng(frames)
    stacked = np.clip(rng.normal(900, 12, (frames, 48, 60)), 1, 4095).astype(np.uint16)
    stacked[:, :9, :9] = 7
    elements = {"PixelPaddingValue": 7, "BitsStored": 12, "HighBit": 11}
    source = saved(dataset_of(stacked, **elements), tmp_path / "a.dcm")
    clean = pellucid.denoise(source, sigma=sigma, model=tiny_denoiser)
    assert (clean.shape, clean.dtype) == ((48, 60, frames)[: 2 + (frames > 1)], np.uint16)
    clean = np.atleast_3d(clean)
    assert (clean[:9, :9] == 7).all()
    assert all((clean[20:, 20:, n] != stacked[n, 20:, 20:]).any() for n in range(frames))
    again = pellucid.denoise(source.read_bytes(), sigma=sigma, model=tiny_denoiser)
    assert np.array_equal(clean, np.atleast_3d(again))
    result = pellucid.denoise_file(source, tmp_path / "b.dcm", sigma=sigma, model=tiny_denoiser)
    assert np.array_equal(clean, read_samples(tmp_path / "b.dcm")[0])
    assert result.shape == clean.shape
    assert result.noise == (pellucid.noise_level(source) if sigma == "auto" else None)
    one = pellucid.denoise(source, sigma=sigma, model=tiny_denoiser, page=frames - 1)
    assert np.array_equal(one, clean[..., -1])


@pytest.mark.parametrize("frames", [2, 4])
def test_no_frame_hides_another_from_the_measurement(tmp_path: Path, frames: int) -> None:
    stacked = np.random.default_rng(5).normal(900, 12, (frames, 64, 64)).astype(np.uint16)
    stacked[-1, :32] = 0  # of alpha this would hide half
    found = pellucid.noise_level(saved(dataset_of(stacked), tmp_path / "a.dcm"))
    assert found.channel_sigma[:-1] == tuple(
        pellucid.noise_level(frame).sigma for frame in stacked[:-1]
    )


@pytest.mark.parametrize("kind", ["png", "tif", "npy", "zarr", "bands.tif"])
def test_a_path_gives_what_a_file_gets(tiny_denoiser: str, tmp_path: Path, kind: str) -> None:
    bands = np.concatenate([PICTURE, PICTURE[::-1]], axis=2)
    source, target = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    samples = bands if kind == "bands.tif" else PICTURE
    height, width, channels = samples.shape
    info = ImageInfo(width, height, channels)
    with open_sink(source, samples.shape, samples.dtype, info) as sink:
        sink[0:height, 0:width] = samples
    options: dict[str, Any] = {"strength": 0.8, "model": tiny_denoiser}
    result = pellucid.denoise_file(source, target, **options)
    clean = pellucid.denoise(source, **options)
    with open_image(target) as written:
        assert np.array_equal(clean, written.read())
    assert result.dtype == "uint8"
    assert result.noise is not None


def test_a_thumbnail_page_is_no_hindrance(tiny_denoiser: str, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(PICTURE, photometric="rgb")
        file.write(PICTURE[::4, ::4], photometric="rgb", subfiletype=1)
    clean = pellucid.denoise(tmp_path / "a.tif", sigma=5, model=tiny_denoiser)
    assert np.array_equal(clean, pellucid.denoise(PICTURE, sigma=5, model=tiny_denoiser))


def test_file_objects(tiny_denoiser: str) -> None:
    file = BytesIO()
    Image.fromarray(PICTURE).save(file, "PNG")
    file.seek(0)
    clean = pellucid.denoise(file, sigma=5, model=tiny_denoiser)
    assert np.array_equal(clean, pellucid.denoise(PICTURE, sigma=5, model=tiny_denoiser))


class Sub(np.ndarray):  # type: ignore[type-arg]
    """As NumPy's matrix is."""


def test_the_range_of_floats(tiny_denoiser: str) -> None:
    far = PICTURE * 1e38
    far[0, 0, 0] = np.nan
    for call in (pellucid.noise_level, pellucid.denoise):
        with pytest.raises(
            InputError, match=r"1\.09e\+40 can't be denoised, 3\.4e\+38 is the most"
        ):
            call(far)
    far[1:] = far[1:] * 1e-3
    far[0] = np.inf  # these are kept
    with pytest.warns(UserWarning, match="90 samples are not finite"):
        clean = pellucid.denoise(far, sigma=1e36, model=tiny_denoiser)
    assert np.isfinite(clean[1:]).all()


@pytest.mark.parametrize("scale", [1e-30, 1e-38, 3e-40])
def test_small_units_are_as_good_as_others(tiny_denoiser: str, scale: float) -> None:
    wanted = pellucid.denoise(PICTURE.astype(np.float64), sigma=5, model=tiny_denoiser)
    clean = pellucid.denoise(PICTURE * scale, sigma=5 * scale, model=tiny_denoiser)
    assert not np.array_equal(wanted, PICTURE)
    assert np.abs(clean / scale - wanted).max() < 1e-3
    level = pellucid.noise_level(PICTURE * scale).sigma
    assert level / scale == pytest.approx(pellucid.noise_level(PICTURE * 1.0).sigma, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-41, 1e-50, 1e-310])
@pytest.mark.parametrize("kind", ["RGB", "alpha", "bands", "mark", "nan"])
def test_units_that_float32_does_not_have_are_refused(
    tiny_denoiser: str, kind: str, scale: float, tmp_path: Path
) -> None:
    tiny = PICTURE * scale
    other = {"alpha": [np.ones((24, 30, 1))], "bands": [PICTURE * 1.0]}.get(kind, [])
    tiny = np.concatenate([tiny, *other], axis=2)
    if kind in ("mark", "nan"):
        tiny[3:5, 4:9] = -9999 if kind == "mark" else np.nan
    np.save(tmp_path / "a.npy", tiny)
    words = r"can't be denoised, 1\.2e-38 is the least"
    for options in ({"sigma": 5 * scale}, {}):
        with pytest.raises(InputError, match=words):
            pellucid.denoise(tiny, model=tiny_denoiser, **options)
        with pytest.raises(InputError, match=words):
            pellucid.denoise_file(
                tmp_path / "a.npy", tmp_path / "b.npy", model=tiny_denoiser, **options
            )
        assert not (tmp_path / "b.npy").exists()
    with pytest.raises(InputError, match=words):
        pellucid.noise_level(tiny)


def test_a_picture_of_zeros_and_tiny_differences_are_no_matter(tiny_denoiser: str) -> None:
    zeros = np.zeros((24, 30))
    assert np.isfinite(pellucid.denoise(zeros, sigma=1.0, model=tiny_denoiser)).all()
    picture = PICTURE[..., 0] * 1.0
    picture[0, 0] = 1e-300
    clean = pellucid.denoise(picture, sigma=5, model=tiny_denoiser)
    assert np.isfinite(clean).all()
    assert not np.array_equal(clean, picture)


@pytest.mark.parametrize(
    "sigma", [-1, np.nan, np.inf, 1e39, 10**400, "15", None, [5, 5, 5], np.full((24, 30), -1.0)]
)
def test_wrong_sigmas(sigma: Any) -> None:
    with pytest.raises(OptionError, match="sigma"):
        pellucid.denoise(PICTURE, sigma=sigma)
    with pytest.raises(OptionError, match="sigma is True; it must be auto, a number or an array"):
        pellucid.denoise(np.zeros((8, 8), np.uint8), sigma=True)
    with pytest.raises(OptionError, match="sigma holds"):
        pellucid.denoise(PICTURE, sigma=np.full((24, 30), 1e39))


@pytest.mark.parametrize(
    ("field", "value"),
    [("sigma", -1.0), ("sigma", np.nan), ("sigma", 1e39), ("slope", np.nan), ("jpeg_quality", 0)],
)
def test_wrong_estimates(field: str, value: Any) -> None:
    noise = replace(pellucid.noise_level(PICTURE), **{field: value})
    with pytest.raises(OptionError, match=field):
        pellucid.denoise(PICTURE, sigma=noise)


@pytest.mark.parametrize("strength", [2, -0.1, np.nan, "1", None])
def test_wrong_strengths(strength: Any) -> None:
    with pytest.raises(OptionError, match=r"strength is .*; it must be a number from 0 to 1"):
        pellucid.denoise(PICTURE, strength=strength)


@pytest.mark.parametrize(
    "mask", [np.ones((24, 29)), np.ones((24, 30, 1)), np.full((24, 30), 255.0)]
)
def test_wrong_masks(mask: Any) -> None:
    with pytest.raises(OptionError, match="mask"):
        pellucid.denoise(PICTURE, mask=mask)


def test_a_mask_that_is_no_file() -> None:
    with pytest.raises(InputError, match=r"mask\.png: no such file"):
        pellucid.denoise(PICTURE, mask="mask.png")


def test_views_and_byte_orders(tiny_denoiser: str) -> None:
    deep = PICTURE * np.uint16(257)
    want = pellucid.denoise(deep, sigma=1000, model=tiny_denoiser)
    views = [np.asfortranarray(deep), deep.astype(">u2"), np.repeat(deep, 2, axis=1)[:, ::2]]
    for view in views:
        view.flags.writeable = False
        clean = pellucid.denoise(view, sigma=1000, model=tiny_denoiser)
        assert clean.dtype == view.dtype
        assert np.array_equal(clean, want)


def test_sigma_in_another_unit_warns(tiny_denoiser: str) -> None:
    floats = np.linspace(0, 1, 32 * 40, dtype=np.float32).reshape(32, 40)
    with pytest.warns(UserWarning, match="own unit"):
        pellucid.denoise(floats, sigma=15, model=tiny_denoiser)


def test_the_loudest_noise_gives_numbers(tiny_denoiser: str) -> None:
    floats = np.linspace(0, 1, 32 * 40, dtype=np.float32).reshape(32, 40)
    with pytest.warns(UserWarning, match="own unit"):
        clean = pellucid.denoise(floats, sigma=3e38, model=tiny_denoiser)
    assert np.isfinite(clean).all()
