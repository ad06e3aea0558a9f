"""The whole page: what was measured in a folder, on what, by which commands, from which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate._extras import require
from pellucid.evaluate.commands import commands_of
from pellucid.evaluate.html.figures import figure
from pellucid.evaluate.html.markdown import to_html
from pellucid.evaluate.html.parts import PARTS, Part, unknown_files
from pellucid.evaluate.html.style import css
from pellucid.evaluate.page import write_page
from pellucid.pages import Section, document, facts, table

REPORT = "report.html"
SHOWN_FACTS = ("processor", "cores", "system", "python")
MOST_LINES = 60  # of a file that no part knows


def write_html(folder: Path, path: Path | None = None) -> Path:
    """Write the report of all rows in `folder`; into it, as `report.html`, unless `path` is given.

    Raises:
        InputError: no rows there, or a file that can't be read.
        OutputError: the file can't be written.
        MissingExtraError: a library of the extra `bench` isn't installed.
    """
    return write_page(path or folder / REPORT, report_page(folder))


def report_page(folder: Path) -> str:
    """The page as text; errors as in `write_html`."""
    if not folder.is_dir():
        raise InputError(f"{folder} isn't a folder of results")
    present = [part for part in PARTS if part.found(folder)]
    others = unknown_files(folder)
    if not present and not others:
        raise InputError(f"no rows in {folder}; make some with: pellucid bench all --quick")
    sections = [_part(part, folder) for part in present]
    if others:
        sections.append(_others(others))
    sections += [_commands(folder), _files(folder)]
    return _document(folder, [section for section in sections if section[2]])


def _part(part: Part, folder: Path) -> Section:
    plots = "".join(figure(plot) for plot in part.plots(folder))
    body = _machine(part.facts(folder)) + plots + to_html(part.text(folder), mark=part.name)
    return part.name, part.title, body


def _machine(found: Mapping[str, Any]) -> str:
    pairs = [(name, str(found[name])) for name in SHOWN_FACTS if name in found]
    return facts(pairs) if pairs else ""


def _others(paths: Sequence[Path]) -> Section:
    """Files of kinds that nothing here knows: short ones as they are, long ones by their length."""
    parts = []
    for path in paths:
        head, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        parts.append(f"<h3>{escape(path.name)}</h3>")
        if len(lines) > MOST_LINES:
            parts.append(f"<p>{len(lines)} rows of: {escape(', '.join(head.split(chr(9))))}.</p>")
        else:
            cells = [line.split("\t") for line in lines]
            parts.append(table(head.split("\t"), cells, path.name))
    return "others", "Other rows", "".join(parts)


def _commands(folder: Path) -> Section:
    rows = [
        (command.what, f"<code>{escape(command.line)}</code>") for command in commands_of(folder)
    ]
    note = "<p>Made from the rows themselves. Folders of pictures are given by their last name.</p>"
    body = note + table(("rows", "command"), rows, "Commands", text=True) if rows else ""
    return "commands", "Commands that make these rows", body


def _files(folder: Path) -> Section:
    rows = []
    for path in sorted(folder.glob("*.tsv")):
        count = max(0, len(path.read_text(encoding="utf-8", errors="replace").splitlines()) - 1)
        rows.append((path.name, f"{count:,}"))
    note = f"<p>All in {escape(folder.resolve().name)}, a line a picture, method and setting.</p>"
    return "files", "Files of rows", note + table(("file", "rows"), rows, "Files of rows")


def _document(folder: Path, sections: Sequence[Section]) -> str:
    version = require("pellucid").__version__
    lead = (
        "<p>Beside the codecs and denoisers people use. Every number comes from the rows named at "
        "the end; times compare within one table only, which is one run on one machine.</p>"
    )
    foot = (
        f"<p>Made by pellucid {escape(version)} with <code>pellucid bench report "
        f"{escape(str(folder.name))}</code>. One file; it loads nothing.</p>"
    )
    title = f"pellucid, measured: {folder.resolve().name}"
    return document(title, lead, sections, foot, css=css())
