"""A codec in training beside an anchor (`tools/training_curve.py`): typed rows, and their table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.bench import Bench, Part
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.plan import BasePlan
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import MINUS, Table

FIRST_QUALITIES = "20,35,50,65,80"


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

    They were made at `FIRST_QUALITIES`.
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
    columns = {
        f"bd_{metric}{end}": f"{METRICS[metric].label}{words}"
        for metric in METRICS
        for end, words in (("", ""), ("_mean", ", mean curve"))
    }
    shown = [name for name in columns if any(getattr(p, name) is not None for p in points)]
    anchors = " or ".join(dict.fromkeys(point.anchor for point in points))
    header = ["minutes", "steps", "megapixels seen"]
    header += [f"{columns[name]}, against {anchors}" for name in shown]
    body = [
        [
            f"{point.minutes:.0f}",
            f"{point.steps:,}",
            f"{point.megapixels:,}",
            *(_percent(getattr(point, name)) for name in shown),
        ]
        for point in points
    ]
    return Table(header, body)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f} %".replace("-", MINUS)


BENCH: Bench[BasePlan, Any, TrainingPoint] = Bench(
    name="training",
    columns=(ROWS,),
    title="Training",
    tables=tables,
)
