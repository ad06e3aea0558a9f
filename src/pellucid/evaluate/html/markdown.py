"""The Markdown of the reports as HTML, with tables that a keyboard and a screen reader can use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pellucid.evaluate._extras import require
from pellucid.pages import scroll


def to_html(text: str, *, mark: str, level: int = 2) -> str:
    """HTML of Markdown, raw HTML in it shown as text.

    Args:
        text: Markdown; a heading of the first level at its start is left out, since the section
            that it goes into has one.
        mark: begins the ids of headings.
        level: of that section; `##` becomes one below it.

    Raises:
        MissingExtraError: markdown-it-py isn't installed.
    """
    library = require("markdown_it", "markdown-it-py")
    parser = library.MarkdownIt("commonmark", {"html": False}).enable("table")
    token = require("markdown_it.token", "markdown-it-py").Token
    body = re.sub(r"\A\s*# .*\n", "", text)
    tokens = list(_adjusted(parser.parse(body), token, mark, level))
    return str(parser.renderer.render(tokens, parser.options, {}))


def _adjusted(tokens: Sequence[Any], make: Any, mark: str, level: int) -> Iterator[Any]:
    """Headings moved down and named; tables in a frame that scrolls; the first cell heads a row."""
    title, tables, first, headings = mark, 0, False, 0
    for number, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1:]) - 1 + level}"
        if token.type == "heading_open":
            headings, tables = headings + 1, 0
            title = tokens[number + 1].content
            token.attrSet("id", f"{mark}-{headings}")
        elif token.type == "table_open":
            tables += 1
            yield _raw(make, _frame(title, tables))
        elif token.type == "tr_open":
            first = True
        elif token.type == "th_open":
            token.attrs = {"scope": "col"}
        elif token.type == "td_open":
            token.attrs = {"scope": "row"} if first else {}
            token.tag = "th" if first else "td"
        elif token.type == "td_close":
            token.tag, first = ("th" if first else "td"), False
        yield token
        if token.type == "table_close":
            yield _raw(make, "</div>\n")


def _frame(title: str, number: int) -> str:
    name = f"Table: {title}" if number == 1 else f"Table {number}: {title}"
    return f"{scroll(name)}\n"


def _raw(make: Any, html: str) -> Any:
    token = make("html_block", "", 0)
    token.content = html
    return token
