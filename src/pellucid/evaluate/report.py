"""Tables and plots of a bench -> its Markdown file, its part of the HTML page, tables in the docs.

What stands between two markers of a page of the docs is made from the rows and nothing else, so
that the same rows give the same text and a check can compare them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, OutputError, refusing
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Part
from pellucid.evaluate.drawing import save_plots
from pellucid.evaluate.table import Table

Section = Callable[[Path], Iterable[Part]]

NOT_YET = "Not measured yet."
START = re.compile(r"^<!-- ([\w-]+):start -->$", re.MULTILINE)


def write_report(bench: Bench[Any, Any, Any], folder: Path) -> tuple[str, list[Path]]:
    """Write the report and the plots of all rows of a bench in `folder`, also of earlier runs.

    Returns:
        The report as Markdown and the files written.

    Raises:
        InputError: no rows. OutputError: a file can't be written.
        MissingExtraError: matplotlib isn't installed.
    """
    if not (parts := bench.tables(folder)):
        raise InputError(f"no rows in {folder}; make them with: pellucid bench {bench.name}")
    text = markdown([f"# {bench.title}", *parts]) + "\n"
    return text, [
        write_page(folder / (bench.report or f"{bench.name}.md"), text),
        *save_plots(bench.plots(folder), folder),
    ]


def markdown(parts: Iterable[Part]) -> str:
    """The parts one after the other; empty ones are left out."""
    return "\n\n".join(filter(None, map(str, parts)))


def html(parts: Iterable[Part], mark: str) -> str:
    """The same as HTML, for a section with a heading of the second level; raw HTML stays text.

    Args:
        mark: begins the ids of headings; `##` becomes a heading of the third level.

    Raises:
        MissingExtraError: markdown-it-py isn't installed.
    """
    parser = require("markdown_it", "markdown-it-py").MarkdownIt("commonmark", {"html": False})
    body, heading, headings, tables = [], mark, 0, 0
    for part in parts:
        if isinstance(part, Table):
            tables += 1
            number = f" {tables}" if tables > 1 else ""
            body.append(part.html(f"Table{number}: {heading}"))
        elif level := re.match(r"(#+) ", part):
            heading, headings, tables = part[level.end() :], headings + 1, 0
            tag, inner = f"h{len(level[1]) + 1}", parser.renderInline(heading)
            body.append(f'<{tag} id="{mark}-{headings}">{inner}</{tag}>\n')
        elif part:
            body.append(str(parser.render(part)))
    return "".join(body)


def sync_page(
    page: Path, results: Path, sections: Mapping[str, Section], *, check: bool = False
) -> bool:
    """Rewrite what is generated in `page` from `results`; say whether it was already in step.

    Args:
        page: a Markdown file; `<!-- NAME:start -->` and `<!-- NAME:end -->`, each on a line of its
            own, stand around what is generated.
        results: a folder with the kept rows.
        sections: name of the markers -> what makes the parts between them.
        check: only compare; write nothing.

    Raises:
        InputError: an unreadable file, one without markers, an unknown name, or an end that lacks.
        OutputError: the file can't be written.
    """
    text = wanted = read_page(page)
    names = START.findall(text)
    if not names:
        raise InputError(f"{page} has no line such as <!-- {next(iter(sections))}:start -->")
    for name in names:
        if name not in sections:
            raise InputError(f"{page} has the marker {name}; known are {', '.join(sections)}")
        before, start, rest = wanted.partition(f"<!-- {name}:start -->")
        _, end, after = rest.partition(f"<!-- {name}:end -->")
        if not end:
            raise InputError(f"{page} needs the line <!-- {name}:end --> after {start}")
        made = markdown(sections[name](results)) or NOT_YET
        wanted = f"{before}{start}\n{made}\n{end}{after}"
    if wanted != text and not check:
        write_page(page, wanted)
    return wanted == text


def read_page(page: Path) -> str:
    """The text of a Markdown file, or InputError."""
    with refusing(f"can't read {page}"):
        return page.read_text(encoding="utf-8")


def write_page(path: Path, text: str) -> Path:
    """Write a text to `path`, which is returned; OutputError if it can't be written."""
    with refusing(f"can't write {path}", OutputError):
        path.write_text(text, encoding="utf-8")
    return path
