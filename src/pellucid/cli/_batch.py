"""One item after another; one that fails is reported and doesn't stop the others.

Results go to stdout, a line or a JSON object each; failures, the count at the end and, on a
terminal only, the progress go to stderr.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from pellucid.cli._program import FAILED, about, exit_code, say, tell
from pellucid.cli._progress import Progress
from pellucid.errors import PellucidError

Item = TypeVar("Item")
NAMED = 8  # suffixes, at most


@dataclass(frozen=True)
class Report:
    """What came of one item: a line for a person, fields for a program, remarks for stderr.

    `damaged`: it is done, but lacks what its source had lost; the program ends as after a failure.
    """

    line: str
    fields: dict[str, Any]
    remarks: tuple[str, ...] = ()
    damaged: bool = False


def run_batch(
    items: Sequence[Item],
    source: Callable[[Item], Path],
    work: Callable[[Item], Report],
    *,
    as_json: bool,
    progress: Progress | None = None,
    passed: Counter[str] | None = None,
) -> None:
    """Do `work` on every item; ends the program with an exit code if one failed.

    `passed` are the suffixes of files in folders that no item was made of. `work` may tell
    `progress` what part of its item is done.
    """
    errors: list[PellucidError] = []
    damaged = 0
    progress = progress or Progress(quiet=as_json)
    progress.expect(len(items))
    for number, item in enumerate(items, start=1):
        name = source(item)
        progress.show(number, name)
        try:
            report = attempt(work, item)
        except PellucidError as error:
            progress.clear()
            errors.append(error)
            say(about(name, error))
            if as_json:
                failure = {"error": type(error).__name__, "message": str(error)}
                click.echo(json.dumps({"source": str(name), **failure}))
            continue
        except KeyboardInterrupt:
            progress.clear()
            raise
        progress.clear()
        click.echo(json.dumps(report.fields) if as_json else report.line)
        for remark in report.remarks:
            say(f"{name}: {remark}")
        damaged += report.damaged
    if passed:
        say(passed_over(passed))
    finish(len(items), errors, damaged)


def passed_over(passed: Counter[str]) -> str:
    """How many files of which suffixes were left alone, the most frequent first."""
    ordered = sorted(passed.items(), key=lambda found: (-found[1], found[0]))
    kinds = [f"{suffix or 'without a suffix'} {count}" for suffix, count in ordered[:NAMED]]
    if len(ordered) > NAMED:
        kinds.append(f"others {sum(count for _, count in ordered[NAMED:])}")
    number = sum(passed.values())
    return (
        f"passed over {number} file{'s' * (number > 1)} in folders, of suffixes that aren't taken "
        f"from there ({', '.join(kinds)}); a file that is named itself is tried"
    )


def attempt(work: Callable[[Item], Report], item: Item) -> Report:
    """`work` on one item; running out of memory is that item's failure."""
    try:
        return work(item)
    except MemoryError as error:
        raise PellucidError("there is not enough memory for this picture") from error


def finish(total: int, errors: list[PellucidError], damaged: int = 0) -> None:
    """Say how many are done, and end the program if not all are, or not whole."""
    if total > 1:
        holes = f", {damaged} of them with damage" if damaged else ""
        failed = f", {len(errors)} failed" if errors else ""
        tell(f"{total - len(errors)} of {total} done{holes}{failed}")
    if damaged or errors:
        raise click.exceptions.Exit(FAILED if damaged else exit_code(errors))
