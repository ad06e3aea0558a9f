"""One file after another, or several at a time; one that fails doesn't stop the others.

Results go to stdout, a line or a JSON object each; failures, the totals at the end and, on a
terminal only, the progress go to stderr.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import click

from pellucid.cli._jobs import Job, Outputs, plan_jobs
from pellucid.cli._options import Batch
from pellucid.cli._program import FAILED, about, exit_code, remarks_of_file, say, tell
from pellucid.cli._progress import Progress
from pellucid.cli._streams import STREAM, real_files
from pellucid.errors import PellucidError

NAMED = 8  # suffixes, at most

Part = Callable[[float], None]  # is told what part of a file is done, 0 to 1


@dataclass(frozen=True)
class Report:
    """What came of one file: a line for a person, fields for a program, remarks for stderr.

    `damaged`: it is done, but lacks what its source had lost; the program ends as after a failure.
    """

    line: str
    fields: dict[str, Any]
    remarks: tuple[str, ...] = ()
    damaged: bool = False


Work = Callable[[Job, Part], Report]  # source and target of the job are regular files


@dataclass(frozen=True)
class Outcome:
    """How it went with one job: a report or an error; neither if its output was there already."""

    report: Report | None = None
    error: PellucidError | None = None
    seconds: float = 0
    read: int = 0  # bytes of the source
    written: int = 0  # and of what was made of it


def run_command(batch: Batch, outputs: Outputs | None, work: Work) -> None:
    """Do `work` on all files of a command; ends the program with an exit code if one failed.

    Without `outputs` it only reads them.
    """
    passed: Counter[str] = Counter()  # suffixes of files in folders that no job is made of
    jobs = [Job(Path(given), Path(given)) for given in batch.inputs]
    if outputs is not None:
        jobs = plan_jobs(batch, outputs, passed)
    progress, stop = Progress(len(jobs), wanted=batch.progress, quiet=batch.as_json), Event()
    done: list[Outcome] = []

    def attempt(number: int, job: Job) -> Outcome:
        progress.show(number, job.source)

        def part(done: float) -> None:
            if stop.is_set():
                raise CancelledError
            progress.part(done)

        try:
            return do_job(job, work, batch, outputs, part)
        except PellucidError as error:
            return Outcome(error=error)
        except MemoryError:
            return Outcome(error=PellucidError("there is not enough memory for this picture"))

    try:
        with closing(outcomes(attempt, jobs, batch.jobs, stop)) as found:
            for job, outcome in zip(jobs, found, strict=True):
                progress.clear()
                show(job, outcome, batch.as_json)
                done.append(outcome)
    finally:
        progress.clear()
    if passed:
        say(passed_over(passed))
    finish(done)


def outcomes(
    attempt: Callable[[int, Job], Outcome], jobs: Sequence[Job], at_once: int, stop: Event
) -> Generator[Outcome, None, None]:
    """The outcome of each job, in order; `stop` ends those under way when nobody waits for them."""
    if at_once == 1:
        yield from map(attempt, count(1), jobs)
        return
    pool = ThreadPoolExecutor(at_once)
    try:
        yield from pool.map(attempt, count(1), jobs)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def do_job(job: Job, work: Work, batch: Batch, outputs: Outputs | None, part: Part) -> Outcome:
    """`work` on one job, between regular files; raises PellucidError."""
    if batch.skip_existing and job.is_done:
        return Outcome()
    job.check(batch)
    suffix = outputs.suffix if outputs is not None else None
    with remarks_of_file() as said, real_files(job.source, job.target, suffix) as (source, target):
        start = time.perf_counter()
        report = work(replace(job, source=source, target=target), part)
        remarks = [text.replace(str(source), str(job.source)) for text in dict.fromkeys(said)]
        report = replace(report, remarks=(*remarks, *report.remarks))
        seconds = time.perf_counter() - start
        read, written = (0 if path is None else size_of(path) for path in (source, target))
    named = job.target not in (None, STREAM) and job.source != STREAM
    if batch.keep_times and named and job.output.exists():  # a sequence's are many
        times = job.source.stat()
        os.utime(job.output, ns=(times.st_atime_ns, times.st_mtime_ns))
    return Outcome(report, None, seconds, read, written)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a store."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def show(job: Job, outcome: Outcome, as_json: bool) -> None:
    """Print what came of a job; to stderr if its output went to standard output."""
    report, error = outcome.report, outcome.error
    aside = job.target == STREAM
    fields: dict[str, Any] = {"source": str(job.source)}
    if job.target is not None and error is None:
        fields["output"] = str(job.target)
    if error is not None:
        say(about(job.source, error))
        fields |= {"error": type(error).__name__, "message": str(error)}
    elif report is None:
        fields["skipped"] = True
    else:
        fields |= {**report.fields, "seconds": round(outcome.seconds, 4)}
    if as_json:
        click.echo(json.dumps(fields), err=aside)
    elif report is not None and not aside:
        click.echo(f"{click.format_filename(job.target or job.source)}  {report.line}")
    for remark in report.remarks if report is not None else ():
        say(about(job.source, remark))


def passed_over(passed: Counter[str]) -> str:
    """How many files of which suffixes were left alone, the most frequent first."""
    ordered = sorted(passed.items(), key=lambda found: (-found[1], found[0]))
    kinds = [f"{suffix or 'without a suffix'} {count}" for suffix, count in ordered[:NAMED]]
    if len(ordered) > NAMED:
        kinds.append(f"others {sum(count for _, count in ordered[NAMED:])}")
    number = passed.total()
    return (
        f"passed over {number} file{'s' * (number > 1)} in folders, of suffixes that aren't taken "
        f"from there ({', '.join(kinds)}); a file that is named itself is tried"
    )


def said_of_bytes(read: int, written: int) -> str:
    """What sources took, and what was made of them takes."""
    saved = f", {1 - written / read:.1%} saved" if written < read else ""
    return f"{read:,} bytes to {written:,}{saved}"


def finish(outcomes: Sequence[Outcome]) -> None:
    """Say what is done, and end the program if not all is, or not whole."""
    reports = [one.report for one in outcomes if one.report is not None]
    errors = [one.error for one in outcomes if one.error is not None]
    damaged = sum(report.damaged for report in reports)
    skipped = len(outcomes) - len(reports) - len(errors)
    if len(outcomes) > 1 or skipped:
        rest = {"of them with damage": damaged, "there already": skipped, "failed": len(errors)}
        said = [f"{number} {what}" for what, number in rest.items() if number]
        tell(", ".join([f"{len(reports)} of {len(outcomes)} done", *said]))
    read, written = (sum(getattr(one, name) for one in outcomes) for name in ("read", "written"))
    if len(reports) > 1 and written:
        tell(said_of_bytes(read, written))
    if damaged or errors:
        raise click.exceptions.Exit(FAILED if damaged else exit_code(errors))
