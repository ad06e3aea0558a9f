"""EXIF, ICC and XMP through compress and decompress, byte for byte, between all formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from opened import write_samples
from pellucid.pixels import ImageInfo, read_image

SUFFIXES = ("png", "jpg", "webp", "tif")
XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä</x:xmpmeta>".encode()
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def blocks(info: ImageInfo) -> tuple[bytes | None, bytes | None, bytes | None]:
    return info.exif, info.icc, info.xmp


@pytest.fixture
def source(pixels):
    """Write a picture of a format with EXIF (turned by 90 degrees), ICC and XMP."""

    def make(suffix: str) -> tuple[Path, ImageInfo]:
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x010F] = "Pellucid Works"
        info = ImageInfo(
            pixels.shape[1], pixels.shape[0], 3, exif=exif.tobytes()[6:], icc=ICC, xmp=XMP
        )
        path = Path(f"photo.{suffix}")
        write_samples(path, pixels, info)
        return path, read_image(path)[1]

    return make


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip_in_the_same_format(run, source, pixels, suffix):
    path, before = source(suffix)
    assert None not in blocks(before)
    run("compress", path)
    assert "metadata  EXIF" in run("info", "photo.pel").stdout
    run("decompress", "photo.pel", "-o", f"back.{suffix}")
    back, after = read_image(f"back.{suffix}")
    assert blocks(after) == blocks(before)
    assert back.shape == pixels.shape  # the orientation is kept, not applied


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_from_any_format_to_png(run, source, suffix):
    path, before = source(suffix)
    run("compress", path)
    run("decompress", "photo.pel", "-o", "back.png")
    assert blocks(read_image("back.png")[1]) == blocks(before)


def test_no_metadata(run, source):
    path, _ = source("jpg")
    run("compress", path, "--no-metadata")
    run("decompress", "photo.pel", "-o", "back.png")
    assert blocks(read_image("back.png")[1]) == (None, None, None)


def test_format_that_holds_none(run, source):
    path, _ = source("png")
    run("compress", path)
    stderr = run("decompress", "photo.pel", "-o", "back.bmp").stderr
    assert ".bmp can't hold metadata; left out: EXIF, ICC, XMP" in stderr
    assert np.asarray(Image.open("back.bmp")).shape[2] == 3
