"""What the program says: each thing once, by its name, with the way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pellucid
from pellucid.cli import main
from pellucid.errors import PellucidError


def test_a_file_is_named_once(run) -> None:
    np.save("a.npy", np.zeros((20, 20), np.uint16))
    said = run("compress", "a.npy", "--page", 0, code=2).stderr
    assert said == (
        "pellucid: a.npy: a NumPy file has no page 0; a TIFF has pages, a DICOM file frames\n"
    )


@pytest.mark.parametrize("out", [(), ("-o", "other.pel")])
def test_a_pel_file_is_no_picture(run, pel, out) -> None:
    said = run("compress", pel, *out, code=1).stderr
    assert "is a .pel file" in said or "it is a .pel file already" in said
    assert "decompress" in said
    assert (
        "photo.pel: is a .pel file, and no picture yet; decompress it first"
        in run("denoise", pel, "-o", "clean.png", code=1).stderr
    )
    with pytest.raises(PellucidError, match="decompress it first"):
        pellucid.compress(pel.read_bytes())


def test_a_picture_is_no_pel_file(run, photo) -> None:
    said = run("decompress", photo, code=1).stderr
    assert "it is no .pel file, by its name: pellucid compress makes one of it" in said


def test_a_default_that_cannot_be_says_how_to_choose(run) -> None:
    signed = np.zeros((20, 20, 3), np.int16)
    signed[3, 4] = -5
    Path("a.pel").write_bytes(pellucid.compress(signed, lossless=True))
    hint = "choose one with --format, such as --format tif"
    assert hint in run("decompress", "a.pel", code=1).stderr
    assert hint not in run("decompress", "a.pel", "-o", "a.png", code=1).stderr
    assert hint not in run("decompress", "a.pel", "--format", "png", code=1).stderr
    run("decompress", "a.pel", "--format", "tif")
    assert Path("a.tif").exists()


def test_info_says_what_alpha_took(run, pixels) -> None:
    alpha = np.zeros(pixels.shape[:2], np.uint8)
    alpha[20:50] = np.arange(90)
    Image.fromarray(np.dstack([pixels, alpha])).save("a.png")
    run("compress", "a.png", "--model", "s")
    found = pellucid.info("a.pel")
    plain = pellucid.info(pellucid.compress(pixels, model="s"))
    assert found.alpha_bytes is not None
    assert 100 < found.alpha_bytes < found.bytes_by_part["TILE"]
    assert f"1 of up to 512 x 512, and as many of alpha, {found.alpha_bytes:,} bytes" in (
        run("info", "a.pel").stdout
    )
    assert plain.alpha_bytes is None
    run("compress", "a.png", "--lossless", "--force")
    assert pellucid.info("a.pel").alpha_bytes is None


def test_verify_says_the_way_out_once(run, pixels) -> None:
    data = bytearray(pellucid.compress(np.tile(pixels, (8, 8, 1)), lossless=True))
    data[len(data) // 2] ^= 1
    Path("bad.pel").write_bytes(data)
    said = run("verify", "bad.pel", code=1).stderr
    assert "get the file again" not in said
    assert "--keep-going can save them" in said


def test_wide_errors_have_no_digits_behind_the_point(run, pixels) -> None:
    deep = pixels.astype(np.uint16) * 257
    Path("a.pel").write_bytes(pellucid.compress(deep, quality=5))
    likely = pellucid.info("a.pel").likely_error
    assert likely is not None
    assert likely > 100
    assert f"nine of ten samples within {likely:,.0f}\n" in run("info", "a.pel").stdout


def test_too_high_a_psnr_of_a_model_points_to_none(run, photo) -> None:
    said = run("compress", photo, "--psnr", 90, "--model", "s", code=1).stderr
    assert "choose a lower PSNR, or leave out the model" in said
    assert "lossless" in run("compress", photo, "--psnr", 90).output


def test_no_noise_says_what_to_do(run, photo) -> None:
    Image.new("L", (64, 64), 9).save("flat.png")
    said = run("denoise", "flat.png", "--model", "s").stderr
    assert "no noise found, so nothing was changed; if there is some" in said
    assert "give its strength with --sigma" in said
    assert run("denoise", "flat.png", "--sigma", 5, "--model", "s", "--force").stderr == ""


def two_pictures(pixels: np.ndarray) -> None:
    """`two.jpg`, a JPEG with a second picture behind the first, as some cameras write them."""
    first, second = Image.fromarray(pixels), Image.fromarray(pixels[::-1])
    first.save("two.jpg", "MPO", save_all=True, append_images=[second])


def test_what_is_left_out_of_a_picture_is_said_once(run, pixels) -> None:
    two_pictures(pixels)
    said = "pellucid: two.jpg: holds 2 pictures, of which the first is taken\n"
    assert run("compress", "two.jpg", "--size", "2k").stderr.startswith(said)
    assert run("compress", "two.jpg", "-o", "again.pel").stderr.count("holds 2 pictures") == 1
    many = run("compress", "two.jpg", "./two.jpg", "-o", "out", "--jobs", 2, code=1).stderr
    assert many.count("holds 2 pictures") == 1


def test_remarks_on_what_comes_through_a_pipe(pixels) -> None:
    two_pictures(pixels)
    result = CliRunner().invoke(
        main, ["compress", "-", "-o", "a.pel"], Path("two.jpg").read_bytes()
    )
    assert result.stderr == "pellucid: -: holds 2 pictures, of which the first is taken\n"
