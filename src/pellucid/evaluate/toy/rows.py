"""The rows of `bench toy`, and where it keeps them.

DIR/toy-<system>.tsv   one row a picture (or sheet of pictures) and setting
DIR/toy-runs.tsv       one row a system, set and task: what it learnt from, how long
DIR/toy-methods.json   what it ran on, and the command

A system's rows of a set and task are kept or made anew together, since a model isn't kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.evaluate.rows import Rows
from pellucid.evaluate.store import describe_machine, read_facts, write_facts

PREFIX = "toy-"
RUNS = "toy-runs.tsv"
METHODS = "toy-methods.json"
COMPRESS, DENOISE = "compress", "denoise"
TASKS = (COMPRESS, DENOISE)


@dataclass(frozen=True, slots=True)
class ToyResult:
    """One picture, or one sheet of `pictures`, coded and decoded, or cleaned.

    `setting` is the codec's, or sigma. `bytes` are those of the file, 0 where nothing is
    compressed; `pixels` those of all its pictures. `psnr` is over all samples of the file, `ssim`
    the mean over its pictures. `run_s` is wall seconds, once: compressing and decompressing, or
    cleaning.
    """

    system: str
    data: str
    task: str
    files: str
    setting: float
    picture: int
    pictures: int
    pixels: int
    bytes: int
    psnr: float
    ssim: float
    run_s: float


@dataclass(frozen=True, slots=True)
class ToyRun:
    """A system trained, or not, and run on one set at one task.

    `minutes` and `rounds` are what it was given, `train_s` what it took, `learnt` from what, in
    words. A row with another `version` or other numbers than those asked for is stale.
    """

    system: str
    data: str
    task: str
    train_pictures: int
    held_out: int
    minutes: float
    rounds: int
    threads: int
    train_s: float
    learnt: str
    model_bytes: int
    version: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells runs apart."""
        return (self.system, self.data, self.task)

    def same_plan(self, other: ToyRun) -> bool:
        """Whether both are of one version and one plan."""
        names = (
            "system", "data", "task", "train_pictures", "held_out", "minutes", "rounds", "threads",
            "version",
        )  # fmt: skip
        return all(getattr(self, name) == getattr(other, name) for name in names)


ROWS: Rows[ToyResult] = Rows(ToyResult)
RUN_ROWS: Rows[ToyRun] = Rows(ToyRun)


def rows_path(folder: Path, system: str) -> Path:
    """The file with one system's rows."""
    return folder / f"{PREFIX}{system}.tsv"


def load_runs(folder: Path) -> list[ToyRun]:
    """All runs; none if nothing was measured. InputError for a file that can't be read."""
    path = folder / RUNS
    return RUN_ROWS.read(path) if path.exists() else []


def load_rows(folder: Path) -> list[ToyResult]:
    """The rows of all runs, in their order; InputError for a file that can't be read."""
    found = []
    for system in dict.fromkeys(run.system for run in load_runs(folder)):
        path = rows_path(folder, system)
        found += ROWS.read(path) if path.exists() else []
    return found


def keep(folder: Path, run: ToyRun, rows: Sequence[ToyResult]) -> None:
    """Put a finished run in the place of an older one; the run itself last, so that it counts only
    when its rows are there. OutputError if a file can't be written."""
    path = rows_path(folder, run.system)
    before = ROWS.read(path) if path.exists() else []
    others = [row for row in before if (row.data, row.task) != (run.data, run.task)]
    earlier = [one for one in load_runs(folder) if one.key != run.key]
    RUN_ROWS.write(folder / RUNS, earlier)
    ROWS.write(path, sorted([*others, *rows], key=_order))
    RUN_ROWS.write(folder / RUNS, sorted([*earlier, run], key=lambda one: one.key))


def save_methods(folder: Path, command: str) -> None:
    """Write what it runs on and the command; OutputError if that fails."""
    write_facts(folder / METHODS, {**describe_machine(), "command": command})


def load_methods(folder: Path) -> dict[str, Any]:
    """What `toy-methods.json` says; empty if it isn't there."""
    return read_facts(folder / METHODS)


def _order(row: ToyResult) -> tuple[str, str, str, float, int]:
    return (row.data, row.task, row.files, row.setting, row.picture)
