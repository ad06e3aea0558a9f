"""Rows of `bench guided` -> `guided.md`, and the tables of the docs.

DIR/guided-denoise.tsv    a row a pair and method
DIR/guided-compress.tsv   a row a pair
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate.bench import Part
from pellucid.evaluate.rows import Row, Rows
from pellucid.evaluate.table import Table, grouped, signed

PEER = "guided filter"
PAIRS = {
    "roadscene": "RoadScene: infrared by visible",
    "rgbd": "RGB-D: depth by colour, not registered",
    "motorcycle": "Motorcycle: disparity by colour",
}


@dataclass(frozen=True, slots=True)
class Denoised:
    """A picture with Gaussian noise of `sigma` (of 255, or of 255ths of the largest depth).

    `psnr` counts known samples only, clipped to 0 .. peak.
    """

    pairs: str
    picture: str
    method: str
    width: int
    height: int
    sigma: float
    psnr: float
    version: str


@dataclass(frozen=True, slots=True)
class Compressed:
    """Bytes of lossless files: of the guide, of the picture, and of both in one."""

    pairs: str
    picture: str
    width: int
    height: int
    guide_bytes: int
    picture_bytes: int
    together_bytes: int
    version: str

    @property
    def saved(self) -> int:
        """Bytes less in one file than in two."""
        return self.guide_bytes + self.picture_bytes - self.together_bytes


DENOISED = Rows(Denoised, "guided-denoise.tsv")
COMPRESSED = Rows(Compressed, "guided-compress.tsv")


def report(folder: Path) -> list[Part]:
    """Both tables, each under its heading."""
    made = {"Denoising": denoised(folder), "Lossless files": compressed(folder)}
    return [part for name, parts in made.items() if parts for part in (f"## {name}", *parts)]


def in_sets(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows by their pairs, in the order of the files."""
    return [*grouped(rows, lambda row: list(PAIRS).index(row.pairs)).values()]  # type: ignore[attr-defined]  # both kinds


def denoised(folder: Path) -> list[Part]:
    """Mean PSNR of each set of pairs, and what the guide changed."""
    rows = DENOISED.load(folder)
    if not rows:
        return []

    def changed(own: Sequence[Denoised], method: str) -> NDArray[np.float64]:
        return scores(own, method) - scores(own, "unguided")

    def gain(own: Sequence[Denoised], method: str) -> str:
        return f"{scores(own, method).mean():.2f} ({signed(changed(own, method).mean())})"

    columns: dict[str, Callable[[list[Denoised]], str]] = {
        "pairs": lambda own: PAIRS[own[0].pairs],
        "pictures": lambda own: str(len(scores(own, "unguided"))),
        "noisy": lambda own: f"{scores(own, 'noisy').mean():.2f}",
        PEER: lambda own: f"{best_peer(own):.2f}",
        "unguided": lambda own: f"{scores(own, 'unguided').mean():.2f}",
        "guided": lambda own: gain(own, "guided"),
        "guide rotated": lambda own: gain(own, "turned"),
        "guided, least and most gained": lambda own: ", ".join(
            signed(end(changed(own, "guided"))) for end in (min, max)
        ),
        "rotated, least gained": lambda own: signed(min(changed(own, "turned"))),
    }
    sigma = ", ".join(dict.fromkeys(f"{row.sigma:g}" for row in rows))
    note = (
        f"PSNR in dB, mean over pictures; Gaussian noise of sigma {sigma} of 255 (for depth and "
        "disparity, of 255ths of the picture's largest), known to all. The guided filter has its "
        "best radius and epsilon for each set of pairs."
    )
    return [note, Table.of(in_sets(rows), columns)]


def scores(rows: Sequence[Denoised], method: str) -> NDArray[np.float64]:
    """PSNR of each picture, in order."""
    return np.array([row.psnr for row in rows if row.method == method])


def best_peer(rows: Sequence[Denoised]) -> float:
    """The best mean of any setting of the guided filter."""
    settings = {row.method for row in rows if row.method.startswith(PEER)}
    return max(float(scores(rows, method).mean()) for method in settings)


def compressed(folder: Path) -> list[Part]:
    """Bytes of lossless files, apart and together."""
    rows = COMPRESSED.load(folder)
    if not rows:
        return []

    def whole(own: Sequence[Compressed], name: str) -> int:
        return sum(getattr(row, name) for row in own)

    def shares(own: Sequence[Compressed]) -> list[float]:
        return [100 * row.saved / row.picture_bytes for row in own]

    columns: dict[str, Callable[[list[Compressed]], str]] = {
        "pairs": lambda own: PAIRS[own[0].pairs],
        "pictures": lambda own: str(len(own)),
        "guide alone": lambda own: f"{whole(own, 'guide_bytes'):,}",
        "picture alone": lambda own: f"{whole(own, 'picture_bytes'):,}",
        "both in one": lambda own: f"{whole(own, 'together_bytes'):,}",
        "saved": lambda own: f"{whole(own, 'saved'):,}",
        "of the picture": lambda own: (
            f"{100 * whole(own, 'saved') / whole(own, 'picture_bytes'):.2f} %"
        ),
        "least and most": lambda own: f"{min(shares(own)):.2f}, {max(shares(own)):.2f} %",
    }
    table = Table.of(in_sets(rows), columns)
    return ["Bytes of lossless files, whole; each was decoded.", table]
