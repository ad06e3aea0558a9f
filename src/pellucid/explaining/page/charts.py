"""Numbers as bars: SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 640, 120
MOST = 128  # bars; more are put together by neighbours


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
    each = -(-len(values) // MOST) if len(values) else 1
    return [float(sum(values[start : start + each])) for start in range(0, len(values), each)]
