"""Keeps the generated tables of README.md and the docs in step with the rows in `results/`.

What stands between two markers is made from the TSV files and nothing else, so the same rows give
the same text and a check can compare them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pellucid.errors import InputError, OutputError
from pellucid.evaluate import store
from pellucid.evaluate.denoising import sections as denoising
from pellucid.evaluate.lossless import sections as lossless
from pellucid.evaluate.overview import compression_overview, denoising_overview
from pellucid.evaluate.report import bd_table, scope_of, speed_note, speed_table

BENCH = "bench"  # name of the README's markers for compression
# Others that a README may have in its place or beside it.
OPTIONAL: dict[str, Callable[[Path], str]] = {
    "overview-compression": compression_overview,
    "overview-denoising": denoising_overview,
    "denoise": denoising.overview_section,
    "lossless": lossless.overview_section,
}


def markers(name: str) -> tuple[str, str]:
    """The lines before and after a generated section."""
    return f"<!-- {name}:start -->", f"<!-- {name}:end -->"


START, END = markers(BENCH)


def render(results: Path) -> str:
    """The tables about compression.

    Raises:
        InputError: no rows in `results`, or a file that can't be read.
    """
    sweep, speed = store.load_sweep(results), store.load_speed(results)
    parts = [bd_table(sweep), _note(scope_of(sweep))]
    if speed:
        parts += [speed_table(speed), speed_note(speed, store.load_machine(results))]
    return "\n\n".join(parts)


def sync_readme(readme: Path, results: Path, *, check: bool = False) -> bool:
    """Rewrite the tables in `readme` from `results`; say whether they were already in step.

    A section is made where the file has markers for it. Arguments and errors as in `sync_page`.
    """
    text = read_page(readme)
    known = {BENCH: render, **OPTIONAL}
    present = {name: make for name, make in known.items() if markers(name)[0] in text}
    return sync_page(readme, results, present or {BENCH: render}, check=check)


def sync_page(
    page: Path,
    results: Path,
    sections: Mapping[str, Callable[[Path], str]],
    *,
    check: bool = False,
) -> bool:
    """Rewrite what is generated in `page` from `results`; say whether it was already in step.

    Args:
        page: a Markdown file with both markers of each section, each on a line of its own.
        results: a folder with the kept rows.
        sections: name of the markers -> what makes the text between them.
        check: only compare; write nothing.

    Raises:
        InputError: no rows, an unreadable file, or a file without the markers.
        OutputError: the file can't be written.
    """
    text = wanted = read_page(page)
    for name, make in sections.items():
        start, end = markers(name)
        before, found, rest = wanted.partition(start)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise InputError(f"{page} needs the lines {start} and {end}, in this order")
        wanted = f"{before}{start}\n{make(results)}\n{end}{after}"
    if wanted == text:
        return True
    if not check:
        try:
            page.write_text(wanted, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"can't write {page}: {error}") from error
    return False


def read_page(page: Path) -> str:
    """The text of a Markdown file, or InputError."""
    try:
        return page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read {page}: {error}") from error


def _note(scope: str) -> str:
    return (
        f"{scope}, mean of their BD-rates: percent more (+) or fewer (\u2212) bytes at the same "
        "quality, from whole files. AVIF's default and JPEG XL tune for the eye, not for PSNR."
    )
