"""Whole runs of batches, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec

from batch_work import COPY
from pellucid.scale.items import Verb
from pellucid.scale.options import BatchOptions
from pellucid.scale.run import Summary, run_batch


class Run:
    """Runs of a verb from one folder to a target, of which it is known what was said."""

    def __init__(self, source: Path, target: str, manifest: Path) -> None:
        self.source, self.target, self.manifest = source, target, manifest
        self.said: list[str] = []

    def options(self, **more: Any) -> BatchOptions:
        given = {"source": str(self.source), "target": self.target, "manifest": self.manifest}
        return BatchOptions(**{**given, **more})

    def __call__(self, verb: Verb = COPY, **more: Any) -> Summary:
        return run_batch(verb, self.options(**more), lambda _counts, _n: None, self.said.append)


def there() -> dict[str, bytes]:
    """What lies in the memory."""
    system = fsspec.filesystem("memory")
    return {name.removeprefix("/target/"): system.cat_file(name) for name in system.find("/target")}


def states(summary: Summary) -> dict[str, int]:
    return {state.name: number for state, number in summary.counts.states.items() if number}
