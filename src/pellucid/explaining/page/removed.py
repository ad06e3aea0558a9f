"""The section on what was taken off: the residual, its whiteness, and what changed in structure."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.explaining.page.draw import SIGNED, smaller
from pellucid.explaining.page.parts import heat_figure, paragraph, row
from pellucid.explaining.removed import LAGS
from pellucid.pages import facts, table


def removed_body(found: Any) -> str:
    """Maps and numbers of a `Removed`."""
    removed = found.removed
    spread = float(np.sqrt(np.mean(np.square(removed.deviation)))) or 1.0
    detail = residual_detail(found)
    limit = 12 * removed.by_chance
    maps = [
        heat_figure(
            detail,
            "Before less after, in the detail: noise has no pattern, texture has.",
            "Residual of the detail",
            low=-3 * spread,
            high=3 * spread,
            unit="of a sample's unit",
            scale=SIGNED,
        ),
        heat_figure(
            smaller(removed.texture),
            "Correlation of what was taken with its neighbours: red where texture went with it, "
            "blue where coarse noise was left in, white where only noise went.",
            "Map of the correlation of the residual",
            low=-limit,
            high=limit,
            unit="",
            scale=SIGNED,
        ),
        heat_figure(
            1 - smaller(removed.structure),
            "Change in structure: 0 where lines and edges are as before.",
            "Map of the change in structure",
            low=0,
            high=1,
            unit="",
        ),
    ]
    pairs = [
        ("taken off", f"{spread:.3g} (standard deviation)"),
        ("blocks with texture in it", f"{removed.taken:.1%}"),
        ("blocks with noise left", f"{removed.left:.1%}"),
    ]
    names = [f"{right} across, {down} down" for down, right in LAGS]
    rows = [(n, f"{value:+.3f}") for n, value in zip(names, removed.correlation, strict=True)]
    head, caption = ("neighbours apart", "correlation"), "Whole picture, 0 is white"
    numbers = table(head, rows, "correlation of neighbours", caption=caption)
    return facts(pairs) + row(maps) + said(found) + numbers


def residual_detail(found: Any) -> Any:
    """(h, w) mean over channels of the residual in the detail."""
    x, y, width, height = found.detail
    return found.removed.residual[y : y + height, x : x + width].mean(axis=2)


def said(found: Any) -> str:
    """The finding in words."""
    removed = found.removed
    if found.task != "denoise":
        return paragraph(
            "A codec gives up what costs most and is seen least, so texture in what was lost is "
            "normal at low rates.",
            soft=True,
        )
    if removed.taken > 0.05:
        text = "Texture was taken with the noise in places; try less strength, or a mask."
    elif removed.left > 0.5:
        text = "Much noise was left in, as less was told than there is; try a higher sigma."
    else:
        text = "What was taken off looks like noise: no texture beyond what chance gives."
    return paragraph(text)
