"""Drawings to measure on, where photographs are not what is asked about.

    python -m tools.make_drawings -o drawings

Flat polygons and discs with edges of one sample's softness, lines of one to six samples, and words:
what charts, diagrams and comics are made of. The same number gives the same drawing, as long as
Pillow draws alike.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIZE = (512, 384)  # width, height
FINER = 4  # drawn so much larger, then reduced, so that edges are soft
WORDS = ("the", "quick", "brown", "fox", "0123456789", "= 3.14", "+ x", "(a, b)", "Lazy Dog")


def drawing(number: int) -> NDArray[np.uint8]:
    """(H, W, 3): the drawing of a number; each third is black on white."""
    random = np.random.default_rng(number)
    width, height = (side * FINER for side in SIZE)
    plain = number % 3 == 2
    paper = (255, 255, 255) if plain else _colour(random, 200, 256)
    sheet = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(sheet)
    for _ in range(12):
        x, y, reach = random.uniform(0, width), random.uniform(0, height), random.uniform(60, 500)
        fill = None if plain else _colour(random, 0, 256)
        edge = _colour(random, 0, 90)
        thick = FINER * int(random.integers(1, 7))
        if random.random() < 0.5:
            around = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(3, 8))))
            corners = [(x + reach * np.cos(turn), y + reach * np.sin(turn)) for turn in around]
            pen.polygon(corners, fill=fill, outline=edge, width=thick)
        else:
            pen.ellipse((x - reach, y - reach / 2, x + reach, y + reach / 2), fill, edge, thick)
    for _ in range(8):
        ends = random.uniform(0, 1, (2, 2)) * (width, height)
        pen.line([tuple(end) for end in ends], _colour(random, 0, 90), FINER)
        size = FINER * int(random.integers(9, 29))
        at = (random.uniform(0, 0.8 * width), random.uniform(0, 0.9 * height))
        text = " ".join(random.choice(WORDS, 3))
        pen.text(at, text, _colour(random, 0, 90), ImageFont.load_default(size))
    return np.asarray(sheet.reduce(FINER))


def _colour(random: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(low, high, 3))
    return red, green, blue


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make drawings to measure on.")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder, made if missing")
    parser.add_argument("--count", type=int, default=12, help="how many (12)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        Image.fromarray(drawing(number)).save(options.out / f"{number:02}.png")
    print(f"{options.out}: {options.count} drawings")


if __name__ == "__main__":
    main()
