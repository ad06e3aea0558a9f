"""Keeps the generated table of README.md in step with the rows in `results/`.

What stands between the two markers is made from the TSV files and nothing else, so the same rows
give the same text and a check can compare them.
"""

from __future__ import annotations

from pathlib import Path

from pellucid.errors import InputError, OutputError
from pellucid.evaluate import store
from pellucid.evaluate.report import bd_table, scope_of, speed_note, speed_table

START = "<!-- bench:start -->"
END = "<!-- bench:end -->"


def render(results: Path) -> str:
    """The text that belongs between the markers.

    Raises:
        InputError: no rows in `results`, or a file that can't be read.
    """
    sweep, speed = store.load_sweep(results), store.load_speed(results)
    parts = [bd_table(sweep), _note(scope_of(sweep))]
    if speed:
        parts += [speed_table(speed), speed_note(speed, store.load_machine(results))]
    return "\n\n".join(parts)


def sync_readme(readme: Path, results: Path, *, check: bool = False) -> bool:
    """Rewrite the table in `readme` from `results`; say whether it was already in step.

    Args:
        readme: a Markdown file with both markers, each on a line of its own.
        results: a folder with the kept rows.
        check: only compare; write nothing.

    Raises:
        InputError: no rows, an unreadable file, or a file without the markers.
        OutputError: the file can't be written.
    """
    try:
        text = readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read {readme}: {error}") from error
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise InputError(f"{readme} needs the lines {START} and {END}, in this order")
    wanted = f"{before}{START}\n{render(results)}\n{END}{after}"
    if wanted == text:
        return True
    if not check:
        try:
            readme.write_text(wanted, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"can't write {readme}: {error}") from error
    return False


def _note(scope: str) -> str:
    return (
        f"{scope}, mean of their BD-rates: percent more (+) or fewer (\u2212) bytes at the same "
        "quality, from whole files. AVIF's default and JPEG XL tune for the eye, not for PSNR."
    )
