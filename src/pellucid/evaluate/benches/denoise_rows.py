"""The rows of `bench denoise`, and the few numbers worth showing that are made of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.rows import Rows

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


@dataclass(frozen=True, slots=True)
class Estimate:
    """One picture: `level` is the sigma of the noise added, `sigma` what was measured."""

    data: str
    level: float
    image: str
    width: int
    height: int
    sigma: float
    seconds: float
    version: str

    @property
    def error(self) -> float:
        """Measured over true, less 1."""
        return self.sigma / self.level - 1


SWEEP = Rows(DenoiseResult, "denoise-{task}-{method}.tsv")
SPEED_ROWS = Rows(DenoiseTiming, "denoise-speed.tsv")
ESTIMATES = Rows(Estimate, "denoise-estimate.tsv")


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


def methods_in(rows: Iterable[DenoiseResult]) -> list[str]:
    """Names of the methods, each once, in the order of tables."""
    return DENOISERS.in_order(row.method for row in rows)


def scores(
    rows: Sequence[DenoiseResult], images: Mapping[float, frozenset[str]] | None = None
) -> dict[Cell, Score]:
    """Means over the pictures of each method, or over `images` of each level.

    Args:
        rows: of one task and one folder of pictures.
        images: by level; methods that lack one of them have no score there.
    """
    cells: dict[Cell, dict[str, dict[str, DenoiseResult]]] = {}
    for row in rows:
        told = cells.setdefault((row.method, row.level), {}).setdefault(row.told, {})
        told[row.image] = row
    found: dict[Cell, Score] = {}
    for (method, level), tried in cells.items():
        common = frozenset.intersection(*(frozenset(by_image) for by_image in tried.values()))
        wanted = common if images is None else images.get(level, frozenset())
        if wanted and wanted <= common:
            found[method, level] = _best(tried, wanted)
    return found


def _best(tried: Mapping[str, Mapping[str, DenoiseResult]], images: frozenset[str]) -> Score:
    """The telling with the highest mean PSNR over `images`."""
    means = {
        told: statistics.fmean(by_image[image].psnr for image in images)
        for told, by_image in tried.items()
    }
    told = max(means, key=lambda name: means[name])
    chosen = [tried[told][image] for image in sorted(images)]
    similarities = [row.ssim for row in chosen if row.ssim is not None]
    return Score(
        images=images,
        noisy=statistics.fmean(row.noisy_psnr for row in chosen),
        psnr=means[told],
        ssim=statistics.fmean(similarities) if len(similarities) == len(chosen) else None,
        told=told,
        tried=tuple(sorted(tried, key=lambda t: (float(t) if t[0].isdigit() else 0.0, t))),
    )


def widest(found: Mapping[Cell, Score]) -> dict[float, frozenset[str]]:
    """The biggest set of pictures at each level."""
    sets: dict[float, frozenset[str]] = {}
    for (_method, level), score in found.items():
        if len(score.images) > len(sets.get(level, ())):
            sets[level] = score.images
    return sets


def shared(found: Mapping[Cell, Score]) -> dict[float, frozenset[str]]:
    """The pictures that all methods of a level have; levels without any are left out."""
    sets: dict[float, frozenset[str]] = {}
    for (_method, level), score in found.items():
        sets[level] = sets.get(level, score.images) & score.images
    return {level: images for level, images in sets.items() if images}


def seconds_per_megapixel(rows: Sequence[DenoiseResult]) -> dict[str, float]:
    """Of each method in a speed table, over the pictures that all were timed on."""
    by_method = {name: [r for r in rows if r.method == name] for name in methods_in(rows)}
    if not by_method:
        return {}
    common = set.intersection(*({r.image for r in own} for own in by_method.values()))
    return {
        name: sum(r.seconds for r in own if r.image in common)
        / sum(r.width * r.height / 1e6 for r in own if r.image in common)
        for name, own in by_method.items()
        if common
    }


def quartiles_per_megapixel(rows: Sequence[DenoiseTiming]) -> dict[str, tuple[float, float]]:
    """The same from the lower and the upper quartile of the runs; empty where a row lacks them."""
    if any(row.seconds_low is None or row.seconds_high is None for row in rows):
        return {}
    low = seconds_per_megapixel([replace(row, seconds=row.seconds_low or 0.0) for row in rows])
    high = seconds_per_megapixel([replace(row, seconds=row.seconds_high or 0.0) for row in rows])
    return {name: (low[name], high[name]) for name in low}
