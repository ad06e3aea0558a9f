"""One row a picture, denoiser and strength, and where a bench keeps them.

DIR/denoise-<task>-<method>.tsv   the sweep, a file for each so that one can be run again alone
DIR/denoise-estimate.tsv          measured noise levels (`estimates`)
DIR/denoise-speed.tsv             medians of all methods, from one run
DIR/denoise-methods.json          what it ran on, and what each method is
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.evaluate.denoisers import Denoiser
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.store import describe_machine, read_facts, write_facts

PREFIX = "denoise-"
SPEED = "denoise-speed.tsv"
METHODS = "denoise-methods.json"


@dataclass(frozen=True, slots=True)
class DenoiseResult:
    """One picture denoised once.

    `data` is the folder's name; `level` what the task makes of it (sigma, JPEG quality, 0 where
    there is nothing to choose); `told` what the method knew: `auto`, `line` or a sigma. PSNR in dB
    over all samples, clipped to 0..255 and not rounded, `noisy_psnr` before and `psnr` after.
    `seconds` is the wall time of a single run (`repeats` 1, don't quote it), or in the speed table
    the median of `repeats`.
    """

    method: str
    task: str
    data: str
    level: float
    told: str
    image: str
    width: int
    height: int
    noisy_psnr: float
    psnr: float
    ssim: float | None
    seconds: float
    threads: int
    repeats: int
    version: str

    @property
    def key(self) -> tuple[str, str, float, str]:
        """What tells the rows of one method and task apart."""
        return (self.data, self.image, self.level, self.told)


@dataclass(frozen=True, slots=True)
class DenoiseTiming(DenoiseResult):
    """A row of the speed table: quartiles of the runs in seconds, and the peak of resident memory,
    in millions of bytes, of a fresh process that does only this. None where it wasn't measured.
    """

    seconds_low: float | None = None
    seconds_high: float | None = None
    peak_mb: float | None = None


TABLE = Rows(DenoiseResult)
TIMINGS = Rows(DenoiseTiming)


def rows_path(folder: Path, task: str, method: str) -> Path:
    """The file with one method's rows of one task."""
    return folder / f"{PREFIX}{task}-{method}.tsv"


def load_rows(folder: Path, tasks: Iterable[str]) -> list[DenoiseResult]:
    """All rows of all methods, task by task, in order of file name.

    Raises:
        InputError: a file that can't be read.
    """
    found = (path for task in tasks for path in sorted(folder.glob(f"{PREFIX}{task}-*.tsv")))
    return [row for path in found for row in TABLE.read(path)]


def load_speed(folder: Path) -> list[DenoiseTiming]:
    """The rows of the speed table; empty if it wasn't measured."""
    path = folder / SPEED
    return TIMINGS.read(path) if path.exists() else []


def keep_usable(folder: Path, task: str, denoiser: Denoiser, threads: int) -> list[DenoiseResult]:
    """What an earlier run left that still holds; rows made with another version or another number
    of threads are taken out of the file."""
    path = rows_path(folder, task, denoiser.name)
    if not path.exists():
        return []
    rows = [r for r in TABLE.read(path) if r.version == denoiser.version and r.threads == threads]
    if rows:
        TABLE.write(path, rows)
    else:
        path.unlink()
    return rows


def sort_rows(folder: Path, task: str, method: str) -> None:
    """Puts a finished file in order, so that runs can be compared."""
    path = rows_path(folder, task, method)
    if path.exists():
        TABLE.write(path, sorted(TABLE.read(path), key=lambda row: (row.data, row.level, row.key)))


def save_methods(folder: Path, denoisers: Sequence[Denoiser]) -> None:
    """Adds the machine, and threads and cost of each method, to what an earlier run left.

    Raises:
        OutputError: it can't be written.
    """
    methods = load_methods(folder).get("methods", {})
    for one in denoisers:
        methods[one.name] = {"threading": one.threading, "kmac": one.kmac}
    write_facts(folder / METHODS, {**describe_machine(), "methods": methods})


def load_methods(folder: Path) -> dict[str, Any]:
    """What `denoise-methods.json` says; empty if it isn't there."""
    return read_facts(folder / METHODS)
