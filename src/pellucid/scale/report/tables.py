"""Sections of a run's report: what failed and was damaged, sizes, what stands out, remarks."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from html import escape

from pellucid.errors import without_name
from pellucid.pages import table
from pellucid.scale.manifest.counts import Counts
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.report import figures
from pellucid.scale.report.figures import Picture, Sums
from pellucid.scale.report.parts import (
    code,
    cut,
    listed,
    paragraph,
    percent,
    pictures,
    size_text,
    time_text,
)


def failed_body(manifest: Manifest, counts: Counts) -> str:
    """Each class of error with its first pictures, and how to get all."""
    shown = list(counts.errors.items())[: figures.KINDS]
    parts = [paragraph("--resume tries them again. All of them, with their errors:")]
    parts.append(asked(manifest, "SELECT * FROM failed"))
    for error, number in shown:
        examples = figures.failures(manifest, error)
        first = f", the first {len(examples)}" if number > len(examples) else ""
        parts.append(f"<h3>{escape(cut(error))}: {pictures(number)}{first}</h3>")
        parts.append(listed((one.url, without_name(one.message, one.url)) for one in examples))
    if len(counts.errors) > len(shown):
        parts.append(paragraph(f"And {len(counts.errors) - len(shown):,} other kinds of error."))
    return "".join(parts)


def damaged_body(manifest: Manifest, counts: Counts) -> str:
    """Those that are done, but lack something."""
    found = figures.damaged(manifest)
    first = f"; the first {len(found)}" if counts.damaged > len(found) else ""
    said = f"{pictures(counts.damaged)} lack what the source had lost{first}:"
    return paragraph(said) + listed((one.url, one.message) for one in found)


def sizes_body(manifest: Manifest) -> str:
    """By the suffix and by the size of sources."""
    return _sums(figures.by_kind(manifest), "By kind of source") + _sums(
        figures.by_size(manifest), "By size of the source"
    )


def _sums(found: Iterable[Sums], caption: str) -> str:
    head = ("source", "pictures", "before", "after", "after, of before")
    rows = (
        (
            cut(one.name),
            f"{one.pictures:,}",
            size_text(one.before),
            size_text(one.after),
            percent(one.after, one.before),
        )
        for one in found
    )
    return table(head, rows, caption, caption=caption)


def slowest_body(manifest: Manifest) -> str:
    """Those that took longest."""
    head = ("picture", "time", "source", "output")
    rows = (
        (cut(one.url), time_text(one.seconds), *_sizes(one)) for one in figures.slowest(manifest)
    )
    return table(head, rows, "the slowest", caption="Time of reading, working and writing")


def least_body(manifest: Manifest) -> str:
    """Those whose output is the largest part of its source."""
    head = ("picture", "source", "output", "output, of source")
    rows = (
        (cut(one.url), *_sizes(one), percent(one.after, one.before))
        for one in figures.saved_least(manifest)
    )
    return table(head, rows, "those that saved least", caption="Least first; over 100 % grew")


def _sizes(one: Picture) -> tuple[str, str]:
    return size_text(one.before), size_text(one.after) if one.after else "–"


def remarks_body(manifest: Manifest) -> str:
    """Remarks by how many pictures have them; "" if there are none."""
    found, others = figures.remarks(manifest)
    rows = [(cut(text), f"{number:,}") for text, number in found]
    rows += [("others", f"{others:,}")] if others else []
    caption = "N stands for any number"
    return table(("remark", "pictures"), rows, "remarks", caption=caption) if rows else ""


def asked(manifest: Manifest, question: str) -> str:
    """The line that asks the manifest something."""
    return code(f"sqlite3 -box {shlex.quote(str(manifest.path))} {shlex.quote(question)}")
