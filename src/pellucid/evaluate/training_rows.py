"""BD-rate over minutes of training (`tools/training_curve.py`): typed rows, and their table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pellucid.evaluate.report import MINUS, table
from pellucid.evaluate.tsv import Table

PREFIX = "training-"


@dataclass(frozen=True, slots=True)
class TrainingPoint:
    """A checkpoint: `bd_rate_webp` is per cent of WebP's rate at equal quality."""

    minutes: float
    steps: int
    megapixels: int
    bd_rate_webp: float


TABLE = Table(TrainingPoint)


def files_in(folder: Path) -> list[Path]:
    """A file a model, by name."""
    return sorted(folder.glob(f"{PREFIX}*.tsv"))


def model_of(path: Path) -> str:
    """`training-m.tsv` -> `m`."""
    return path.stem.removeprefix(PREFIX)


def training_tables(folder: Path) -> str:
    """A table a model, as Markdown; InputError for a file that can't be read."""
    header = ["minutes on one core", "steps", "megapixels seen", "against WebP"]
    parts = []
    for path in files_in(folder):
        body = [
            [
                f"{row.minutes:.0f}",
                f"{row.steps:,}",
                f"{row.megapixels:,}",
                f"{row.bd_rate_webp:+.1f} %".replace("-", MINUS),
            ]
            for row in TABLE.read(path)
        ]
        parts += [f"## Codec {model_of(path)}", table(header, body)]
    return "\n\n".join(parts) + "\n"
