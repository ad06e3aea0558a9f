"""Pictures without noise go through `auto` as good as unchanged: at least 45 dB to the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

import pellucid

SAMPLE = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
LEAST_DB = 45
WORDS = "In a village of La Mancha, the name of which I have no desire to call to mind, "


def text(pen: ImageDraw.ImageDraw) -> None:
    """A page in three sizes, its edges smoothed by the renderer."""
    y = 8
    for size, lines in ((26, 3), (16, 6), (11, 12)):
        font = ImageFont.load_default(size)
        for line in range(lines):
            pen.text((10, y), WORDS[3 * line :] * 2, "black", font)
            y += round(1.3 * size)


def line_art(pen: ImageDraw.ImageDraw) -> None:
    """Thin lines, full shapes and hatching."""
    for step in range(0, 384, 6):
        pen.line((step, 0, 384 - step, 319), "#404040")
    pen.ellipse((60, 40, 240, 220), "#f0c040", "black", 3)
    pen.polygon([(200, 300), (290, 120), (370, 290)], "#4080c0", "white")
    pen.arc((100, 80, 200, 180), 20, 160, "black", 4)


def screenshot(pen: ImageDraw.ImageDraw) -> None:
    """Windows, one of them with a shaded title, a list, and a chart of one-sample lines."""
    for row in range(320):
        pen.line((0, row, 384, row), (40 + row // 8, 60 + row // 6, 110 + row // 5))
    pen.rounded_rectangle((16, 20, 250, 300), 8, "#fafafa", "#707070")
    for row in range(24):
        pen.line((17, 28 + row, 249, 28 + row), (210 - 2 * row, 220 - 2 * row, 235 - row))
    for row in range(11):
        pen.rectangle((28, 66 + 20 * row, 38, 76 + 20 * row), f"hsl({30 * row}, 70%, 50%)")
        pen.text((46, 64 + 20 * row), f"Entry {row}: {WORDS[row : row + 22]}", "#222222")
    pen.rectangle((270, 60, 370, 200), "white", "black")
    pen.line([(272 + x, 130 + round(50 * np.sin(x / 7))) for x in range(97)], "#d03020")


def shades(pen: ImageDraw.ImageDraw) -> None:
    """Smooth and steep gradients."""
    for x in range(384):
        pen.line((x, 0, x, 160), (x * 255 // 383, 128, 255 - x * 255 // 383))
        pen.line((x, 160, x, 320), (x % 64 * 4,) * 3)


@pytest.mark.parametrize("draw", [text, line_art, screenshot, shades])
@pytest.mark.parametrize("factor", [1, 2], ids=["drawn", "reduced"])
def test_what_was_never_photographed(shipped: str, draw, factor: int) -> None:
    image = Image.new("RGB", (384, 320), "white")
    draw(ImageDraw.Draw(image))
    picture = np.asarray(image.reduce(factor))
    for samples in (picture, np.asarray(image.convert("L").reduce(factor))):
        check(samples, shipped)
    check(picture / np.float32(255), shipped, white=1)
    check(picture * np.uint16(257), shipped, white=65535)


@pytest.mark.parametrize("name", ["sample", "astronaut", "coffee", "camera"])
@pytest.mark.parametrize("factor", [1, 2], ids=["whole", "reduced"])
def test_clean_photographs(shipped: str, name: str, factor: int) -> None:
    with Image.open(SAMPLE) as image:
        picture = np.asarray(image) if name == "sample" else getattr(data, name)()
    check(np.asarray(Image.fromarray(picture).reduce(factor)), shipped)


def check(picture: np.ndarray, model: str, *, white: float = 255) -> None:
    clean = pellucid.denoise(picture, model=model)
    error = np.square(clean.astype(float) - picture).mean() / white**2
    assert error <= 10 ** (-LEAST_DB / 10), f"{-10 * np.log10(error):.1f} dB"
