"""What is said of a batch: how far it is, what came of it, and what it would take."""

from __future__ import annotations

import json
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pellucid.cli._batch import passed_over, said_of_bytes
from pellucid.cli._program import FAILED, about, say, tell
from pellucid.cli._progress import LEAST_TIME, Progress, clock_text
from pellucid.scale.items import State
from pellucid.scale.report.parts import pictures, size_text, time_text

if TYPE_CHECKING:
    from pellucid.scale.estimate import Estimate, Plan
    from pellucid.scale.items import Row
    from pellucid.scale.manifest.counts import Counts
    from pellucid.scale.run import Summary

LOOKED_BACK = 120  # times that a run tells how far it is, about a second apart: for its speed
KINDS = 3  # of errors, on the line that is written over
SHOWN = 3  # failures of a kind, at the end


class Running:
    """Shows how far a run is on one line; call it with the counts and the number of workers."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress, self._clock = progress, clock
        self._before: deque[tuple[float, int, int]] = deque(maxlen=LOOKED_BACK)

    def __call__(self, counts: Counts, workers: int) -> None:
        """Say it, if it is time."""
        self._before.append((self._clock(), counts.finished, counts.read))
        done = counts.finished / counts.total if counts.listed and counts.total else 0.0
        self._progress.all(done, lambda: self.line(counts, workers))

    def line(self, counts: Counts, workers: int) -> str:
        """The line: how many of how many, speed, time left, what was saved and what has failed."""
        more = "" if counts.listed else "+"
        said = [f"{counts.finished:,} of {counts.total:,}{more}"]
        fast, read = self._speed()
        if fast:
            said.append(f"{fast:,.{1 if fast < 100 else 0}f} pictures/s")
            said.append(f"{read / 1e6:,.1f} MB/s")
            if counts.listed:
                said.append(f"{clock_text((counts.total - counts.finished) / fast)} left")
        if 0 < counts.after < counts.before:
            said.append(f"{1 - counts.after / counts.before:.1%} saved")
        if counts.errors:
            said.append(f"{counts.states[State.FAILED]:,} failed ({kinds(counts.errors, KINDS)})")
        said.append(f"{workers:,} worker{'s' * (workers != 1)}")
        return ", ".join(said)

    def _speed(self) -> tuple[float, float]:
        """Pictures and bytes a second; zeros while that can't be known."""
        (start, done, read), (end, more, further) = self._before[0], self._before[-1]
        spent = end - start
        if spent < LEAST_TIME:
            return 0.0, 0.0
        return (more - done) / spent, (further - read) / spent


def kinds(errors: Mapping[str, int], most: int) -> str:
    """How many errors of which kind, the most frequent first."""
    ordered = Counter(errors).most_common()
    said = [f"{name} {number:,}" for name, number in ordered[:most]]
    rest = sum(number for _, number in ordered[most:])
    return ", ".join([*said, *([f"others {rest:,}"] if rest else [])])


def finish(verb: str, summary: Summary, *, as_json: bool) -> None:
    """Say what came of a run, and end the program if not all is done, or not whole."""
    counts = summary.counts
    if as_json:
        click.echo(json.dumps(fields_of(verb, summary)))
    failed = counts.states[State.FAILED]
    tell_failed(counts.errors, summary.failed)
    rest = {
        "of them with damage": counts.damaged,
        "kept as they are": counts.states[State.KEPT],
        "there already": counts.states[State.THERE],
        "failed": failed,
        "waiting": counts.states[State.WAITING],
    }
    said = [f"{number:,} {what}" for what, number in rest.items() if number]
    tell(", ".join([f"{counts.states[State.DONE]:,} of {counts.total:,} done", *said]))
    if counts.after:
        tell(said_of_bytes(counts.before, counts.after))
    if counts.changed:
        one = counts.changed == 1
        has, was, it = (
            ("source has", "it was", "it") if one else ("sources have", "they were", "them")
        )
        tell(f"{counts.changed:,} {has} changed since {was} done; --resume --force does {it} again")
    if summary.passed:
        say(passed_over(summary.passed))
    if summary.left_out:
        say(f"{summary.left_out:,} names were left out, as was said")
    tell(f"report {summary.report}, rows {summary.manifest}")
    if failed or counts.damaged or summary.left_out:
        raise click.exceptions.Exit(FAILED)


def tell_failed(errors: Mapping[str, int], rows: Sequence[Row]) -> None:
    """The first failures of each kind, and how many there are."""
    for kind, number in Counter(errors).most_common():
        shown = [row for row in rows if row.error == kind][:SHOWN]
        for row in shown:
            say(about(row.url, row.message))
        if number > len(shown):
            say(f"and {number - len(shown):,} more of this kind, {kind}")


def fields_of(verb: str, summary: Summary) -> dict[str, Any]:
    """The same for a program."""
    counts = summary.counts
    return {
        "verb": verb,
        "total": counts.total,
        **{state.name.lower(): counts.states[state] for state in State},
        "damaged": counts.damaged,
        "changed": counts.changed,
        "left_out": summary.left_out,
        "errors": dict(counts.errors),
        "bytes": counts.before,
        "bytes_written": counts.after,
        "seconds_of_work": round(counts.seconds, 3),
        "passed_over": dict(summary.passed),
        "manifest": str(summary.manifest),
        "report": str(summary.report),
    }


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """Say what a run would do."""
    if as_json:
        click.echo(json.dumps(fields_of_plan(plan)))
        return
    click.echo(said_of_plan(plan))
    for source, output in plan.first:
        click.echo(f"{source} -> {output}" if output else source)
    if plan.number > len(plan.first):
        click.echo(f"and {plan.number - len(plan.first):,} more")
    if plan.passed:
        say(passed_over(plan.passed))


def said_of_plan(plan: Plan) -> str:
    """How many sources there are, and of which kinds."""
    found = [f"{suffix or 'without a suffix'} {n:,}" for suffix, n in plan.kinds.most_common()]
    size = f", {plan.size:,} bytes" if plan.size else ""
    return f"{pictures(plan.number)}{size}: {', '.join(found)}"


def fields_of_plan(plan: Plan) -> dict[str, Any]:
    """The same for a program."""
    return {
        "total": plan.number,
        "bytes": plan.size,
        "kinds": dict(plan.kinds),
        "first": [{"source": source, "output": output} for source, output in plan.first],
        "passed_over": dict(plan.passed),
    }


def show_estimate(estimate: Estimate, price: float | None, *, as_json: bool) -> None:
    """Say what all pictures would take, by a sample; ends the program if none of it was done."""
    failed = [row for row in estimate.rows if row.state is State.FAILED]
    errors = Counter(row.error for row in failed)
    if as_json:
        click.echo(json.dumps(fields_of_estimate(estimate, price)))
    else:
        click.echo(said_of_plan(estimate.plan))
        for line in lines_of_estimate(estimate, price) if estimate.done else ():
            click.echo(line)
    tell_failed(errors, failed)
    tell(f"{len(estimate.done)} of {len(estimate.rows)} of the sample done, {len(failed)} failed")
    if not estimate.done:
        raise click.exceptions.Exit(FAILED)


def lines_of_estimate(estimate: Estimate, price: float | None) -> list[str]:
    """Time, price and bytes, each with the standard error of sampling."""
    (hours, apart), (size, off) = estimate.hours, estimate.written
    workers = estimate.workers
    here = f", {time_text(3600 * hours / workers)} of the {workers} here" if workers > 1 else ""
    lines = [f"about {spread(3600 * hours, 3600 * apart, time_text)} of one worker{here}"]
    if price is not None:
        cost = spread(price * hours, price * apart, money_text)
        lines.append(f"about {cost} at {price:g} an hour")
    if size:
        before = estimate.plan.size
        saved = f", {1 - size / before:.1%} saved" if 0 < size < before else ""
        lines.append(f"about {spread(size, off, size_text)} of outputs{saved}")
    return lines


def money_text(amount: float) -> str:
    """With two digits that count, at least, and no unit."""
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:.2g}"


def spread(value: float, error: float, text: Callable[[float], str]) -> str:
    """A number with its standard error, if that is known."""
    return text(value) if math.isnan(error) else f"{text(value)} ± {text(error)}"


def fields_of_estimate(estimate: Estimate, price: float | None) -> dict[str, Any]:
    """The same for a program; what can't be known is None."""
    (hours, apart), (size, off) = estimate.hours, estimate.written
    numbers = {
        "hours": hours,
        "hours_error": apart,
        "price": math.nan if price is None else price * hours,
        "bytes_written": size,
        "bytes_written_error": off,
    }
    return {
        **fields_of_plan(estimate.plan),
        "sample": len(estimate.rows),
        "failed": len(estimate.rows) - len(estimate.done),
        "workers": estimate.workers,
        **{name: None if math.isnan(value) else value for name, value in numbers.items()},
    }
