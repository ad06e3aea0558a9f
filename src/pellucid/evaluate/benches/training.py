"""A codec in training beside an anchor (`tools/training_curve.py`): typed rows, and their table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.bench import Bench, Part
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.plan import BasePlan
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import MINUS, Table


@dataclass(frozen=True, slots=True)
class TrainingPoint:
    """A checkpoint: `bd_<metric>` is per cent of the anchor's rate at equal quality.

    It is the mean of the pictures' BD-rates, `bd_<metric>_mean` the BD-rate of the mean curve; None
    where it wasn't asked for or curves don't overlap. `pictures` counts those coded; `bpp` and
    `psnr` are means over all files.
    """

    checkpoint: str
    anchor: str
    minutes: float
    steps: int
    megapixels: int
    pictures: int
    bpp: float | None
    psnr: float | None
    bd_psnr: float | None = None
    bd_psnr_mean: float | None = None
    bd_ms_ssim: float | None = None
    bd_ms_ssim_mean: float | None = None
    bd_ssimulacra2: float | None = None
    bd_ssimulacra2_mean: float | None = None
    bd_butteraugli: float | None = None
    bd_butteraugli_mean: float | None = None


@dataclass(frozen=True, slots=True)
class FirstPoint:
    """What the first files hold: `bd_rate_webp` is that of the mean curve, PSNR, against WebP.

    They were made at quality 20, 35, 50, 65 and 80.
    """

    minutes: float
    steps: int
    megapixels: int
    bd_rate_webp: float


ROWS = Rows(TrainingPoint, "training-{model}.tsv")
FIRST = Rows(FirstPoint)


def read_points(path: Path) -> list[TrainingPoint]:
    """The rows of a file of either form; InputError if it can't be read."""
    try:
        first = FIRST.read(path)
    except InputError:
        return ROWS.read(path)
    return [
        TrainingPoint(
            "", "webp", row.minutes, row.steps, row.megapixels, 0, None, None,
            bd_psnr_mean=row.bd_rate_webp,
        )
        for row in first
    ]  # fmt: skip


def tables(folder: Path) -> list[Part]:
    """A table a model; InputError for a file that can't be read."""
    parts: list[Part] = []
    for path in ROWS.paths(folder):
        name = path.stem.removeprefix("training-")
        parts += [f"## Codec {name}", training_table(read_points(path))]
    return parts


def training_table(points: list[TrainingPoint]) -> Table:
    """Minutes, steps and pixels, then the BD-rates that any row has."""
    anchors = " or ".join(dict.fromkeys(point.anchor for point in points))
    columns: dict[str, Callable[[TrainingPoint], str]] = {
        "minutes": lambda point: f"{point.minutes:.0f}",
        "steps": lambda point: f"{point.steps:,}",
        "megapixels seen": lambda point: f"{point.megapixels:,}",
    }
    for metric, end in product(METRICS, ("", "_mean")):
        name, words = f"bd_{metric}{end}", ", mean curve" if end else ""
        if any(getattr(point, name) is not None for point in points):
            columns[f"{METRICS[metric].label}{words}, against {anchors}"] = partial(_percent, name)
    return Table.of(points, columns)


def _percent(name: str, point: TrainingPoint) -> str:
    value = getattr(point, name)
    return "" if value is None else f"{value:+.1f} %".replace("-", MINUS)


BENCH: Bench[BasePlan, Any, TrainingPoint] = Bench(
    name="training",
    columns=(ROWS,),
    title="Training",
    tables=tables,
)
