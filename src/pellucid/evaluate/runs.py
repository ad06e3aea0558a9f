"""What made the rows of a folder: DIR/runs.json lists the commands, each with its machine.

A run names its files of rows, the machine, the methods (how they use threads) and what failed, so
that the command behind a row never has to be guessed from the row. A run that adds rows to a file
stands beside the earlier ones of that file; one that makes a file anew takes their place. Folders
without the file are read as well: their rows have no known command.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pellucid import __version__
from pellucid.errors import OutputError, refusing
from pellucid.evaluate.table import Table

FILE = "runs.json"


@dataclass
class Run:
    """One command and what it made.

    Attributes:
        bench: name of the bench.
        what: its rows in words, with the set of pictures.
        command: the words of the command; "" if it wasn't one.
        machine: as `describe_machine` gives it.
        files: names of the files that it added rows to.
        methods: name -> facts, such as `threading`.
        facts: what else a report says.
        failures: what it couldn't measure.
    """

    bench: str
    what: str
    command: str = ""
    machine: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    methods: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What is the same of a run that goes on."""
        return (self.bench, self.what, self.command, self.machine)


def load_runs(folder: Path, bench: str | None = None) -> list[Run]:
    """The runs of a bench or of all, oldest first; none if the folder has no such file.

    Raises:
        InputError: the file can't be read.
    """
    path = folder / FILE
    if not path.exists():
        return []
    with refusing(f"{path} isn't a list of runs"):
        found = [Run(**run) for run in json.loads(path.read_text(encoding="utf-8"))]
    return [run for run in found if bench in (None, run.bench)]


def save_runs(folder: Path, runs: list[Run]) -> None:
    """Write the file; OutputError if that fails."""
    path = folder / FILE
    shown = [{name: value for name, value in asdict(run).items() if value} for run in runs]
    with refusing(f"can't write {path}", OutputError):
        path.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")


def record(folder: Path, run: Run, file: str = "", *, anew: bool = False) -> None:
    """Write down a run, and that it adds rows to `file`; `anew`: no earlier rows are left in it."""
    run.files += [file] if file else []
    others = []
    for one in load_runs(folder):
        if one.identity == run.identity:
            run.files = [*one.files, *run.files]
            run.methods = {**one.methods, **run.methods}
        else:
            one.files = [name for name in one.files if not (anew and name == file)]
            others += [one] if one.files else []
    run.files = [*dict.fromkeys(run.files)]
    save_runs(folder, [*others, run])


def machine_of(folder: Path, bench: str, file: str = "") -> dict[str, Any]:
    """What a bench last ran on, for one file of rows if it's named; empty if that isn't known."""
    runs = [run for run in load_runs(folder, bench) if not file or file in run.files]
    return next((run.machine for run in reversed(runs) if run.machine), {})


def methods_of(folder: Path, bench: str) -> dict[str, dict[str, Any]]:
    """Facts about the methods of a bench, of the last run of each."""
    return {name: fact for run in load_runs(folder, bench) for name, fact in run.methods.items()}


def where(folder: Path, bench: str, file: str = "") -> str:
    """` on PROCESSOR (N cores)` for the end of a sentence; empty if that isn't known."""
    machine = machine_of(folder, bench, file)
    return f" on {machine['processor']} ({machine['cores']} cores)" if machine else ""


def path_word(path: Path) -> str:
    """A path in a command that is written down: as it was given if it is relative and leads below
    the working folder, else its last name."""
    kept = not path.is_absolute() and ".." not in path.parts and path.parts
    return path.as_posix() if kept else path.resolve().name


def commands_table(folder: Path) -> Table:
    """Every known command with the files that it made."""
    body = [
        [run.what, ", ".join(f"`{name}`" for name in run.files), f"`{run.command}`"]
        for run in load_runs(folder)
        if run.command
    ]
    return Table(["rows", f"files in {folder.name}", "command"], body, text=True)


def describe_machine() -> dict[str, Any]:
    """Processor, cores, system, Python and pellucid, as a report names them."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "pellucid": __version__,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
