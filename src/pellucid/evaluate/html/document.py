"""The whole page: what was measured in a folder, on what, by which commands, from which files."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from pellucid.errors import InputError
from pellucid.evaluate import runs
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import AnyBench, Part
from pellucid.evaluate.html.figures import figure
from pellucid.evaluate.html.style import css
from pellucid.evaluate.registry import BENCHES, unknown_files
from pellucid.evaluate.report import html, write_page
from pellucid.evaluate.table import Table, plain
from pellucid.pages import Section, document, facts

REPORT = "report.html"
SHOWN_FACTS = ("processor", "cores", "system", "python")
MOST_LINES = 60  # of a file that no bench knows


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
    present = [bench for bench in BENCHES if bench.found(folder)]
    others = unknown_files(folder)
    if not present and not others:
        raise InputError(f"no rows in {folder}; make some with: pellucid bench all --quick")
    sections = [_measured(bench, folder) for bench in present]
    if others:
        sections.append(("others", "Other rows", html(_others(others), "others")))
    if (commands := runs.commands_table(folder)).body:
        note = "Written down by the benches. Folders of pictures are given by their last name."
        body = html([note, commands], "commands")
        sections.append(("commands", "Commands that make these rows", body))
    sections.append(("files", "Files of rows", html(_files(folder), "files")))
    return _document(folder, sections)


def _measured(bench: AnyBench, folder: Path) -> Section:
    machine = runs.machine_of(folder, bench.name)
    shown = [(name, str(machine[name])) for name in SHOWN_FACTS if name in machine]
    plots = "".join(figure(plot) for plot in bench.plots(folder))
    body = (facts(shown) if shown else "") + plots + html(bench.tables(folder), bench.name)
    return bench.name, bench.title, body


def _others(paths: Sequence[Path]) -> list[Part]:
    """Files that no bench knows: short ones as they are, long ones by their length."""
    parts: list[Part] = []
    for path in paths:
        head, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        columns = [plain(name) for name in head.split("\t")]
        parts.append(f"## {plain(path.name)}")
        if len(lines) > MOST_LINES:
            parts.append(f"{len(lines)} rows of: {', '.join(columns)}.")
        else:
            parts.append(Table(columns, [list(map(plain, line.split("\t"))) for line in lines]))
    return parts


def _files(folder: Path) -> list[Part]:
    body = []
    for path in sorted(folder.glob("*.tsv")):
        count = max(0, len(path.read_text(encoding="utf-8", errors="replace").splitlines()) - 1)
        body.append([plain(path.name), f"{count:,}"])
    note = f"All in {plain(folder.resolve().name)}, a line a picture, method and setting."
    return [note, Table(["file", "rows"], body)]


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
