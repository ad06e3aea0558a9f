"""Ways to denoise many bands (`tools/denoise_bands.py`): one typed row each, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import table

FILE = "denoise-bands.tsv"


@dataclass(frozen=True, slots=True)
class BandWay:
    """One way on one picture.

    Attributes:
        crop: samples a side, at most, from the picture's middle.
        level: of the added noise, in standard deviations of each clean band.
        psnr: dB over 5 of them, the mean of all bands.
    """

    picture: str
    crop: int
    level: float
    way: str
    psnr: float
    seconds: float


TABLE = Rows(BandWay)


def load_rows(folder: Path) -> list[BandWay]:
    """Kept rows; none if nothing was measured. InputError for a file that can't be read."""
    path = folder / FILE
    return TABLE.read(path) if path.exists() else []


def bands_table(rows: Sequence[BandWay]) -> str:
    """A row a picture and way; `rows` holds at least one."""
    levels = sorted({row.level for row in rows})
    header = ["picture", "way", *(f"noise {x:g} of a band's spread, dB" for x in levels)]
    found = {(row.picture, row.way, row.level): row.psnr for row in rows}
    body = [
        [picture, way, *(f"{found[key]:.2f}" if (key := (picture, way, x)) in found else ""
                         for x in levels)]
        for picture, way in dict.fromkeys((row.picture, row.way) for row in rows)
    ]  # fmt: skip
    return table(header, body)
