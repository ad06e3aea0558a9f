"""Pieces of the page: figures with a scale, two pictures under a slider, rows of figures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from numpy.typing import NDArray

from pellucid.explaining.page.draw import AMOUNT, RGB, data_uri, heat
from pellucid.explaining.page.numbers import number


def figure(
    rgb: RGB,
    caption: str,
    alt: str,
    *,
    below: str = "",
    photograph: bool = False,
    big: bool = False,
) -> str:
    """A picture with its caption; `big` samples stay squares."""
    kind = ' class="pixels"' if big else ""
    return (
        f'<figure><img{kind} src="{data_uri(rgb, photograph=photograph)}" alt="{escape(alt)}" '
        f'width="{rgb.shape[1]}" height="{rgb.shape[0]}">{below}'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def heat_figure(
    values: NDArray[Any],
    caption: str,
    alt: str,
    *,
    low: float,
    high: float,
    unit: str,
    scale: Any = AMOUNT,
) -> str:
    """Values as shades, with the scale below."""
    stops = ", ".join(f"rgb{anchor}" for anchor in scale)
    below = (
        f'<div class="scale"><span>{number(low)}</span><span class="bar" style="background:'
        f'linear-gradient(90deg, {stops})"></span><span>{number(high)} {escape(unit)}</span></div>'
    )
    return figure(heat(values, low, high, scale), caption, alt, below=below, big=True)


def pair(before: RGB, after: RGB, names: tuple[str, str], mark: str) -> str:
    """Two pictures of one size, one over the other, cut where the slider stands."""
    images = "".join(
        f'<img src="{data_uri(rgb, photograph=True)}" alt="The picture {escape(name)}" '
        f'width="{rgb.shape[1]}" height="{rgb.shape[0]}">'
        for rgb, name in zip((before, after), names, strict=True)
    )
    return (
        f'<div class="pair" id="{mark}">{images}</div><label>{escape(names[0])} to the left of the '
        f"slider, {escape(names[1])} to the right"
        f'<input type="range" min="0" max="100" value="50" data-pair="{mark}"></label>'
    )


def paragraph(text: str, *, soft: bool = False) -> str:
    """Plain text."""
    return f"<p{' class=soft' if soft else ''}>{escape(text)}</p>"


def row(figures: Sequence[str], *, small: bool = False) -> str:
    """Figures side by side where there is room."""
    return f'<div class="row{" small" if small else ""}">{"".join(figures)}</div>'
