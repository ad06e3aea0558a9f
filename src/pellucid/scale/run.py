"""A run, as its client sees it: sources into the manifest, groups to workers, rows back.

The manifest is the queue. A thread lists sources into it, and a bounded number of groups is with
the workers, so that ten million pictures are neither in memory nor a graph of ten million tasks.
Rows are committed before receipts are removed (`task.py`): whatever is killed when, going on makes
each output once.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pellucid
from pellucid.errors import PellucidError
from pellucid.scale.dispatch import Dispatch
from pellucid.scale.estimate import Estimate, Plan, chosen
from pellucid.scale.group import Request
from pellucid.scale.items import Row, State, Verb
from pellucid.scale.lister import Listing, Say, listed
from pellucid.scale.manifest.counts import Counts
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.options import NAME, BatchOptions
from pellucid.scale.outputs.lock import Lock, held
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import Target
from pellucid.scale.report.page import write_report
from pellucid.scale.verified import write_verified
from pellucid.scale.workers import Crew, connected

__all__ = ["BatchOptions", "Summary", "plan_batch", "run_batch", "sample_batch"]

SHOWN = 1000  # failures that a summary has

Told = Callable[[Counts, int], None]


@dataclass(frozen=True)
class Summary:
    """What came of a run.

    Attributes:
        counts: of its manifest. manifest, report: where these are.
        passed: suffixes of files in folders that weren't taken.
        failed: the first rows of pictures that have failed.
        left_out: how many names couldn't be taken, such as folders that can't be read.
    """

    counts: Counts
    manifest: Path
    report: Path
    passed: Counter[str]
    failed: tuple[Row, ...] = ()
    left_out: int = 0


def run_batch(verb: Verb, options: BatchOptions, told: Told, say: Say) -> Summary:
    """Do a verb on all pictures of a source, or what an earlier run left.

    Args:
        told: is told now and then how far it is: counts, and how many workers there are.
        say: is told what a person should know: workers that can't be used, names left out.

    Raises:
        OptionError: what contradicts each other, or isn't what an earlier run was asked for.
        InputError: there are no sources. OutputError: the target can't be written, or another batch
            works there. PellucidError: no worker is fit, or the scheduler is lost. What was done
            until then stays in the manifest.
    """
    path, listing = options.manifest_path, Listing(verb, options, say)
    options.check_apart()
    target = target_of(options)
    options.check_outputs()
    sent = threading.Event()
    with manifest_of(verb, options, sent) as manifest, lock_of(target, manifest.run) as lock:
        if target is not None:
            settle(target, manifest, last=False)
        request = Request(manifest.run, verb, target, options.force, options.skip_existing)
        with listed(listing, manifest, verb) as lister:
            if lister.waits():
                with working(verb, options, manifest.run, say) as crew:
                    sent.set()
                    limit = options.limit
                    Dispatch(crew, request, manifest, lister, lock, told, limit).run()
        if target is not None:
            settle(target, manifest, last=True)  # of workers that died when they had published
            target.sweep()
        write_all(manifest, options, target)
        failed = tuple(islice(manifest.rows(State.FAILED), SHOWN))
        return Summary(
            manifest.counts(), path, options.report_path, listing.passed, failed, listing.left_out
        )


@contextmanager
def manifest_of(verb: Verb, options: BatchOptions, sent: threading.Event) -> Iterator[Manifest]:
    """The manifest of a run; a new one of which nothing was ever `sent` isn't left behind."""
    path = options.manifest_path
    begun = not path.exists()
    opened = Manifest.open(path, about(verb, options), resume=options.resume, force=options.force)
    empty = False
    try:
        with opened as manifest:
            try:
                yield manifest
            finally:
                empty = begun and not (sent.is_set() and manifest.counts().total)
    finally:
        if empty:
            path.unlink(missing_ok=True)


def lock_of(target: Target | None, run: str) -> AbstractContextManager[Lock | None]:
    """The lock of a target, if there is one."""
    return nullcontext() if target is None else held(target, run)


def plan_batch(verb: Verb, options: BatchOptions, say: Say) -> Plan:
    """What a run would do: sources are listed, and nothing is written.

    Raises what `run_batch` does of sources.
    """
    listing = Listing(verb, options, say)
    plan = Plan(passed=listing.passed)
    for _ in plan.counted(iter(listing), namer(verb, options)):
        pass
    return plan


def sample_batch(verb: Verb, options: BatchOptions, number: int, say: Say) -> Estimate:
    """What a run would take: so many pictures, chosen at random, are done; nothing is kept.

    Raises what `run_batch` does; OptionError unless `number` is 1 or more.
    """
    listing = Listing(verb, options, say)
    plan = Plan(passed=listing.passed)
    items = chosen(plan.counted(iter(listing), namer(verb, options)), number)
    with passing(options) as target, tempfile.TemporaryDirectory(prefix="pellucid-") as folder:
        opened = Manifest.open(Path(folder, NAME), about(verb, options), resume=False)
        with (
            opened as manifest,
            lock_of(target, manifest.run) as lock,
            working(verb, options, manifest.run, say) as crew,
        ):
            manifest.add(items, verb.output)
            manifest.mark_listed()
            request = Request(manifest.run, verb, target, force=True, publish=False)
            Dispatch(crew, request, manifest, lock=lock).run()
            return Estimate(plan, tuple(manifest.rows()), crew.number)


@contextmanager
def passing(options: BatchOptions) -> Iterator[Target | None]:
    """Where outputs would go, in which nothing is left at the end of the block."""
    path = options.ends[1]
    new = path is not None and not os.path.lexists(path)
    target = target_of(options)
    try:
        yield target
    finally:
        if target is not None:
            target.tidy()
            if new and target.local:
                with suppress(OSError):
                    os.rmdir(target.url)


def namer(verb: Verb, options: BatchOptions) -> Callable[[str], str]:
    """Place of a source -> what its output is called; "" without outputs."""
    target = None if options.target is None else Target(options.target)
    output = verb.output
    if target is None or output is None:
        return lambda _place: ""
    return lambda place: target.name(output(place))


def target_of(options: BatchOptions) -> Target | None:
    """Where outputs go; OutputError if they can't."""
    if options.target is None:
        return None
    target = Target(options.target)
    target.check()
    return target


@contextmanager
def working(verb: Verb, options: BatchOptions, run: str, say: Say) -> Iterator[Crew]:
    """The workers of a run, at least one of which is fit."""
    here = options.in_process
    reached = connected(
        options.scheduler, options.workers, in_process=here, dashboard=options.dashboard
    )
    with reached as client:
        crew = Crew(client, run, verb, say, in_process=here)
        with crew.ready():
            yield crew


def about(verb: Verb, options: BatchOptions) -> dict[str, str]:
    """What a run is, for its manifest: one that goes on must be the same, from whatever folder."""
    source, target = options.ends
    return {
        "verb": verb.name,
        "words": verb.words,
        "source": source,
        "target": target or "",
        "version": pellucid.__version__,
    }


def settle(target: Target, manifest: Manifest, *, last: bool) -> None:
    """Keep what was done by workers, or for a client, that were cut off before it was recorded.

    A worker of an earlier client may still be publishing, and whoever does that picture again then
    looks for its receipt. So one of which something is missing stays, unless this is the `last`.
    """
    receipts = Receipts(target, manifest.run)
    for name in receipts.left():
        with suppress(PellucidError):  # storage that fails: whoever does the picture finds it
            rows = receipts.settle(name)
            manifest.record(rows)
            if last or len(rows) == receipts.number(name):
                receipts.drop([name])


def write_all(manifest: Manifest, options: BatchOptions, target: Target | None) -> None:
    """The report, and the lists that were asked for, over those of an earlier session."""
    write_report(manifest, options.report_path)
    if options.parquet is not None:
        manifest.to_parquet(options.parquet, force=True)
    if options.verified is not None and target is not None:
        write_verified(manifest.listed(State.DONE), target, options.verified)
