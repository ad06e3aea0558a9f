"""Pieces of the page: figures with a scale, facts, sections, and the whole."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from numpy.typing import NDArray

from pellucid.explaining.page.draw import AMOUNT, RGB, data_uri, heat
from pellucid.explaining.page.style import CSS, SCRIPT


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
        f'<div class="scale"><span>{low:.3g}</span><span class="bar" style="background:'
        f'linear-gradient(90deg, {stops})"></span><span>{high:.3g} {escape(unit)}</span></div>'
    )
    return figure(heat(values, low, high, scale), caption, alt, below=below, big=True)


def pair(before: RGB, after: RGB, names: tuple[str, str], mark: str) -> str:
    """Two pictures of one size, one over the other, cut where the slider stands."""
    images = "".join(
        f'<img src="{data_uri(rgb, photograph=True)}" alt="{escape(name)}" '
        f'width="{rgb.shape[1]}" height="{rgb.shape[0]}">'
        for rgb, name in zip((before, after), names, strict=True)
    )
    return (
        f'<div class="pair" id="{mark}">{images}</div><label>{escape(names[0])} to the left of the '
        f"slider, {escape(names[1])} to the right"
        f'<input type="range" min="0" max="100" value="50" data-pair="{mark}"></label>'
    )


def facts(found: Sequence[tuple[str, str]]) -> str:
    """Names and values."""
    parts = (f"<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>" for n, v in found)
    return f'<dl class="facts">{"".join(parts)}</dl>'


def paragraph(text: str, *, soft: bool = False) -> str:
    """Plain text."""
    return f"<p{' class=soft' if soft else ''}>{escape(text)}</p>"


def row(figures: Sequence[str], *, small: bool = False) -> str:
    """Figures side by side where there is room."""
    return f'<div class="row{" small" if small else ""}">{"".join(figures)}</div>'


def document(title: str, lead: str, sections: Sequence[tuple[str, str, str]], foot: str) -> str:
    """The whole file from (mark, heading, body) of each section."""
    links = "".join(f'<li><a href="#{mark}">{escape(name)}</a></li>' for mark, name, _ in sections)
    bodies = "".join(
        f'<section aria-labelledby="{mark}"><h2 id="{mark}">{escape(name)}</h2>{body}</section>'
        for mark, name, body in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body>"
        '<a class="skip" href="#content">Skip to the content</a>'
        f"<header><h1>{escape(title)}</h1>{lead}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f'<main id="content">{bodies}</main><footer>{paragraph(foot)}</footer>'
        f"<script>{SCRIPT}</script></body></html>\n"
    )
