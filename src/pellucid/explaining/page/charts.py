"""Numbers as bars: SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pellucid.explaining.page.numbers import number

WIDTH, HEIGHT = 640, 120
MOST = 128  # bars; more are put together by neighbours


def chart(bits: Sequence[float], what: str, order: str) -> str:
    """Bars with what they mean below: each some of `what`, as high as it has bits.

    `order` goes on from there: of what they are, and how they are sorted.
    """
    each = together(len(bits))
    most = number(max([*gathered(bits), 0.0]) / 8)
    name = f"{each} {what}s" if each > 1 else f"each {what}"
    said = f"A bar for {name}{order}; the tallest holds {most} bytes."
    label = f"Bytes of {name}{order}"
    return f"<figure>{bars(bits, label)}<figcaption>{escape(said)}</figcaption></figure>"


def bars(values: Sequence[float], label: str) -> str:
    """A bar for each value, from the left; `label` is read to those who can't see it."""
    shown = gathered(values)
    most = max([*shown, 1e-12])
    wide = WIDTH / max(1, len(shown))
    parts = [
        f'<rect x="{number * wide:.1f}" y="{HEIGHT * (1 - value / most):.1f}" '
        f'width="{max(0.8, wide - 1):.1f}" height="{HEIGHT * value / most:.1f}"/>'
        for number, value in enumerate(shown)
    ]
    return (
        f'<svg class="bars" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">{"".join(parts)}</svg>'
    )


def gathered(values: Sequence[float]) -> list[float]:
    """At most `MOST` sums of neighbours."""
    each = together(len(values))
    return [float(sum(values[start : start + each])) for start in range(0, len(values), each)]


def together(count: int) -> int:
    """How many of so many values go into one bar."""
    return max(1, -(-count // MOST))
