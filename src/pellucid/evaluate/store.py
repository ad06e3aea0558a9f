"""Where a bench keeps its rows: one TSV a codec, so that one codec can be run again alone.

DIR/compress-<codec>.tsv   the sweep
DIR/speed.tsv              medians of all codecs, from one run
DIR/machine.json           what it ran on, and each codec's use of threads
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, OutputError
from pellucid.evaluate.peers.base import Peer
from pellucid.evaluate.record import (
    Result,
    Timing,
    read_results,
    read_timings,
    write_results,
)

PREFIX = "compress-"
SPEED = "speed.tsv"
MACHINE = "machine.json"


def sweep_path(folder: Path, codec: str) -> Path:
    """The file with one codec's rows."""
    return folder / f"{PREFIX}{codec}.tsv"


def load_sweep(folder: Path) -> list[Result]:
    """All rows of all codecs, in order of file name.

    Raises:
        InputError: a file that can't be read, or none at all.
    """
    paths = sorted(folder.glob(f"{PREFIX}*.tsv"))
    if not paths:
        raise InputError(f"no {PREFIX}*.tsv in {folder}; make them with: pellucid bench compress")
    return [row for path in paths for row in read_results(path)]


def load_speed(folder: Path) -> list[Timing]:
    """The rows of the speed table; empty if it wasn't measured."""
    path = folder / SPEED
    return read_timings(path) if path.exists() else []


def keep_usable(folder: Path, peer: Peer, threads: int, metrics: Sequence[str]) -> list[Result]:
    """What an earlier run left that still holds; the rest is taken out of the file.

    A row is stale if it was made with other versions or threads, at a setting that is no longer
    in the sweep, or without a metric that is now asked for.
    """
    path = sweep_path(folder, peer.name)
    if not path.exists():
        return []
    rows = [
        row
        for row in read_results(path)
        if row.versions == peer.version
        and row.threads == threads
        and row.setting in peer.settings
        and all(getattr(row, name) is not None for name in metrics)
    ]
    if rows:
        write_results(path, rows)
    else:
        path.unlink()
    return rows


def sort_rows(folder: Path, peer: Peer) -> None:
    """Puts a finished file in order of picture and setting, so that runs can be compared."""
    path = sweep_path(folder, peer.name)
    if path.exists():
        order = {setting: number for number, setting in enumerate(peer.settings)}
        rows = read_results(path)
        write_results(path, sorted(rows, key=lambda row: (row.image, order[row.setting])))


def describe_machine() -> dict[str, Any]:
    """Processor, cores, system and Python, as a report names them."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def save_machine(
    folder: Path,
    peers: Sequence[Peer],
    data: Mapping[str, str],
    programs: Mapping[str, str] | None = None,
) -> None:
    """Writes `machine.json`: the machine, what each codec does with its threads, which folder of
    pictures each picture is from (`data`), and which program measured a metric (`programs`).

    Raises:
        OutputError: it can't be written.
    """
    before = load_machine(folder)
    threading = {**before.get("threading", {}), **{peer.name: peer.threading for peer in peers}}
    sources = {**before.get("data", {}), **data}
    facts = {**describe_machine(), "threading": threading, "data": sources}
    if measured := {**before.get("programs", {}), **(programs or {})}:
        facts["programs"] = measured
    write_facts(folder / MACHINE, facts)


def load_machine(folder: Path) -> dict[str, Any]:
    """What `machine.json` says; empty if it isn't there."""
    return read_facts(folder / MACHINE)


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


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
