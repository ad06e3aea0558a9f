"""How many samples the intervals hold, picture by picture, where 90 of 100 are promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.errors import OutputError
from pellucid.evaluate.intervals.calibrate import net_of
from pellucid.evaluate.intervals.trials import Task, trials
from pellucid.evaluate.pictures import find_pictures
from pellucid.evaluate.tsv import Table
from pellucid.explaining.intervals import Intervals, half_widths

FILE = "intervals.tsv"


@dataclass(frozen=True, slots=True)
class Coverage:
    """One picture: `step` is the sigma of added noise or the quality.

    `covered` is the part of the samples, of all channels, within their interval; `half_width` the
    mean half-width, of 255. `version` names pellucid and the model's id.
    """

    task: str
    model: str
    data: str
    step: float
    image: str
    width: int
    height: int
    covered: float
    half_width: float
    version: str


TABLE = Table(Coverage)


def load_coverage(folder: Path) -> list[Coverage]:
    """The kept rows; none if nothing was measured."""
    path = folder / FILE
    return TABLE.read(path) if path.exists() else []


def run(
    folder: Path,
    out: Path,
    *,
    task: Task,
    model: str,
    steps: Sequence[float],
    images: int | None = None,
    notify: Callable[[str], None] = lambda _line: None,
) -> list[Coverage]:
    """Measure each picture of `folder` at each step; rows go to `out`, those of others stay.

    Raises:
        InputError: no pictures. OutputError: `out` can't be written.
        PellucidError: the model has no intervals.
    """
    pictures = find_pictures(folder, images)
    intervals, version = measured(task, model)
    rows = []
    for step in steps:
        notify(f"{task} {step:g}: {len(pictures)} pictures")
        for name, each in trials(pictures, task, step, model):
            widths = half_widths(each.result, intervals, sigma=each.sigma, level=each.level)
            inside = np.abs(each.result - each.truth) <= widths[..., None]
            rows.append(
                Coverage(
                    task=task,
                    model=model,
                    data=folder.name,
                    step=float(step),
                    image=name,
                    width=widths.shape[1],
                    height=widths.shape[0],
                    covered=round(float(inside.mean()), 5),
                    half_width=round(float(widths.mean()), 4),
                    version=version,
                )
            )
    keep(out, rows)
    return rows


def measured(task: Task, model: str) -> tuple[Intervals, str]:
    """The intervals of a model, and what names the model."""
    import pellucid
    from pellucid.explaining.intervals import intervals_of

    net = net_of(task, model)
    return intervals_of(net.folder), f"pellucid {pellucid.__version__}, {net.id.hex()[:8]}"


def keep(out: Path, rows: list[Coverage]) -> None:
    """Replace the rows of the same tasks, models, sets and steps."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {out}: {error}") from error
    key = {(row.task, row.model, row.data, row.step) for row in rows}
    others = [r for r in load_coverage(out) if (r.task, r.model, r.data, r.step) not in key]
    ordered = sorted(others + rows, key=lambda r: (r.task, r.model, r.data, r.step, r.image))
    TABLE.write(out / FILE, ordered)
