"""The sections on what was taken off, and on why a pixel came out as it did."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.explaining.page.draw import ends_of, enlarged, shown, smaller
from pellucid.explaining.page.parts import (
    figure,
    heat_map,
    image,
    number,
    paragraph,
    percent,
    row,
    signed,
    unit_of,
)
from pellucid.explaining.removed import BLOCK, LAGS
from pellucid.pages import facts, table

AROUND = 20  # samples on each side of a pixel that are shown
TIMES = 8
CHANNELS = ("red", "green", "blue")


def left_out_body(found: Any) -> str:
    """The noise that no bits were spent on, and what it would have cost."""
    plain, made = found.left_out.bytes_with_it, found.about.file_bytes
    pairs = [
        ("file with the noise in it, at the same quality", f"{plain:,} bytes"),
        ("file without it", f"{made:,} bytes"),
        ("bits that the noise would have cost", f"{8 * (plain - made):,}"),
        ("of the file with the noise in it", percent(1 - made / plain)),
    ]
    return facts(pairs) + removed_body(found, found.left_out.removed, denoised=True)


def removed_body(found: Any, removed: Any, *, denoised: bool) -> str:
    """Maps and numbers of a `Removed`: the residual, its whiteness, and changes in structure."""
    gone = "taken off" if denoised else "lost"
    deviation = float(np.sqrt(np.mean(np.square(removed.deviation))))
    unit = unit_of(found.after.dtype)
    x, y, width, height = found.detail
    colours = (
        "red where texture went with the noise, blue where coarse noise was left in, white where "
        "only noise went."
        if denoised
        else "red where texture went, white where what went has no pattern."
    )
    maps = [
        heat_map(
            removed.residual[y : y + height, x : x + width].mean(axis=2),
            f"Before less after, in {width} x {height} pixels from {x}, {y} on: noise has no "
            "pattern, texture has.",
            "What was taken off a part of the picture",
            high=3 * (deviation or 1.0),
            unit=unit,
            signed=True,
        ),
        heat_map(
            smaller(removed.texture),
            f"Correlation of what was {gone} with its neighbours, in blocks: {colours}",
            "Map of the correlation of what was taken off",
            high=12 * removed.by_chance,
            signed=True,
        ),
        heat_map(
            1 - smaller(removed.structure),
            "Change in structure, from 0 (lines and edges are as before) to 1.",
            "Map of the change in structure",
            high=1,
        ),
    ]
    blocks = f"of the blocks of {BLOCK} x {BLOCK} pixels"
    pairs = [
        (f"standard deviation of what was {gone}", f"{number(deviation)} {unit}"),
        (f"{blocks} lost texture", percent(removed.taken)),
    ]
    if denoised:
        pairs.append((f"{blocks} have noise left", percent(removed.left)))
    names = [f"{right} across, {down} down" for down, right in LAGS]
    rows = [(n, signed(value)) for n, value in zip(names, removed.correlation, strict=True)]
    none = "Of noise alone it is 0." if denoised else "Without a pattern it is 0."
    caption = f"Whole picture: how alike what was {gone} is at neighbours. {none}"
    head = ("neighbours", "correlation")
    numbers = table(head, rows, "correlation of neighbours", caption=caption)
    return facts(pairs) + row(maps) + finding(removed, denoised=denoised) + numbers


def finding(removed: Any, *, denoised: bool) -> str:
    """What the numbers say, in words."""
    if not removed.residual.any():
        return paragraph(f"Nothing was {'taken off' if denoised else 'lost'}.")
    if not denoised:
        return paragraph(
            "A codec gives up what costs most and is seen least, so texture in what was lost is "
            "normal at low rates.",
            soft=True,
        )
    if removed.taken > 0.05:
        text = "Texture was taken with the noise in places; try less strength, or a mask."
    elif removed.left > 0.5:
        text = "Much noise was left in, as sigma is below what there is; try a higher one."
    else:
        text = "What was taken off looks like noise: no texture beyond what chance gives."
    return paragraph(text)


def pixel_body(found: Any) -> str:
    """The filter of a `PixelFilter` beside the place it looked at."""
    pixel, weights = found.pixel, found.pixel.weights
    across, down = pixel.x - pixel.left, pixel.y - pixel.top
    rows, columns = (slice(max(0, at - AROUND), at + AROUND + 1) for at in (down, across))
    near = weights[rows, columns]
    height, width = near.shape[:2]
    top, left = rows.start + pixel.top, columns.start + pixel.left
    place = found.before[top : top + height, left : left + width]
    ends = None if found.before.dtype == np.uint8 else ends_of(found.before)
    name = of_all = ""
    plane, each = near.sum(axis=2), [weights.sum()]
    if found.before.shape[2] == len(CHANNELS):
        name, of_all = f", {CHANNELS[pixel.channel]}", f" ({', '.join(CHANNELS)})"
        plane, each = near[..., pixel.channel], weights.sum(axis=(0, 1))
    seen = image(enlarged(shown(place, ends), TIMES), "The surroundings of the pixel", big=True)
    figures = [
        figure(seen, f"What the network saw there, {width} x {height} pixels."),
        heat_map(
            enlarged(plane, TIMES),
            f"Weights of the same pixels{name}: red adds, blue takes away.",
            "Weights of the filter at the same pixels",
            high=float(np.abs(plane).max()) or 1.0,
            signed=True,
        ),
    ]
    unit = "" if pixel.stabilised else f" {unit_of(found.after.dtype)}"
    pairs = [
        (f"result{name}", f"{number(pixel.value, 4)}{unit}"),
        ("of it from the noise map alone", f"{number(pixel.share_of_map)}{unit}"),
        ("like an equal mean of", f"{pixel.effective:.1f} samples"),
        ("half of the weight within", f"{pixel.radius:.1f} pixels"),
        ("looked at", f"{weights.shape[1]} x {weights.shape[0]} pixels"),
        (f"weights sum to{of_all}", " / ".join(signed(float(sum_)).lstrip("+") for sum_ in each)),
    ]
    text = (
        "The network has no biases, so this is exact: the sum of weight times sample, and the "
        "share of the noise map, is the result. Another pixel has another filter: round in flat "
        "places, long beside an edge."
    )
    stabilised = (
        "The noise grows with the light, so samples were stabilised first: the result is in the "
        "stabilised scale, from which it is brought back."
    )
    note = paragraph(stabilised) if pixel.stabilised else ""
    return facts(pairs) + note + row(figures) + paragraph(text, soft=True)
