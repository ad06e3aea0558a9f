"""The section on one pixel: the weights with which its surroundings were averaged."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.explaining.page.draw import SIGNED, ends_of, enlarged, shown
from pellucid.explaining.page.parts import figure, heat_figure, paragraph, row
from pellucid.pages import facts

AROUND = 20  # samples on each side that are shown
TIMES = 8
STABILISED = (
    "The noise grows with the light, so samples were stabilised first: the result is in the "
    "stabilised scale, from which it is brought back."
)


def pixel_body(found: Any) -> str:
    """The filter of a `PixelFilter` beside the place it looked at."""
    pixel = found.pixel
    weights = pixel.weights
    across, down = pixel.x - pixel.left, pixel.y - pixel.top
    rows = slice(max(0, down - AROUND), down + AROUND + 1)
    columns = slice(max(0, across - AROUND), across + AROUND + 1)
    near = weights[rows, columns]
    plane = near[..., pixel.channel] if found.before.shape[2] == 3 else near.sum(axis=2)
    most = float(np.abs(plane).max()) or 1.0
    top, left = rows.start + pixel.top, columns.start + pixel.left
    place = found.before[top : top + near.shape[0], left : left + near.shape[1]]
    ends = None if found.before.dtype == np.uint8 else ends_of(found.before)
    figures = [
        figure(
            enlarged(shown(place, ends), TIMES),
            "What the network saw there.",
            "The surroundings of the pixel",
            big=True,
        ),
        heat_figure(
            enlarged(plane, TIMES),
            "Weights of the same channel: red adds, blue takes away.",
            "Weights of the filter",
            low=-most,
            high=most,
            unit="",
            scale=SIGNED,
        ),
    ]
    height, width = weights.shape[:2]
    sums = weights.sum(axis=(0, 1))
    pairs = [
        ("result", f"{pixel.value:.4g}"),
        ("of it from the noise map alone", f"{pixel.share_of_map:+.3g}"),
        ("like an equal mean of", f"{pixel.effective:.1f} samples"),
        ("half of the weight within", f"{pixel.radius:.1f} samples"),
        ("looked at", f"{width} x {height} samples"),
        ("weights sum to", " / ".join(f"{value:.3f}" for value in sums)),
    ]
    text = (
        "The network has no biases, so this is exact: the sum of weight times sample, and the "
        "share of the noise map, is the result. Another pixel has another filter: round in flat "
        "places, long beside an edge."
    )
    note = paragraph(STABILISED) if pixel.stabilised else ""
    return facts(pairs) + note + row(figures) + paragraph(text, soft=True)
