"""A run, as its client sees it: sources into the manifest, groups to workers, rows back.

The manifest is the queue. A thread lists sources into it, and a bounded number of groups is with
the workers, so that ten million pictures are neither in memory nor a graph of ten million tasks.
Rows are committed before receipts are removed (`task.py`): whatever is killed when, going on makes
each output once.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pellucid
from pellucid.errors import OptionError, PellucidError
from pellucid.pixels import check_target
from pellucid.scale.dispatch import Dispatch
from pellucid.scale.items import Row, State, Verb
from pellucid.scale.lock import held
from pellucid.scale.manifest import Manifest
from pellucid.scale.manifest_counts import Counts
from pellucid.scale.receipts import Receipts
from pellucid.scale.sources import find_sources
from pellucid.scale.storage import is_local
from pellucid.scale.target import Target
from pellucid.scale.task import Request
from pellucid.scale.verified import write_verified
from pellucid.scale.workers import Crew, connected

NAME = "pellucid-batch.sqlite"
SHOWN = 1000  # failures that a summary has
IN_PROCESS = "memory:"  # what only threads of this process see

Told = Callable[[Counts, float], None]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What a run is asked for, beside its verb; `pellucid batch --help` says what each means.

    Raises OptionError for options that contradict each other.
    """

    source: str
    target: str | None
    manifest: Path | None = None
    report: Path | None = None
    parquet: Path | None = None
    verified: Path | None = None
    scheduler: str | None = None
    workers: int | None = None
    dashboard: str | None = None
    resume: bool = False
    force: bool = False
    skip_existing: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.force and self.skip_existing:
            raise OptionError(
                "--force overwrites what exists and --skip-existing leaves it; choose"
            )

    @property
    def manifest_path(self) -> Path:
        """Where the manifest is: in the target's folder, or else in the current one."""
        if self.manifest is not None:
            return self.manifest
        inside = self.target is not None and is_local(self.target)
        return Path(self.target if inside and self.target else ".", NAME)

    @property
    def report_path(self) -> Path:
        """Where the report is: beside the manifest, unless another name is given."""
        return self.report or self.manifest_path.with_suffix(".html")

    @property
    def in_process(self) -> bool:
        """Whether only this process can see what is read or written."""
        return any(IN_PROCESS in one for one in (self.source, self.target or ""))


@dataclass(frozen=True)
class Summary:
    """What came of a run: the counts of its manifest, and where that and the report are.

    `failed` are the first pictures that have failed.
    """

    counts: Counts
    manifest: Path
    report: Path
    passed: Counter[str]
    failed: tuple[Row, ...] = ()


def run_batch(verb: Verb, options: BatchOptions, told: Told, say: Say) -> Summary:
    """Do a verb on all pictures of a source, or what an earlier run left.

    Args:
        told: is told now and then how far it is: counts, and how many workers there are.
        say: is told what a person should know: workers that can't be used, sources passed over.

    Raises:
        OptionError: what contradicts each other, or isn't what an earlier run was asked for.
        InputError: there are no sources. OutputError: the target can't be written, or another batch
            works there. PellucidError: no worker is fit, or the scheduler is lost. What was done
            until then stays in the manifest.
    """
    path, passed = options.manifest_path, Counter[str]()
    check_outputs(options)
    with ExitStack() as stack:
        target = None
        if options.target is not None:
            target = Target(options.target)
            target.check()
        manifest = stack.enter_context(
            Manifest.open(path, about(verb, options), resume=options.resume, force=options.force)
        )
        lock = stack.enter_context(nullcontext() if target is None else held(target, manifest.run))
        if target is not None:
            settle(target, manifest)
        client = stack.enter_context(
            connected(
                options.scheduler,
                options.workers,
                shared=options.in_process,
                dashboard=options.dashboard,
            )
        )
        crew = Crew(client, manifest.run, verb, say, options.in_process)
        stack.enter_context(crew.ready())
        request = Request(manifest.run, verb, target, options.force, options.skip_existing)
        with listing(verb, options, manifest, passed, say) as lister:
            Dispatch(crew, request, manifest, lister, lock, told).run()
        if target is not None:
            target.sweep()
        if options.parquet is not None:
            manifest.to_parquet(options.parquet, force=True)
        if options.verified is not None:
            write_verified(manifest.rows(State.DONE), options.verified)
        failed = tuple(islice(manifest.rows(State.FAILED), SHOWN))
        return Summary(manifest.counts(), path, options.report_path, passed, failed)


def check_outputs(options: BatchOptions) -> None:
    """Raise OutputError, before any work, for a file that can't be written at the end."""
    for one in (options.report, options.parquet, options.verified):
        if one is not None:
            check_target(one, force=options.force or options.resume)


def about(verb: Verb, options: BatchOptions) -> dict[str, str]:
    """What a run is, for its manifest: one that goes on must be the same."""
    return {
        "verb": verb.name,
        "words": verb.words,
        "source": options.source,
        "target": options.target or "",
        "version": pellucid.__version__,
    }


def settle(target: Target, manifest: Manifest) -> None:
    """Keep what an earlier run had done, but not yet written down, when it was cut off."""
    receipts = Receipts(target, manifest.run)
    for name in receipts.left():
        manifest.record(receipts.settle(name))
        receipts.drop([name])


class Lister(threading.Thread):
    """Puts the sources into the manifest while others are worked on."""

    def __init__(
        self, verb: Verb, options: BatchOptions, manifest: Manifest, passed: Counter[str], say: Say
    ) -> None:
        super().__init__(name="lister", daemon=True)
        self._verb, self._options, self._manifest = verb, options, manifest
        self._passed, self._say = passed, say
        self._ended, self.error = threading.Event(), None

    error: Exception | None

    def run(self) -> None:
        """List until the end, or until it is told to stop."""
        verb, asked = self._verb, self._options
        try:
            found = find_sources(
                asked.source, verb.suffixes, self._passed, exclude=asked.target, told=self._say
            )
            going = (item for item in found if not self._is_over())
            self._manifest.add(islice(going, asked.limit), verb.output)
            self._manifest.mark_listed()
        except InterruptedError:
            pass
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self.error = error

    def _is_over(self) -> bool:
        if self._ended.is_set():
            raise InterruptedError
        return False

    def stop(self) -> None:
        """Returns when it has ended."""
        self._ended.set()
        self.join()


@contextmanager
def listing(
    verb: Verb, options: BatchOptions, manifest: Manifest, passed: Counter[str], say: Say
) -> Iterator[Lister]:
    """Sources are listed while the block lasts."""
    lister = Lister(verb, options, manifest, passed, say)
    lister.start()
    try:
        yield lister
    finally:
        lister.stop()


def check_places(verb: Verb, options: BatchOptions) -> None:
    """Raise OptionError where outputs would have the names of their sources."""
    if verb.output is None or options.target is None or options.source != options.target:
        return
    if any(verb.output(f"a{suffix}") == f"a{suffix}" for suffix in verb.suffixes):
        raise PellucidError("")
