"""The one bench: cases x methods -> rows, written as they come.

A bench says which cases there are, which methods, which rows they should make (`wanted`) and how
one case is measured; `run` does what all benches have in common. It leaves out methods that can't
be had, takes out rows that no longer hold, goes on where an earlier run stopped, lets each method
load what it loads on first use, keeps single failures and goes on, and writes down the command and
the machine behind the rows.

Cases are the outer loop, so that an interrupted run leaves whole cases. A bench also says what its
rows look like as tables and plots; `report` makes pages and docs of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pellucid.errors import OutputError, PellucidError, refusing
from pellucid.evaluate import runs
from pellucid.evaluate.drawing import Plot
from pellucid.evaluate.plan import BasePlan, Request
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import Table
from pellucid.runtime.device import CPU, DEVICE_VARIABLE

METHOD_ERRORS = (PellucidError, OSError, ValueError, RuntimeError, MemoryError)

Notify = Callable[[str], None]
Key = tuple[Any, ...]  # the cells that tell a row apart
Part = str | Table  # of a report: a paragraph or heading in Markdown, or a table
P = TypeVar("P", bound=BasePlan)
M = TypeVar("M", bound="Method")
R = TypeVar("R")


class Method(Protocol):
    """What `run` asks of a method; see `peers`."""

    @property
    def name(self) -> str: ...

    @property
    def threading(self) -> str: ...


@dataclass(frozen=True)
class Case:
    """One thing to measure on, such as a picture; `load` reads it, errors are failures.

    `data` names the set that it is of, in benches of several; `about` is what else the bench knows
    of it before it's loaded.
    """

    name: str
    load: Callable[[], Any]
    data: str = ""
    about: Any = None

    @property
    def title(self) -> str:
        """With the set."""
        return f"{self.data}, {self.name}" if self.data else self.name


@dataclass
class Outcome:
    """What came of a run: methods that can't be had with the reason, and single failures.

    `facts` are what a report says of the run as a whole; they are kept with its command.
    """

    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    new_rows: int = 0

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Keep a failure of the block, named `what`, and go on after it."""
        try:
            yield
        except METHOD_ERRORS as error:
            self.failures.append(f"{what}: {error}")


@dataclass(frozen=True)
class Measurement(Generic[P, M]):
    """A case to be measured: its data, what each method should make rows of, and failures.

    Attributes:
        plan: of the bench.
        case: with its name.
        data: what `case.load` gave.
        todo: methods, each with the keys of the rows it lacks; none is empty.
        outcome: for failures; `outcome.attempt` keeps them.
        tool: what the bench's `tool` gave, such as processes that score.
        first: whether it is the first case.
    """

    plan: P
    case: Case
    data: Any
    todo: Sequence[tuple[M, Sequence[Key]]]
    outcome: Outcome
    tool: Any
    first: bool


def nothing(_: Any) -> list[Any]:
    """For a bench without plots, or without cases."""
    return []


@dataclass(frozen=True)
class Bench(Generic[P, M, R]):
    """A bench as data: what is measured, in which columns, and what is shown of it.

    Attributes:
        name: as in `pellucid bench NAME`.
        columns: its rows and their files; `measure` makes those of the first, whose `key` says
            what is done, and may make others beside them.
        plan: the options of its command; `BasePlan` if it has none.
        title: heading of its report.
        report: name of its Markdown file; after the bench if not given.
        tables: folder -> the parts of its report, without the title; empty without rows.
        plots: folder -> its plots.
        sections: name of markers in the docs -> folder -> the parts between them.
        steps: plan -> benches to run in its place, such as it and then one of speed.
        requested: what all benches are asked for -> its plans; InputError or MissingExtraError says
            why it's left out.
        quick: whether it's part of a quick run of all.
        cases: plan -> what to measure on, errors in the plan told first.
        methods: plan -> methods, and those that can't be had with the reason.
        wanted: plan, case, method -> the keys of all rows it should have.
        measure: measurement -> rows; each is kept as it comes.
        key: row -> the cells that tell it apart.
        makes: plan, method, row -> whether the run makes such rows by the method; others stay.
        usable: plan, method, row -> whether such a row of an earlier run still holds.
        what: plan -> its rows in words.
        order: row -> what a finished file is sorted by; the key if not given.
        warm: method and data, once before a method is first measured.
        facts: plan, method -> facts about it that reports need, beside its threads.
        tool: plan -> what all measurements share.
    """

    name: str
    columns: tuple[Rows[Any], ...]
    plan: type[Any] = BasePlan
    title: str = ""
    report: str = ""
    tables: Callable[[Path], list[Part]] = nothing
    plots: Callable[[Path], list[Plot]] = nothing
    sections: Mapping[str, Callable[[Path], list[Part]]] = field(default_factory=dict)
    steps: Callable[[P], Sequence[Bench[P, Any, Any]]] | None = None
    requested: Callable[[Request], Sequence[P]] | None = None
    quick: bool = False
    cases: Callable[[P], Sequence[Case]] = nothing
    methods: Callable[[P], tuple[Sequence[M], dict[str, str]]] = lambda _plan: ((), {})
    wanted: Callable[[P, Case, M], Iterable[Key]] = lambda _plan, _case, _method: ()
    measure: Callable[[Measurement[P, M]], Iterable[R]] = lambda _current: ()
    key: Callable[[R], Key] = lambda _row: ()
    makes: Callable[[P, M, R], bool] = lambda _plan, _method, _row: True
    usable: Callable[[P, M, R], bool] = lambda _plan, _method, _row: True
    what: Callable[[P], str] = lambda _plan: ""
    order: Callable[[R], Any] | None = None
    warm: Callable[[M, Any], object] | None = None
    facts: Callable[[P, M], dict[str, Any]] = lambda _plan, _method: {}
    tool: Callable[[P], AbstractContextManager[Any]] = lambda _plan: nullcontext()

    def found(self, folder: Path) -> list[Path]:
        """The files of its rows that a folder has."""
        return sorted({path for rows in self.columns for path in rows.paths(folder)})

    def holds(self, plan: P, methods: Sequence[M], row: R) -> bool:
        """Whether an earlier row is what would be measured now, or isn't measured now."""
        one = next((one for one in methods if self.makes(plan, one, row)), None)
        return one is None or (not plan.fresh and self.usable(plan, one, row))


AnyBench = Bench[Any, Any, Any]


def run(bench: Bench[P, M, R], plan: P, notify: Notify = lambda _line: None) -> Outcome:
    """Measure what is missing; rows end up in `plan.out`.

    They are of the base install: what an extra makes faster is asked for by name, or by
    `PELLUCID_DEVICE`.

    Raises:
        InputError: no cases. OptionError: a name or number of the plan.
        OutputError: the folder can't be written.
        MissingExtraError: a library that the bench can't do without.
    """
    plan.check()
    os.environ.setdefault(DEVICE_VARIABLE, CPU)
    total = Outcome()
    for step in bench.steps(plan) if bench.steps else [bench]:
        outcome = _run_step(step, plan, notify, total.missing)
        total.missing |= outcome.missing
        total.failures += outcome.failures
        total.facts |= outcome.facts
        total.new_rows += outcome.new_rows
    return total


def _run_step(bench: Bench[P, M, R], plan: P, notify: Notify, told: Mapping[str, str]) -> Outcome:
    cases = list(bench.cases(plan))
    methods, missing = bench.methods(plan)
    for name, reason in missing.items():
        if name not in told:
            notify(f"without {name}: {reason}")
    make_folder(plan.out)
    rows, outcome, warm = bench.columns[0], Outcome(missing), set[str]()
    done = {bench.key(r) for r in rows.keep(plan.out, lambda r: bench.holds(plan, methods, r))}
    record = _recorder(bench, plan, methods, outcome)
    with bench.tool(plan) as tool:
        for number, case in enumerate(cases, start=1):
            keys = [[k for k in bench.wanted(plan, case, one) if k not in done] for one in methods]
            todo = [(one, own) for one, own in zip(methods, keys, strict=True) if own]
            if not todo:
                continue
            notify(f"{bench.name} {number} of {len(cases)}: {case.title}")
            with outcome.attempt(case.title):
                data = case.load()
                for one, _ in todo:
                    if bench.warm and one.name not in warm:
                        warm.add(one.name)
                        with suppress(*METHOD_ERRORS):  # it shows up again when it's measured
                            bench.warm(one, data)
                current = Measurement(plan, case, data, todo, outcome, tool, number == 1)
                for row in bench.measure(current):
                    record(row)
    rows.sort(plan.out, bench.order or bench.key)
    record(None)
    return outcome


def _recorder(
    bench: Bench[P, M, R], plan: P, methods: Sequence[M], outcome: Outcome
) -> Callable[[R | None], None]:
    """Keeps a row, and what made it before the first row of a file; at the end what failed."""
    run = runs.Run(bench.name, bench.what(plan), plan.command, runs.describe_machine())
    run.facts, run.failures = outcome.facts, outcome.failures
    for one in methods:
        run.methods[one.name] = {"threading": one.threading, **bench.facts(plan, one)}
    files = set[str]()

    def record(row: R | None) -> None:
        if row is None:
            if files:
                runs.record(plan.out, run)
            return
        rows = next(one for one in bench.columns if one.row is type(row))
        if (file := rows.file_of(row)) not in files:
            files.add(file)
            runs.record(plan.out, run, file, anew=not (plan.out / file).exists())
        rows.add(plan.out, [row])
        outcome.new_rows += 1

    return record


def make_folder(folder: Path) -> None:
    """Make it if it isn't there; OutputError if that fails."""
    with refusing(f"can't write to {folder}", OutputError):
        folder.mkdir(parents=True, exist_ok=True)
