"""Pieces of the page: how it looks, numbers as a person reads them, figures, bars, a slider."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.explaining.page.draw import AMOUNT, RGB, SIGNED, data_uri, heat
from pellucid.pages import LOOK

MINUS = "\N{MINUS SIGN}"
FULL = {"uint8": "of 255", "uint16": "of 65,535"}
WIDTH, HEIGHT = 640, 120  # of a chart
MOST = 128  # bars; more are put together by neighbours
CSS = (
    LOOK
    + """
header, main, footer { max-width: 72rem; }
h2 { font-size: 1.25rem; }
p { max-width: 46rem; }
.row { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr));
  align-items: start; }
.row.small { grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
figure { margin: .6rem 0; }
figure img { display: block; width: 100%; height: auto; background: var(--card);
  border: 1px solid var(--line); }
img.pixels { image-rendering: pixelated; }
.scale { display: flex; gap: .5rem; align-items: center; font-size: .85rem; color: var(--soft); }
.scale span.bar { flex: 1; height: .7rem; border: 1px solid var(--line); }
.facts dd { font-size: 1.2rem; }
caption { text-align: left; font-size: .9rem; padding-bottom: .2rem; }
th, td { padding: .15rem .8rem .15rem 0; }
svg.bars { display: block; width: 100%; height: 7rem; fill: var(--mark);
  border-bottom: 1px solid var(--line); }
.pair { position: relative; } .pair img { width: 100%; height: auto; display: block; }
.pair img + img { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut, 50%)); }
.pair + label { display: block; font-size: .9rem; color: var(--soft); }
input[type=range] { width: 100%; }
@media print { input, .pair + label { display: none; } }
"""
)
SCRIPT = """
for (const slider of document.querySelectorAll('input[data-pair]')) {
  const pair = document.getElementById(slider.dataset.pair);
  slider.addEventListener('input', () => pair.style.setProperty('--cut', slider.value + '%'));
}
"""


def number(value: float, digits: int = 3) -> str:
    """So many digits that count, with an exponent only for the very small and very large."""
    text = f"{abs(value):.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e7:
        text = f"{float(text):,.0f}"
    return (MINUS if value < 0 else "") + text


def signed(value: float) -> str:
    """Three places and a sign, none for 0."""
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def percent(part: float, places: int = 1) -> str:
    """A part of 1 as a percentage."""
    return f"{100 * part:.{places}f} %"


def unit_of(dtype: np.dtype[Any]) -> str:
    """What is said after a value of samples: of how many, or that it is in their own unit."""
    return FULL.get(dtype.name, "in the samples' unit")


def paragraph(text: str, *, soft: bool = False) -> str:
    """Plain text."""
    return f"<p{' class=soft' if soft else ''}>{escape(text)}</p>"


def row(figures: Sequence[str], *, small: bool = False) -> str:
    """Figures side by side where there is room."""
    return f'<div class="row{" small" if small else ""}">{"".join(figures)}</div>'


def image(rgb: RGB, alt: str, *, photograph: bool = False, big: bool = False) -> str:
    """A picture; `big` samples stay squares."""
    kind = ' class="pixels"' if big else ""
    return (
        f'<img{kind} src="{data_uri(rgb, photograph=photograph)}" alt="{escape(alt)}" '
        f'width="{rgb.shape[1]}" height="{rgb.shape[0]}">'
    )


def figure(drawing: str, caption: str) -> str:
    """A drawing with its caption."""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def heat_map(
    values: NDArray[Any],
    caption: str,
    alt: str,
    *,
    high: float | None = None,
    unit: str = "",
    signed: bool = False,
) -> str:
    """Values as shades, with the scale below: from 0, or if `signed` from -high, to high.

    Without `high` all but the largest 0.5 % are told apart.
    """
    high = float(np.percentile(values, 99.5)) or 1.0 if high is None else high
    low, scale = (-high, SIGNED) if signed else (0, AMOUNT)
    stops = ", ".join(f"rgb{anchor}" for anchor in scale)
    below = (
        f'<div class="scale"><span>{number(low)}</span><span class="bar" style="background:'
        f'linear-gradient(90deg, {stops})"></span><span>{number(high)} {escape(unit)}</span></div>'
    )
    return figure(image(heat(values, low, high, scale), alt, big=True) + below, caption)


def pair(before: RGB, after: RGB) -> str:
    """Two pictures of one size, one over the other, cut where the slider stands."""
    images = "".join(
        image(rgb, f"The picture {name}", photograph=True)
        for rgb, name in ((before, "before"), (after, "after"))
    )
    return (
        f'<div class="pair" id="pair">{images}</div><label>before to the left of the '
        "slider, after to the right"
        '<input type="range" min="0" max="100" value="50" data-pair="pair"></label>'
    )


def chart(bits: Sequence[float], what: str, order: str) -> str:
    """Bars with what they mean below: each some of `what`, as high as it has bits.

    `order` goes on from there: of what they are, and how they are sorted.
    """
    shown = gathered(bits)
    most, wide = max(*shown, 1e-12), WIDTH / len(shown)
    bars = "".join(
        f'<rect x="{place * wide:.1f}" y="{HEIGHT * (1 - value / most):.1f}" '
        f'width="{max(0.8, wide - 1):.1f}" height="{HEIGHT * value / most:.1f}"/>'
        for place, value in enumerate(shown)
    )
    each = together(len(bits))
    name = (f"{each} {what}s" if each > 1 else f"each {what}") + order
    drawing = (
        f'<svg class="bars" role="img" aria-label="{escape(f"Bytes of {name}")}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">{bars}</svg>'
    )
    tallest = number(max(shown) / 8)
    return figure(drawing, f"A bar for {name}; the tallest holds {tallest} bytes.")


def gathered(values: Sequence[float]) -> list[float]:
    """At most `MOST` sums of neighbours."""
    each = together(len(values))
    return [float(sum(values[start : start + each])) for start in range(0, len(values), each)]


def together(count: int) -> int:
    """How many of so many values go into one bar."""
    return -(-count // MOST)
