"""The rows of `bench denoise`, and the means that its tables show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import grouped

Cell = tuple[str, float]  # method, level


@dataclass(frozen=True, slots=True)
class DenoiseResult:
    """One picture denoised once.

    `data` is the folder's name; `level` what the task makes of it (sigma, JPEG quality, 0 where
    there is nothing to choose); `told` what the method knew: `auto`, `line` or a sigma. PSNR in dB
    over all samples, clipped to 0..255 and not rounded, `noisy_psnr` before and `psnr` after.
    `seconds` is the wall time of a single run (`repeats` 1, don't quote it), or in the speed table
    the median of `repeats`.
    """

    method: str
    task: str
    data: str
    level: float
    told: str
    image: str
    width: int
    height: int
    noisy_psnr: float
    psnr: float
    ssim: float | None
    seconds: float
    threads: int
    repeats: int
    version: str


@dataclass(frozen=True, slots=True)
class DenoiseTiming(DenoiseResult):
    """A row of the speed table: quartiles of the runs in seconds, and the peak of resident memory,
    in millions of bytes, of a fresh process that does only this. None where it wasn't measured.
    """

    seconds_low: float | None = None
    seconds_high: float | None = None
    peak_mb: float | None = None


SWEEP = Rows(DenoiseResult, "denoise-{task}-{method}.tsv")
SPEED_ROWS = Rows(DenoiseTiming, "denoise-speed.tsv")


@dataclass(frozen=True, slots=True)
class Score:
    """Means of one method at one level over `images`.

    `told` is what it was told and `tried` all that was tried, of which `told` served it best.
    """

    images: frozenset[str]
    noisy: float
    psnr: float
    ssim: float | None
    told: str
    tried: tuple[str, ...]


def scores(rows: Iterable[DenoiseResult], *, shared: bool = False) -> dict[Cell, Score]:
    """Means of each method at each level over its pictures, those it has with all it was told.

    Args:
        rows: of one task and one folder of pictures.
        shared: only over pictures that all methods of a level have; levels without any have no
            scores.
    """
    tried, images = {}, {}
    for cell, own in grouped(rows, lambda row: (row.method, row.level)).items():
        by_told = grouped(own, lambda row: row.told)
        tried[cell] = {told: {row.image: row for row in same} for told, same in by_told.items()}
        if common := frozenset.intersection(*map(frozenset, tried[cell].values())):
            images[cell] = common
    if shared:
        for cells in grouped(images, lambda cell: cell[1]).values():
            common = frozenset.intersection(*(images[cell] for cell in cells))
            images.update(dict.fromkeys(cells, common))
    return {cell: _best(tried[cell], wanted) for cell, wanted in images.items() if wanted}


def _best(tried: Mapping[str, Mapping[str, DenoiseResult]], images: frozenset[str]) -> Score:
    """The telling with the highest mean PSNR over `images`."""
    rows = {told: [by_image[image] for image in images] for told, by_image in tried.items()}
    means = {told: fmean(row.psnr for row in own) for told, own in rows.items()}
    told = max(means, key=lambda name: means[name])
    similarities = [row.ssim for row in rows[told] if row.ssim is not None]
    return Score(
        images=images,
        noisy=fmean(row.noisy_psnr for row in rows[told]),
        psnr=means[told],
        ssim=fmean(similarities) if len(similarities) == len(images) else None,
        told=told,
        tried=tuple(sorted(tried, key=lambda name: float(name) if name[0].isdigit() else 0.0)),
    )


def per_megapixel(rows: Iterable[DenoiseTiming], column: str = "seconds") -> dict[str, float]:
    """Seconds of each method in a speed table, or its quartiles, over all that it was timed on."""
    found = grouped(rows, lambda row: row.method)
    return {
        name: sum(getattr(row, column) for row in found[name])
        / sum(row.width * row.height / 1e6 for row in found[name])
        for name in DENOISERS.in_order(found)
    }
