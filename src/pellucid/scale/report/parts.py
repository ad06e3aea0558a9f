"""Pieces of a run's report: its style, sizes and times as people read them, lists of pictures."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pellucid.pages import LOOK

CSS = (
    LOOK
    + """
header, main, footer { max-width: 72rem; }
h2 { font-size: 1.3rem; } h3 { font-size: 1.05rem; margin: 1.4rem 0 .2rem; }
p, li { max-width: 52rem; overflow-wrap: anywhere; }
.facts dd { font-size: 1.15rem; overflow-wrap: anywhere; }
caption { text-align: left; font-size: .9rem; padding-bottom: .2rem; }
th, td { padding: .15rem .9rem .15rem 0; }
td { white-space: nowrap; } thead th { vertical-align: bottom; }
th[scope=row] { overflow-wrap: anywhere; min-width: 9rem; max-width: 34rem; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
ul.pictures { padding-left: 1.1rem; margin: .3rem 0; } ul.pictures li { margin: .25rem 0; }
svg.bars { display: block; width: 100%; height: 7rem; fill: var(--mark);
  border-bottom: 1px solid var(--line); }
figure { margin: .6rem 0; }
.looks { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; list-style: none; }
.looks > li { width: 33rem; max-width: 100%; }
.sides { display: flex; flex-wrap: wrap; gap: .5rem 1rem; }
.sides figure { margin: .2rem 0; } .sides img { display: block; max-width: 100%;
  background: var(--card); image-rendering: pixelated; }
"""
)
NAME, TEXT = 400, 400  # characters of names and messages that are shown
UNITS = ("kB", "MB", "GB", "TB", "PB")


def size_text(size: float) -> str:
    """Bytes with three digits that count: 950 bytes, 12.3 kB, 1.50 GB."""
    if abs(size) < 1000:
        return f"{size:,.0f} byte{'s' if size != 1 else ''}"
    for unit in UNITS:
        size /= 1000
        if abs(size) < 999.5 or unit == UNITS[-1]:
            break
    places = 2 if abs(size) < 9.995 else 1 if abs(size) < 99.95 else 0
    return f"{size:,.{places}f} {unit}"


def time_text(seconds: float) -> str:
    """Seconds as 0.25 s, 12 s, 3 min 20 s, 5 h 10 min, 2 days 3 h."""
    if seconds < 60:
        return f"{seconds:.{2 if seconds < 10 and seconds % 1 else 0}f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} day{'s' if days > 1 else ''} {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def percent(part: float, whole: float) -> str:
    """A part of a whole; a dash where there is no whole."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def pictures(number: int) -> str:
    """`1 picture`, `2,000 pictures`."""
    return f"{number:,} picture{'s' if number != 1 else ''}"


def cut(text: str, most: int = NAME) -> str:
    """Its middle left out if it is long."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def paragraph(text: str, *, soft: bool = False) -> str:
    """Plain text."""
    return f"<p{' class=soft' if soft else ''}>{escape(text)}</p>"


def code(text: str) -> str:
    """A line for a terminal."""
    return f"<p><code>{escape(text)}</code></p>"


def listed(found: Iterable[tuple[str, str]]) -> str:
    """Names of pictures, each with what is said of it; names keep their direction to themselves."""
    lines = (
        f"<li><bdi><code>{escape(cut(name))}</code></bdi>"
        f"{f': <bdi>{escape(cut(said, TEXT))}</bdi>' if said else ''}</li>"
        for name, said in found
    )
    return f'<ul class="pictures">{"".join(lines)}</ul>'
