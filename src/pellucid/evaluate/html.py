"""Everything measured in a folder as one HTML file that needs no network and no other file.

Plots are SVG inside the page, and take their colours from it: each colour of `PLOT_COLOURS` has a
second one that shows on dark paper.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from pellucid import __version__
from pellucid.errors import InputError
from pellucid.evaluate import runs
from pellucid.evaluate.bench import AnyBench, Part
from pellucid.evaluate.drawing import GRID, INK, SOFT, Plot, svg_of
from pellucid.evaluate.registry import BENCHES, unknown_files
from pellucid.evaluate.report import html, write_page
from pellucid.evaluate.table import Table, plain
from pellucid.pages import LOOK, Section, document, facts

REPORT = "report.html"
SHOWN_FACTS = ("processor", "cores", "system", "python")
MOST_LINES = 60  # of a file that no bench knows
# A colour of the plots -> the same in the dark.
PLOT_COLOURS = {
    INK: "#e8e6e1",
    GRID: "#343840",
    SOFT: "#a2a7b0",
    "#d55e00": "#ff8b3d",
    "#e69f00": "#f2b632",
    "#999999": "#8f959e",
    "#555555": "#c3c7ce",
    "#117733": "#58b877",
    "#009e73": "#2fc79b",
    "#56b4e9": "#7cc8f2",
    "#0072b2": "#5aa8e6",
    "#cc79a7": "#dd98bf",
    "#882255": "#d56fa0",
    "#332288": "#a79af2",
    "#aa4499": "#e08fd0",
}

OWN = """
header, main, footer { max-width: 76rem; }
h2 { font-size: 1.35rem; }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .3rem; } h4 { margin: 1.2rem 0 .2rem; }
p, li { max-width: 52rem; }
figure { margin: 1rem 0; max-width: 60rem; }
figure svg { display: block; width: 100%; height: auto; background: var(--card);
  border: 1px solid var(--line); }
.facts dd { font-size: 1.05rem; }
th, td { padding: .15rem .9rem .15rem 0; white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; }
th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
"""
# matplotlib's prologue, its facts about itself, and a style that would reach all of the page.
_OUTSIDE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_FACTS = re.compile(r"<metadata>.*?</metadata>\s*|<style.*?</style>|<!--.*?-->\s*", re.DOTALL)
_ROOT = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", re.DOTALL)
_FONT = "'DejaVu Sans'"


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
    paths = sorted(folder.glob("*.tsv"))
    files = Table(["file", "rows"], [[plain(p.name), f"{len(_lines(p)) - 1:,}"] for p in paths])
    note = f"All in {plain(folder.resolve().name)}, a line a picture, method and setting."
    sections.append(("files", "Files of rows", html([note, files], "files")))
    lead = (
        "<p>Beside the codecs and denoisers people use. Every number comes from the rows named at "
        "the end; times compare within one table only, which is one run on one machine.</p>"
    )
    foot = (
        f"<p>Made by pellucid {escape(__version__)} with <code>pellucid bench report "
        f"{escape(str(folder.name))}</code>. One file; it loads nothing.</p>"
    )
    title = f"pellucid, measured: {folder.resolve().name}"
    return document(title, lead, sections, foot, css=css())


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
        head, *lines = _lines(path)
        columns = [plain(name) for name in head.split("\t")]
        parts.append(f"## {plain(path.name)}")
        if len(lines) > MOST_LINES:
            parts.append(f"{len(lines)} rows of: {', '.join(columns)}.")
        else:
            parts.append(Table(columns, [list(map(plain, line.split("\t"))) for line in lines]))
    return parts


def _lines(path: Path) -> list[str]:
    """At least a header."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]


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


def variable(colour: str) -> str:
    """The page's name for a colour of the plots."""
    return f"--plot-{colour.removeprefix('#')}"


def css() -> str:
    """The whole style sheet."""
    light = "".join(f"{variable(colour)}: {colour}; " for colour in PLOT_COLOURS)
    dark = "".join(f"{variable(colour)}: {other}; " for colour, other in PLOT_COLOURS.items())
    sets = f":root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    return LOOK + OWN + sets
