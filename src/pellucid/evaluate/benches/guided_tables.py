"""Rows of `bench guided` -> `guided.md`, and the tables of the docs.

DIR/guided-denoise.tsv    a row a pair and method
DIR/guided-compress.tsv   a row a pair
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.evaluate.bench import Part
from pellucid.evaluate.rows import Rows
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


def denoised(folder: Path) -> list[Part]:
    """Mean PSNR of each set of pairs, and what the guide changed."""
    rows = DENOISED.load(folder)
    if not rows:
        return []
    body = []
    for pairs, own in grouped(rows, lambda row: list(PAIRS).index(row.pairs)).items():
        found = {
            way: np.array([r.psnr for r in some])
            for way, some in grouped(own, lambda row: row.method).items()
        }
        noisy, alone, guided, turned = (found[n] for n in ("noisy", "unguided", "guided", "turned"))
        peer = max(psnr.mean() for way, psnr in found.items() if way.startswith(PEER))
        gain, loss = guided - alone, turned - alone
        body.append(
            [
                [*PAIRS.values()][pairs],
                str(len(alone)),
                *(f"{mean:.2f}" for mean in (noisy.mean(), peer, alone.mean())),
                f"{guided.mean():.2f} ({signed(gain.mean())})",
                f"{turned.mean():.2f} ({signed(loss.mean())})",
                f"{signed(gain.min())}, {signed(gain.max())}",
                signed(loss.min()),
            ]
        )
    sigma = ", ".join(dict.fromkeys(f"{row.sigma:g}" for row in rows))
    note = (
        f"PSNR in dB, mean over pictures; Gaussian noise of sigma {sigma} of 255 (for depth and "
        "disparity, of 255ths of the picture's largest), known to all. The guided filter has its "
        "best radius and epsilon for each set of pairs."
    )
    header = ["pairs", "pictures", "noisy", "guided filter", "unguided", "guided", "guide rotated"]
    header += ["guided, least and most gained", "rotated, least gained"]
    return [note, Table(header, body)]


def compressed(folder: Path) -> list[Part]:
    """Bytes of lossless files, apart and together."""
    body = []
    rows = COMPRESSED.load(folder)
    for pairs, own in grouped(rows, lambda row: list(PAIRS).index(row.pairs)).items():
        names = ("guide_bytes", "picture_bytes", "together_bytes", "saved")
        sizes = [sum(getattr(row, name) for row in own) for name in names]
        each = [100 * row.saved / row.picture_bytes for row in own]
        cells = [*(f"{size:,}" for size in sizes), f"{100 * sizes[3] / sizes[1]:.2f} %"]
        cells += [f"{min(each):.2f}, {max(each):.2f} %"]
        body.append([[*PAIRS.values()][pairs], str(len(own)), *cells])
    header = ["pairs", "pictures", "guide alone", "picture alone", "both in one", "saved"]
    table = Table([*header, "of the picture", "least and most"], body)
    return ["Bytes of lossless files, whole; each was decoded.", table] if body else []
