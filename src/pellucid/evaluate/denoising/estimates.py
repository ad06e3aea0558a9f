"""How near `pellucid.noise_level` comes to the noise that was added, picture by picture."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OutputError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.denoising.bench import Notify, Outcome, Plan, checked_task
from pellucid.evaluate.denoising.tasks import Source, Task, find_sources
from pellucid.evaluate.rows import Rows

TASK = "estimate"
FILE = "denoise-estimate.tsv"
LEVELS = (5.0, 10.0, 15.0, 25.0, 35.0, 50.0, 75.0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One picture: `level` is the sigma of the noise added, `sigma` what was measured."""

    data: str
    level: float
    image: str
    width: int
    height: int
    sigma: float
    seconds: float
    version: str

    @property
    def error(self) -> float:
        """Measured over true, less 1."""
        return self.sigma / self.level - 1


TABLE = Rows(Estimate)


def load_estimates(folder: Path) -> list[Estimate]:
    """The kept rows; empty if there are none."""
    path = folder / FILE
    return TABLE.read(path) if path.exists() else []


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Measure the noise of each picture at each sigma; `plan` is one of the gaussian task.

    Raises:
        As `bench.run` does.
    """
    task = checked_task(plan)
    sources = find_sources(task, plan.data, plan.every)
    api = require("pellucid")
    version = f"pellucid {api.__version__}, probe {_probe(api):.3f}"
    kept = [row for row in load_estimates(plan.out) if row.version == version and not plan.fresh]
    done = {(row.data, row.level, row.image) for row in kept}
    outcome = Outcome()
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    new: list[Estimate] = []
    for number, source in enumerate(sources, start=1):
        notify(f"picture {number} of {len(sources)}: {source.image}")
        for level in plan.levels or LEVELS:
            if (plan.data_name, level, source.image) not in done:
                try:
                    new.append(_estimate(api, plan, task, source, level, version))
                except PellucidError as error:
                    outcome.failures.append(f"{source.image} at {level:g}: {error}")
    TABLE.write(plan.out / FILE, sorted(kept + new, key=lambda r: (r.data, r.level, r.image)))
    outcome.new_rows = len(new)
    return outcome


def _estimate(
    api: Any, plan: Plan, task: Task, source: Source, level: float, version: str
) -> Estimate:
    noisy = task.load(source, level).noisy
    start = time.perf_counter()
    sigma = float(api.noise_level(noisy).sigma)
    seconds = time.perf_counter() - start
    height, width = noisy.shape[:2]
    size = (width, height)
    name = plan.data_name
    return Estimate(name, level, source.image, *size, round(sigma, 4), round(seconds, 5), version)


def _probe(api: Any) -> float:
    """A measurement that changes when the code does, so that older rows are known as stale."""
    rows, columns = np.mgrid[0:96, 0:96]
    shades = 128 + 60 * np.sin(rows / 7) + 30 * np.cos(columns / 3)
    noise = np.random.default_rng(1).normal(0, 20, shades.shape)
    samples = (shades + noise).astype(np.float32)[..., None]
    return float(api.noise_level(samples).sigma)
