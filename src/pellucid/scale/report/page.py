"""A run as one HTML file that needs no network: what was done, saved, slow, damaged and wrong.

All of it comes from the manifest, by sums and short lists, so it takes seconds for a million
pictures and stays small; every picture has its row there.
"""

from __future__ import annotations

import os

import pellucid
from pellucid.pages import Section, document, facts
from pellucid.pixels import write_atomic
from pellucid.scale.items import State
from pellucid.scale.manifest.counts import Counts
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.report import figures, tables
from pellucid.scale.report.looks import COMPRESSING, LOOKED_AT, looks_body
from pellucid.scale.report.parts import CSS, paragraph, percent, pictures, size_text, time_text
from pellucid.scale.report.speed import speed_body, speed_of

__all__ = ["page_of", "write_report"]

STATES = {
    State.WAITING: "waiting",
    State.DONE: "done",
    State.FAILED: "failed",
    State.THERE: "there before",
    State.KEPT: "not made: would be larger",
}


def write_report(manifest: Manifest, path: str | os.PathLike[str]) -> None:
    """Write the report of a run as it is now, over an earlier one.

    Raises OutputError if the file can't be written; it is whole, or as it was.
    """
    write_atomic(path, page_of(manifest).encode(errors="backslashreplace"), force=True)


def page_of(manifest: Manifest) -> str:
    """The page as text."""
    counts, verb = manifest.counts(), manifest.about["verb"]
    compressing = verb in COMPRESSING and counts.after
    speed = speed_of(manifest)
    sections: list[Section] = [
        ("done", "What was done", totals_body(manifest, counts)),
        ("failed", "Failed", tables.failed_body(manifest, counts) if counts.errors else ""),
        ("damaged", "Damaged", tables.damaged_body(manifest, counts) if counts.damaged else ""),
        ("looks", "Pictures to look at", looks_body(manifest) if verb in LOOKED_AT else ""),
        ("sizes", "Before and after", tables.sizes_body(manifest) if counts.after else ""),
        ("speed", "Speed", speed_body(speed) if speed else ""),
        ("slowest", "The slowest", tables.slowest_body(manifest) if speed else ""),
        ("least", "Saved least", tables.least_body(manifest) if compressing else ""),
        ("remarks", "Remarks", tables.remarks_body(manifest)),
        ("rows", "Every picture", rows_body(manifest)),
    ]
    foot = f"Made by pellucid {pellucid.__version__}. This file is whole: it loads nothing."
    return document(
        f"pellucid batch {verb}",
        lead(manifest, counts),
        [section for section in sections if section[2]],
        paragraph(foot),
        css=CSS,
    )


def lead(manifest: Manifest, counts: Counts) -> str:
    """The run in a sentence, and what it was."""
    about = manifest.about
    versions, models = figures.makers(manifest)
    pairs = [
        ("source", about["source"]),
        ("target", about["target"]),
        ("options", about["words"]),
        ("begun (UTC)", about["started"].replace("T", " ").rstrip("Z")),
        ("pellucid", ", ".join(versions) or about["version"]),
        ("models", ", ".join(models)),
    ]
    return paragraph(summary(counts)) + facts((name, said) for name, said in pairs if said)


def summary(counts: Counts) -> str:
    """Such as: 1,234 of 1,240 pictures are done: 3.20 GB became 1.10 GB, 65.6 % less."""
    done = counts.states[State.DONE]
    said = f"{done:,} of {pictures(counts.total)} {'is' if done == 1 else 'are'} done"
    if counts.before and counts.after:
        change = percent(abs(counts.saved), counts.before)
        more = "less" if counts.saved >= 0 else "more"
        said += f": {size_text(counts.before)} became {size_text(counts.after)}, {change} {more}"
    return f"{said}."


def totals_body(manifest: Manifest, counts: Counts) -> str:
    """States, sizes and times in numbers, and what is left to do."""
    pairs = [(STATES[state], f"{number:,}") for state, number in counts.states.items() if number]
    pairs += [("damaged", f"{counts.damaged:,}")] if counts.damaged else []
    pairs.append(("read", size_text(counts.read)))
    if counts.after:
        pairs += [("before", size_text(counts.before)), ("after", size_text(counts.after))]
        pairs.append(("saved", percent(counts.saved, counts.before)))
        rate = figures.bits_a_pixel(manifest)
        pairs += [("bits a pixel", f"{rate:.3f}")] if rate is not None else []
    pairs.append(("time of all workers", time_text(counts.seconds)))
    said = facts(pairs)
    if counts.states[State.WAITING]:
        said += paragraph("This isn't the end: --resume goes on with those that wait.")
    if counts.changed:
        has = "source has" if counts.changed == 1 else "sources have"
        said += paragraph(
            f"{counts.changed:,} {has} changed since, and what was made is as it was: --resume "
            "--force makes it again."
        )
    return said


def rows_body(manifest: Manifest) -> str:
    """Where to find what isn't shown here."""
    said = "Each has a row in the manifest, which is an SQLite file; --parquet exports it. Such as:"
    return paragraph(said) + tables.asked(manifest, "SELECT * FROM pictures LIMIT 9")
