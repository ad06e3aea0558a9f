"""Rows of `bench guided`, and where they are kept.

DIR/guided-denoise.tsv    one a pair and method
DIR/guided-compress.tsv   one a pair
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pellucid.evaluate.rows import Rows

DENOISE, COMPRESS = "guided-denoise.tsv", "guided-compress.tsv"


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


DENOISED: Rows[Denoised] = Rows(Denoised)
COMPRESSED: Rows[Compressed] = Rows(Compressed)


def load_denoised(folder: Path) -> list[Denoised]:
    """Kept rows; none if nothing was measured. InputError for a file that can't be read."""
    path = folder / DENOISE
    return DENOISED.read(path) if path.exists() else []


def load_compressed(folder: Path) -> list[Compressed]:
    """The same of files."""
    path = folder / COMPRESS
    return COMPRESSED.read(path) if path.exists() else []
