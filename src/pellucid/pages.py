"""HTML files that need no network and no other file: what the pages of explain and bench share.

A page adds its own rules after those of `LOOK`, with which it follows the reader's light or dark,
prints, and works from the keyboard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["LOOK", "Section", "document", "facts", "scroll", "table"]

LOOK = """
:root { color-scheme: light dark; --ink: #1a1c20; --paper: #fbfaf7; --soft: #5b6069;
  --line: #d9d6cd; --mark: #23598f; --card: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #15171b; --soft: #a2a7b0;
  --line: #343840; --mark: #8abaf0; --card: #1d2026; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
header, main, footer { margin: 0 auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 1.6rem 0 .2rem; overflow-wrap: anywhere; }
h2 { margin: 2.6rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1.2rem; }
p { margin: .5rem 0; }
p.soft, figcaption, caption, footer { color: var(--soft); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
a { color: var(--mark); }
a.skip { position: absolute; left: -99rem; } a.skip:focus { left: 1rem; top: .5rem; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
figcaption { font-size: .9rem; margin-top: .3rem; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; margin: .6rem 0; }
.facts div { display: flex; flex-direction: column-reverse; }
.facts dt { font-size: .85rem; color: var(--soft); } .facts dd { margin: 0; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; border-bottom: 1px solid var(--line); }
th[scope=row], thead th:first-child { text-align: left; } th { font-weight: 500; }
footer { font-size: .85rem; margin-top: 3rem; padding-bottom: 2rem; }
@media print { nav { display: none; } .scroll { overflow: visible; } }
"""

Section = tuple[str, str, str]  # mark, heading, body


def facts(found: Iterable[tuple[str, str]]) -> str:
    """Names and values side by side."""
    parts = (f"<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>" for n, v in found)
    return f'<dl class="facts">{"".join(parts)}</dl>'


def scroll(name: str) -> str:
    """The beginning of a frame that scrolls, also by the keyboard; `</div>` ends it."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], name: str, *, caption: str) -> str:
    """A table in such a frame; the first cell of a row names it, the others are numbers.

    Args:
        name: read to those who can't see it.
        caption: shown above it.
    """
    cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in others)
        + "</tr>"
        for first, *others in rows
    )
    return (
        f"{scroll(f'Table: {name}')}<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table></div>"
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
