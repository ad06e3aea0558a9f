"""Rows -> `guided.md`, and the tables of the docs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate.guided.rows import (
    COMPRESS,
    COMPRESSED,
    DENOISE,
    DENOISED,
    Compressed,
    Denoised,
)
from pellucid.evaluate.report import write_page
from pellucid.evaluate.table import MINUS, table

REPORT = "guided.md"
NOT_YET = "Not measured yet."
PEER = "guided filter"
NAMES = {
    "roadscene": "RoadScene: infrared by visible",
    "rgbd": "RGB-D: depth by colour, not registered",
    "motorcycle": "Motorcycle: disparity by colour",
}


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make `guided.md` of all rows in `folder`; InputError if there are none."""
    if not any((folder / name).exists() for name in (DENOISE, COMPRESS)):
        raise InputError(f"no rows in {folder}; make them with: pellucid bench guided")
    parts = ["# Guided", denoise_section(folder), compress_section(folder)]
    text = "\n\n".join(parts) + "\n"
    return text, [write_page(folder / REPORT, text)]


def denoise_section(folder: Path) -> str:
    """Mean PSNR of each set of pairs, and what the guide changed."""
    path = folder / DENOISE
    rows = DENOISED.read(path) if path.exists() else []
    if not rows:
        return NOT_YET
    header = ["pairs", "pictures", "noisy", "guided filter", "unguided", "guided", "guide rotated"]
    header += ["guided, least and most gained", "rotated, least gained"]
    body = []
    for pairs in dict.fromkeys(row.pairs for row in rows):
        own = [row for row in rows if row.pairs == pairs]
        alone = scores(own, "unguided")
        guided, turned = (scores(own, method) for method in ("guided", "turned"))
        gained, lost = guided - alone, turned - alone
        cells = [f"{scores(own, 'noisy').mean():.2f}", f"{best_peer(own):.2f}"]
        cells += [f"{alone.mean():.2f}"]
        cells += [
            f"{part.mean():.2f} ({signed(float(d.mean()))})"
            for part, d in ((guided, gained), (turned, lost))
        ]
        cells += [
            f"{signed(float(gained.min()))}, {signed(float(gained.max()))}",
            signed(float(lost.min())),
        ]
        body.append([NAMES.get(pairs, pairs), str(len(alone)), *cells])
    sigma = ", ".join(dict.fromkeys(f"{row.sigma:g}" for row in rows))
    note = (
        f"PSNR in dB, mean over pictures; Gaussian noise of sigma {sigma} of 255 (for depth and "
        "disparity, of 255ths of the picture's largest), known to all. The guided filter has its "
        "best radius and epsilon for each set of pairs."
    )
    return f"{note}\n\n{table(header, body)}"


def compress_section(folder: Path) -> str:
    """Bytes of lossless files, apart and together."""
    path = folder / COMPRESS
    rows = COMPRESSED.read(path) if path.exists() else []
    if not rows:
        return NOT_YET
    header = ["pairs", "pictures", "guide alone", "picture alone", "both in one", "saved"]
    header += ["of the picture", "least and most"]
    body = []
    for pairs in dict.fromkeys(row.pairs for row in rows):
        own = [row for row in rows if row.pairs == pairs]
        guide, picture, both = (
            sum(getattr(row, f"{name}_bytes") for row in own)
            for name in ("guide", "picture", "together")
        )
        each = [100 * saved(row) / row.picture_bytes for row in own]
        less = guide + picture - both
        body.append(
            [
                NAMES.get(pairs, pairs),
                str(len(own)),
                *(f"{size:,}" for size in (guide, picture, both, less)),
                f"{100 * less / picture:.2f} %".replace("-", MINUS),
                f"{min(each):.2f}, {max(each):.2f} %".replace("-", MINUS),
            ]
        )
    return f"Bytes of lossless files, whole; each was decoded.\n\n{table(header, body)}"


def saved(row: Compressed) -> int:
    """Bytes less in one file than in two."""
    return row.guide_bytes + row.picture_bytes - row.together_bytes


def scores(rows: Sequence[Denoised], method: str) -> np.ndarray:
    """PSNR of each picture, in order."""
    return np.array([row.psnr for row in rows if row.method == method])


def best_peer(rows: Sequence[Denoised]) -> float:
    """The best mean of any setting of the guided filter."""
    settings = dict.fromkeys(row.method for row in rows if row.method.startswith(PEER))
    return max(float(scores(rows, method).mean()) for method in settings)


def signed(number: float) -> str:
    """With its sign, in typographic form."""
    return f"{number:+.2f}".replace("-", MINUS)


# Name of the markers -> what stands between them.
SECTIONS: dict[str, Callable[[Path], str]] = {
    "guided-denoise": denoise_section,
    "guided-compress": compress_section,
}
