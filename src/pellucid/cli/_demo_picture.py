"""The demo's comparison: the same part of one picture by several codecs, enlarged and labelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ZOOM = 3
MARGIN, LABEL, TEXT = 12, 34, 20  # in pixels of the drawing
BACKGROUND, INK = (250, 250, 248), (30, 30, 30)


@dataclass(frozen=True)
class Panel:
    """One version of the picture, H x W x 3, and what to write above it."""

    label: str
    picture: NDArray[np.uint8] = field(repr=False)


def draw_comparison(panels: list[Panel], region: tuple[int, int, int, int]) -> bytes:
    """The panels' `region` (x, y, width, height), two in a row, as the bytes of a PNG."""
    x, y, width, height = region
    cell = (ZOOM * width + MARGIN, ZOOM * height + LABEL + MARGIN)
    rows = -(-len(panels) // 2)
    sheet = Image.new("RGB", (2 * cell[0] + MARGIN, rows * cell[1] + MARGIN), BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=TEXT)
    for number, panel in enumerate(panels):
        row, column = divmod(number, 2)
        left, top = MARGIN + column * cell[0], MARGIN + row * cell[1]
        pen.text((left, top), panel.label, fill=INK, font=font)
        crop = Image.fromarray(panel.picture[y : y + height, x : x + width])
        enlarged = crop.resize((ZOOM * width, ZOOM * height), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (left, top + LABEL))
    buffer = BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
