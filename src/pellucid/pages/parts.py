"""Pieces of HTML that every page is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Section = tuple[str, str, str]  # mark, heading, body


def facts(found: Iterable[tuple[str, str]]) -> str:
    """Names and values side by side."""
    parts = (f"<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>" for n, v in found)
    return f'<dl class="facts">{"".join(parts)}</dl>'


def scroll(name: str) -> str:
    """The beginning of a frame that scrolls, also by the keyboard; `</div>` ends it."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">'


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    name: str,
    *,
    caption: str = "",
    text: bool = False,
) -> str:
    """A table in such a frame; the first cell of a row names it, the others are numbers.

    Args:
        name: read to those who can't see it.
        caption: shown above it, if any.
        text: the other cells are HTML that wraps.
    """
    kind = ' class="text"' if text else ""
    shown = (lambda cell: cell) if text else escape
    cells = "".join(f'<th scope="col"{kind}>{escape(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row"{kind}>{escape(first)}</th>'
        + "".join(f"<td{kind}>{shown(cell)}</td>" for cell in others)
        + "</tr>"
        for first, *others in rows
    )
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f"{scroll(f'Table: {name}')}<table>{told}<thead><tr>{cells}</tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def document(
    title: str,
    lead: str,
    sections: Sequence[Section],
    foot: str,
    *,
    css: str,
    script: str = "",
) -> str:
    """The whole file.

    Args:
        title: its heading, as plain text.
        lead: HTML below that, before the links to the sections.
        foot: HTML at the end.
        css: the style sheet, `LOOK` included.
        script: what must run, if anything.
    """
    links = "".join(f'<li><a href="#{mark}">{escape(name)}</a></li>' for mark, name, _ in sections)
    bodies = "".join(
        f'<section aria-labelledby="{mark}"><h2 id="{mark}">{escape(name)}</h2>{body}</section>\n'
        for mark, name, body in sections
    )
    run = f"<script>{script}</script>" if script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{css}</style></head><body>"
        '<a class="skip" href="#content">Skip to the content</a>'
        f"<header><h1>{escape(title)}</h1>{lead}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n'
        f'<main id="content" tabindex="-1">{bodies}</main>'
        f"<footer>{foot}</footer>{run}</body></html>\n"
    )
