"""The one table: made once, shown as Markdown in reports and docs and as HTML on the page.

Cells are Markdown text. The first column names the row, the others are numbers unless `text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pellucid.evaluate._extras import require
from pellucid.pages import scroll

NO_VALUE = "–"
MINUS = "\u2212"

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True)
class Table:
    """Header and cells; with `text` every column is words, which wrap on the page."""

    header: Sequence[str]
    body: Sequence[Sequence[str]]
    text: bool = False

    @staticmethod
    def of(rows: Iterable[T], columns: Mapping[str, Callable[[T], str]]) -> Table:
        """A line for each of `rows`; a column is its heading and what it shows of one."""
        return Table([*columns], [[show(row) for show in columns.values()] for row in rows])

    def __str__(self) -> str:
        """Markdown: the first column to the left, numbers to the right."""
        rule = ["---", *(("---" if self.text else "--:") for _ in self.header[1:])]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (self.header, rule, *self.body))

    def html(self, name: str) -> str:
        """HTML in a frame that scrolls, also by the keyboard; `name` is read out.

        Raises:
            MissingExtraError: markdown-it-py isn't installed.
        """
        inline = (
            require("markdown_it", "markdown-it-py")
            .MarkdownIt("commonmark", {"html": False})
            .renderInline
        )
        kind = ' class="text"' if self.text else ""
        head = "".join(f'<th scope="col"{kind}>{inline(cell)}</th>' for cell in self.header)
        lines = "".join(
            f'<tr><th scope="row"{kind}>{inline(first)}</th>'
            + "".join(f"<td{kind}>{inline(cell)}</td>" for cell in others)
            + "</tr>\n"
            for first, *others in self.body
        )
        return (
            f"{scroll(name)}<table><thead><tr>{head}</tr></thead>\n"
            f"<tbody>{lines}</tbody></table></div>\n"
        )


def grouped(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Rows by what `key` says of each, the keys in ascending order."""
    found: dict[K, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return dict(sorted(found.items()))


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, in typographic form; zero has none."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def percent(value: float, digits: int = 1) -> str:
    """`+12.3 %`, with its sign."""
    return f"{signed(value, digits)} %"


def count(number: int, noun: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def rate(value: float) -> str:
    """A speed with as many digits as are worth reading."""
    return f"{value:.{2 if value < 10 else 0}f}"


def plain(cell: str) -> str:
    """Text that has nothing to do with Markdown, as a cell."""
    return re.sub(r"([\\`*_\[\]|<])", r"\\\1", cell)
