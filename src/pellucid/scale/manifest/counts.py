"""How far a run is, in numbers that cost nothing to ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from pellucid.scale.items import State

__all__ = ["Change", "Counts", "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """What counts of one picture, or of several that are alike in state and error."""

    state: State
    read: int = 0
    written: int = 0
    seconds: float = 0.0
    error: str = ""
    damaged: int = 0
    pictures: int = 1


@dataclass
class Change:
    """What a transaction changes in the counts, once it is committed.

    Attributes:
        plus, minus: what counts now, and what counted before.
        new: pictures that are known now.
        changed: those that are finished, and whose source isn't what it was.
    """

    plus: list[Result] = field(default_factory=list)
    minus: list[Result] = field(default_factory=list)
    new: int = 0
    changed: int = 0


@dataclass
class Counts:
    """A run at one moment.

    Attributes:
        states: how many pictures are in each state; all states are keys.
        read: bytes of all sources that were read.
        before, after: bytes of sources and outputs of what is DONE.
        seconds: of work, of all workers together.
        errors: class of an error -> how many FAILED with it.
        damaged: how many are done, but lack what their source had lost.
        changed: of what is finished, how many sources another listing found to have changed.
        listed: whether the listing is at its end, so that the total stays.
    """

    states: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    read: int = 0
    before: int = 0
    after: int = 0
    seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    changed: int = 0
    listed: bool = False

    @property
    def total(self) -> int:
        """All that were listed so far."""
        return sum(self.states.values())

    @property
    def finished(self) -> int:
        """All that nothing more is to be done for in this run."""
        return self.total - self.states[State.WAITING]

    @property
    def saved(self) -> int:
        """Bytes by which the outputs are smaller than their sources; below 0 if they are larger."""
        return self.before - self.after

    def apply(self, change: Change) -> None:
        """Count what a transaction has changed."""
        self.changed += change.changed
        for result in change.minus:
            self.add(result, -1)
        for result in change.plus:
            self.add(result)

    def add(self, result: Result, times: int = 1) -> None:
        """Count a result, or with `times` -1 take it back."""
        self.states[result.state] += times * result.pictures
        self.read += times * result.read
        self.seconds += times * result.seconds
        self.damaged += times * result.damaged
        if result.state is State.DONE:
            self.before += times * result.read
            self.after += times * result.written
        elif result.state is State.FAILED:
            self.errors[result.error] += times * result.pictures

    def copy(self) -> Counts:
        """As they are now, the most frequent errors first."""
        return replace(
            self,
            states=dict(self.states),
            errors=Counter(dict((+self.errors).most_common())),
            seconds=max(self.seconds, 0.0),  # not -1e-17 after some were taken back
        )
