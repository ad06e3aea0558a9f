"""The section on what was taken off: the residual, its whiteness, and what changed in structure."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.explaining.page.draw import SIGNED, smaller
from pellucid.explaining.page.numbers import number, percent, signed, unit_of
from pellucid.explaining.page.parts import heat_figure, paragraph, row
from pellucid.explaining.removed import BLOCK, LAGS
from pellucid.pages import facts, table

DENOISED = {
    "done": "taken off",
    "map": "Correlation of what was taken off with its neighbours, in blocks: red where texture "
    "went with the noise, blue where coarse noise was left in, white where only noise went.",
    "alike": "what was taken off is at neighbours. Of noise alone it is 0.",
}
CODED = {
    "done": "lost",
    "map": "Correlation of what was lost with its neighbours, in blocks: red where texture went, "
    "white where what went has no pattern.",
    "alike": "what was lost is at neighbours. Without a pattern it is 0.",
}


def removed_body(found: Any) -> str:
    """Maps and numbers of a `Removed`."""
    removed = found.removed
    deviation = float(np.sqrt(np.mean(np.square(removed.deviation))))
    unit_scale = deviation or 1.0  # of a scale that shows nothing
    unit = unit_of(found.after.dtype)
    words = DENOISED if found.task == "denoise" else CODED
    x, y, width, height = found.detail
    limit = 12 * removed.by_chance
    maps = [
        heat_figure(
            residual_detail(found),
            f"Before less after, in {width} x {height} pixels from {x}, {y} on: noise has no "
            "pattern, texture has.",
            "What was taken off a part of the picture",
            low=-3 * unit_scale,
            high=3 * unit_scale,
            unit=unit,
            scale=SIGNED,
        ),
        heat_figure(
            smaller(removed.texture),
            words["map"],
            "Map of the correlation of what was taken off",
            low=-limit,
            high=limit,
            unit="",
            scale=SIGNED,
        ),
        heat_figure(
            1 - smaller(removed.structure),
            "Change in structure, from 0 (lines and edges are as before) to 1.",
            "Map of the change in structure",
            low=0,
            high=1,
            unit="",
        ),
    ]
    blocks = f"of the blocks of {BLOCK} x {BLOCK} pixels"
    pairs = [
        (f"standard deviation of what was {words['done']}", f"{number(deviation)} {unit}"),
        (f"{blocks} lost texture", percent(removed.taken)),
    ]
    if found.task == "denoise":
        pairs.append((f"{blocks} have noise left", percent(removed.left)))
    names = [f"{right} across, {down} down" for down, right in LAGS]
    rows = [(n, signed(value)) for n, value in zip(names, removed.correlation, strict=True)]
    head, caption = ("neighbours", "correlation"), f"Whole picture: how alike {words['alike']}"
    numbers = table(head, rows, "correlation of neighbours", caption=caption)
    return facts(pairs) + row(maps) + said(found) + numbers


def residual_detail(found: Any) -> Any:
    """(h, w) mean over channels of the residual in the detail."""
    x, y, width, height = found.detail
    return found.removed.residual[y : y + height, x : x + width].mean(axis=2)


def said(found: Any) -> str:
    """The finding in words."""
    removed = found.removed
    if not removed.residual.any():
        return paragraph(f"Nothing was {'taken off' if found.task == 'denoise' else 'lost'}.")
    if found.task != "denoise":
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
