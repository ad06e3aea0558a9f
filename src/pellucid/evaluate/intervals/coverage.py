"""How many samples the intervals hold, picture by picture, where 90 of 100 are promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.errors import InputError, OutputError
from pellucid.evaluate.held_out import sample_hash, test_set_hashes
from pellucid.evaluate.intervals.calibrate import net_of
from pellucid.evaluate.intervals.trials import Task, trials
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.rows import Rows
from pellucid.explaining.intervals import Intervals, half_widths

FILE = "intervals.tsv"
# What is measured where nobody asks for other steps: sigma of 255, quality.
DEFAULT_STEPS: dict[Task, tuple[float, ...]] = {"denoise": (15, 25, 50), "decode": (30, 60, 90)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """One picture: `step` is the sigma of added noise or the quality.

    `covered` is the part of the samples, of all channels, within their interval; `half_width` the
    mean half-width, of 255. `version` names pellucid and the model's id. Of one channel is what was
    grey or made so.
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
    channels: int = 3

    @property
    def key(self) -> tuple[str, str, str, int, float]:
        """What rows that belong together have in common."""
        return (self.task, self.model, self.data, self.channels, self.step)


TABLE = Rows(Coverage)


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
    grey: bool = False,
    notify: Callable[[str], None] = lambda _line: None,
) -> list[Coverage]:
    """Measure each picture of `folder` at each step; rows go to `out`, those of others stay.

    Pictures that the intervals were made from are left out, and named to `notify`.

    Raises:
        InputError: no pictures, or none but those. OutputError: `out` can't be written.
        PellucidError: the model has no intervals.
    """
    pictures = find_pictures(folder)
    intervals, version = measured(task, model)
    pictures = unseen(pictures, intervals, notify)[:images]
    rows = []
    for step in steps:
        notify(f"{task} {step:g}: {len(pictures)} pictures")
        for name, each in trials(pictures, task, step, model, grey=grey):
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
                    channels=each.truth.shape[2],
                )
            )
    keep(out, rows)
    return rows


def unseen(pictures: list[Path], intervals: Intervals, notify: Callable[[str], None]) -> list[Path]:
    """Those that the intervals weren't made from: coverage of those would prove nothing.

    Of intervals that don't say what they were made from, only pictures of the test sets are known
    to be none of it; of others `notify` is told that it wasn't checked.
    """
    hashes = {path: sample_hash(load_rgb(path)) for path in pictures}
    if intervals.pictures and not len(intervals.seen):
        if unknown := [path for path in pictures if hashes[path] not in test_set_hashes()]:
            notify(
                f"not checked for {len(unknown)} pictures ({unknown[0].name}, ..) whether the "
                "intervals were made from them: the model's don't say from which they were"
            )
        return pictures
    known = {row.tobytes().hex() for row in intervals.seen}
    double = [path.name for path in pictures if hashes[path] in known]
    if len(double) == len(pictures):
        raise InputError(
            f"the intervals were made from all pictures of {pictures[0].parent}; measure others"
        )
    if double:
        notify(f"left out, as the intervals were made from them: {', '.join(double)}")
    return [path for path in pictures if hashes[path] not in known]


def measured(task: Task, model: str) -> tuple[Intervals, str]:
    """The intervals of a model, and what names the model."""
    import pellucid
    from pellucid.explaining.intervals import intervals_of

    net = net_of(task, model)
    return intervals_of(net.folder), f"pellucid {pellucid.__version__}, {net.id.hex()[:8]}"


def keep(out: Path, rows: list[Coverage]) -> None:
    """Replace the rows of the same tasks, models, sets, channels and steps."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {out}: {error}") from error
    made = {row.key for row in rows}
    others = [row for row in load_coverage(out) if row.key not in made]
    ordered = sorted(others + rows, key=lambda row: (*row.key, row.image))
    TABLE.write(out / FILE, ordered)
