"""A stand-in for the engine of batches, for tests of the command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pellucid.scale import run as engine
from pellucid.scale.items import State, Verb
from pellucid.scale.manifest.counts import Counts

ALL = {State.DONE: 996, State.FAILED: 4, State.KEPT: 2, State.THERE: 3}


def counts(states: dict[State, int] = ALL, **more: Any) -> Counts:
    more = {"before": 10**6, "after": 400_000, "read": 10**6, "listed": True, **more}
    return Counts({state: states.get(state, 0) for state in State}, **more)


def summary(found: Counts, **more: Any) -> engine.Summary:
    files = {"manifest": Path("out/rows.sqlite"), "report": Path("out/rows.html")}
    return engine.Summary(found, **{**files, "passed": Counter(), **more})


class Runs:
    """Stands for the engine: remembers what it was asked for, and gives what it is told to."""

    def __init__(self) -> None:
        self.verb: Verb | None = None
        self.options: engine.BatchOptions | None = None
        self.number = 0
        self.result: Any = summary(counts({State.DONE: 3}))
        self.meanwhile: Callable[..., None] = lambda told, say: None

    def run_batch(self, verb: Verb, options: Any, told: Any, say: Any) -> Any:
        self.verb, self.options = verb, options
        self.meanwhile(told, say)
        return self.result

    def plan_batch(self, verb: Verb, options: Any, say: Any) -> Any:
        self.verb, self.options = verb, options
        self.meanwhile(None, say)
        return self.result

    def sample_batch(self, verb: Verb, options: Any, number: int, say: Any) -> Any:
        self.number = number
        return self.plan_batch(verb, options, say)

    @property
    def words(self) -> str:
        assert self.verb is not None
        return self.verb.words
