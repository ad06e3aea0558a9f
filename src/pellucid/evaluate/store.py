"""Facts about a run as JSON, for benches that don't keep them in `runs`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, OutputError
from pellucid.evaluate.runs import describe_machine

__all__ = ["describe_machine", "read_facts", "write_facts"]


def write_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts about a run as JSON; OutputError if that fails."""
    try:
        path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"can't write {path}: {error}") from error


def read_facts(path: Path) -> dict[str, Any]:
    """What a file of facts says; empty if it isn't there, InputError if it isn't JSON."""
    if not path.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} isn't valid JSON: {error}") from error
    return found
