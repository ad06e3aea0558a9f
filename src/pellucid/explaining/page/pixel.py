"""The section on one pixel: the weights with which its surroundings were averaged."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.explaining.page.draw import SIGNED, ends_of, enlarged, shown
from pellucid.explaining.page.numbers import number, signed, unit_of
from pellucid.explaining.page.parts import figure, heat_figure, paragraph, row
from pellucid.pages import facts

AROUND = 20  # samples on each side that are shown
TIMES = 8
CHANNELS = ("red", "green", "blue")
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
    colour = found.before.shape[2] == len(CHANNELS)
    plane = near[..., pixel.channel] if colour else near.sum(axis=2)
    most = float(np.abs(plane).max()) or 1.0
    top, left = rows.start + pixel.top, columns.start + pixel.left
    place = found.before[top : top + near.shape[0], left : left + near.shape[1]]
    ends = None if found.before.dtype == np.uint8 else ends_of(found.before)
    name = f", {CHANNELS[pixel.channel]}" if colour else ""
    figures = [
        figure(
            enlarged(shown(place, ends), TIMES),
            f"What the network saw there, {near.shape[1]} x {near.shape[0]} pixels.",
            "The surroundings of the pixel",
            big=True,
        ),
        heat_figure(
            enlarged(plane, TIMES),
            f"Weights of the same pixels{name}: red adds, blue takes away.",
            "Weights of the filter at the same pixels",
            low=-most,
            high=most,
            unit="",
            scale=SIGNED,
        ),
    ]
    height, width = weights.shape[:2]
    unit = "" if pixel.stabilised else f" {unit_of(found.after.dtype)}"
    each = weights.sum(axis=(0, 1)) if colour else [weights.sum()]
    pairs = [
        (f"result{name}", f"{number(pixel.value, 4)}{unit}"),
        ("of it from the noise map alone", f"{number(pixel.share_of_map)}{unit}"),
        ("like an equal mean of", f"{pixel.effective:.1f} samples"),
        ("half of the weight within", f"{pixel.radius:.1f} pixels"),
        ("looked at", f"{width} x {height} pixels"),
        (
            "weights sum to" + (f" ({', '.join(CHANNELS)})" if colour else ""),
            " / ".join(signed(float(value)).lstrip("+") for value in each),
        ),
    ]
    text = (
        "The network has no biases, so this is exact: the sum of weight times sample, and the "
        "share of the noise map, is the result. Another pixel has another filter: round in flat "
        "places, long beside an edge."
    )
    note = paragraph(STABILISED) if pixel.stabilised else ""
    return facts(pairs) + note + row(figures) + paragraph(text, soft=True)
