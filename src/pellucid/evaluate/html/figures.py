"""Plots as SVG inside a page: in its colours, with names of their own, named for screen readers."""

from __future__ import annotations

import re
from html import escape

from pellucid.evaluate.drawing import Plot, svg_of
from pellucid.evaluate.html.style import PLOT_COLOURS, variable

# matplotlib's prologue, its facts about itself, and a style that would reach all of the page.
_OUTSIDE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_FACTS = re.compile(r"<metadata>.*?</metadata>\s*|<style.*?</style>|<!--.*?-->\s*", re.DOTALL)
_ROOT = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", re.DOTALL)
_FONT = "'DejaVu Sans'"


def figure(plot: Plot) -> str:
    """A plot as HTML: an inline SVG and its caption."""
    caption = plot.alt[:1].upper() + plot.alt[1:]
    return (
        f"<figure>{inline(plot)}<figcaption>{escape(caption)}. In numbers: the tables below, "
        "and the files of rows.</figcaption></figure>"
    )


def inline(plot: Plot) -> str:
    """The SVG alone. Its ids begin with the plot's name, so that several fit into one page."""
    text = _FACTS.sub("", _OUTSIDE.sub("", svg_of(plot)))
    mark = re.sub(r"[^a-z0-9]+", "-", plot.name.lower())
    for pattern in (' id="', "url(#", 'xlink:href="#'):
        text = text.replace(pattern, f"{pattern}{mark}-")
    for colour in PLOT_COLOURS:
        text = re.sub(re.escape(colour), f"var({variable(colour)})", text, flags=re.IGNORECASE)
    text = text.replace(_FONT, f"{_FONT}, Verdana, sans-serif")
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'role="img" aria-label="{escape(plot.alt)}" viewBox="\\1" stroke-linejoin="round">'
    )
    return re.sub(r"\s+", " ", _ROOT.sub(head, text, count=1))
