"""Denoisers on repeated structure and saturated colours (`tools/structure_tiles.py`): one typed row
a tile, strength and method, and their table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import StatisticsError, correlation, fmean

from pellucid.evaluate.denoisers import in_order, label_of
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import table

FILE = "denoise-structure.tsv"
OWN = "pellucid-m"


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a tile is, and why it was picked.

    Attributes:
        picture: the folder's name and the picture's; y, x: of the tile's corner.
        kind: `repeated`, `saturated` or `random`.
        repeated: height of the second peak of the autocorrelation of the brightness, 0-1.
        period: samples between repetitions; 0 where nothing is repeated.
        saturated: mean of the largest sample of a pixel less its smallest, of 255.
    """

    picture: str
    y: int
    x: int
    kind: str
    repeated: float
    period: float
    saturated: float


@dataclass(frozen=True, slots=True)
class TileScore(Tile):
    """One tile denoised once: PSNR in dB of all samples, clipped and not rounded."""

    sigma: int
    method: str
    psnr: float


TILES, SCORES = Rows(Tile), Rows(TileScore)
GROUPS: dict[str, Callable[[Tile], bool]] = {
    "repeated": lambda tile: tile.kind == "repeated",
    "- period below 25": lambda tile: tile.kind == "repeated" and tile.period < 25,
    "- 25 to 80": lambda tile: tile.kind == "repeated" and 25 <= tile.period <= 80,
    "- above 80": lambda tile: tile.kind == "repeated" and tile.period > 80,
    "saturated": lambda tile: tile.kind == "saturated",
    "random": lambda tile: tile.kind == "random",
}


def load_rows(folder: Path) -> list[TileScore]:
    """Kept rows; none if nothing was measured. InputError for a file that can't be read."""
    path = folder / FILE
    return SCORES.read(path) if path.exists() else []


def structure_table(rows: Sequence[TileScore]) -> str:
    """A row a strength and kind of tile; how much better the others are, and on how many tiles."""
    peers = [name for name in in_order(row.method for row in rows) if name != OWN]
    header = ["tiles", "sigma", label_of(OWN), *(f"{label_of(name)}, more" for name in peers)]
    body = []
    for sigma in sorted({row.sigma for row in rows}):
        own = [row for row in rows if (row.sigma, row.method) == (sigma, OWN)]
        for label, belongs in (*GROUPS.items(), ("correlation with the peak", None)):
            here = [row for row in own if belongs is None or belongs(row)]
            mean = f"{fmean(row.psnr for row in here):.2f}" if here and belongs else ""
            cells = [_gain(here, rows, name, related=belongs is None) for name in peers]
            body.append([label, f"{sigma}", mean, *cells])
    return table(header, body)


def _gain(own: Sequence[TileScore], rows: Sequence[TileScore], name: str, *, related: bool) -> str:
    """Mean gain of a method over `own`, or how it goes with `repeated`, and the number of tiles."""
    theirs = {(row.picture, row.sigma): row.psnr for row in rows if row.method == name}
    both = [row for row in own if (row.picture, row.sigma) in theirs]
    gains = [theirs[row.picture, row.sigma] - row.psnr for row in both]
    try:
        value = correlation(gains, [row.repeated for row in both]) if related else fmean(gains)
    except StatisticsError:  # too few
        return ""
    return f"{value:+.2f} ({len(gains)})"
