"""Rows of `bench guided` -> `guided.md`, and the tables of the docs.

DIR/guided-denoise.tsv    a row a pair and method
DIR/guided-compress.tsv   a row a pair
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate.bench import Part
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import MINUS, Table, signed

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
    parts: list[Part] = []
    for heading, made in (
        ("Denoising", denoised(folder)),
        ("Lossless files", compressed(folder)),
    ):
        parts += [f"## {heading}", *made] if made else []
    return parts


def denoised(folder: Path) -> list[Part]:
    """Mean PSNR of each set of pairs, and what the guide changed."""
    rows = DENOISED.load(folder)
    if not rows:
        return []
    header = ["pairs", "pictures", "noisy", "guided filter", "unguided", "guided", "guide rotated"]
    header += ["guided, least and most gained", "rotated, least gained"]
    body = []
    for pairs in dict.fromkeys(row.pairs for row in rows):
        own = [row for row in rows if row.pairs == pairs]
        noisy, alone, guided, turned = (
            scores(own, method) for method in ("noisy", "unguided", "guided", "turned")
        )
        gained, lost = guided - alone, turned - alone
        body.append(
            [
                PAIRS.get(pairs, pairs),
                str(len(alone)),
                *(f"{mean:.2f}" for mean in (noisy.mean(), best_peer(own), alone.mean())),
                f"{guided.mean():.2f} ({signed(gained.mean())})",
                f"{turned.mean():.2f} ({signed(lost.mean())})",
                f"{signed(gained.min())}, {signed(gained.max())}",
                signed(lost.min()),
            ]
        )
    sigma = ", ".join(dict.fromkeys(f"{row.sigma:g}" for row in rows))
    note = (
        f"PSNR in dB, mean over pictures; Gaussian noise of sigma {sigma} of 255 (for depth and "
        "disparity, of 255ths of the picture's largest), known to all. The guided filter has its "
        "best radius and epsilon for each set of pairs."
    )
    return [note, Table(header, body)]


def scores(rows: Sequence[Denoised], method: str) -> NDArray[np.float64]:
    """PSNR of each picture, in order."""
    return np.array([row.psnr for row in rows if row.method == method])


def best_peer(rows: Sequence[Denoised]) -> float:
    """The best mean of any setting of the guided filter."""
    settings = dict.fromkeys(row.method for row in rows if row.method.startswith(PEER))
    return max(float(scores(rows, method).mean()) for method in settings)


def compressed(folder: Path) -> list[Part]:
    """Bytes of lossless files, apart and together."""
    rows = COMPRESSED.load(folder)
    if not rows:
        return []
    header = ["pairs", "pictures", "guide alone", "picture alone", "both in one", "saved"]
    header += ["of the picture", "least and most"]
    body = []
    for pairs in dict.fromkeys(row.pairs for row in rows):
        own = [row for row in rows if row.pairs == pairs]
        names = ("guide_bytes", "picture_bytes", "together_bytes", "saved")
        sizes = [sum(getattr(row, name) for row in own) for name in names]
        each = [100 * row.saved / row.picture_bytes for row in own]
        body.append(
            [
                PAIRS.get(pairs, pairs),
                str(len(own)),
                *(f"{size:,}" for size in sizes),
                f"{100 * sizes[3] / sizes[1]:.2f} %".replace("-", MINUS),
                f"{min(each):.2f}, {max(each):.2f} %".replace("-", MINUS),
            ]
        )
    return ["Bytes of lossless files, whole; each was decoded.", Table(header, body)]
