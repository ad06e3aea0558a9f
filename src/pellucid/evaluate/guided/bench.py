"""`bench guided`: pairs x methods -> rows, written as they come.

Noise is added with a fixed seed, in the picture's unit, and neither clipped nor rounded. The guide
is used as it is; once it is turned by half a turn, so that it shows something else: then nothing
may be lost. Files are decoded, and a row is kept only if all came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.errors import OutputError, PellucidError
from pellucid.evaluate.guided import guided_filter as peer
from pellucid.evaluate.guided.inputs import GuidedPair, find_pairs
from pellucid.evaluate.guided.rows import (
    COMPRESS,
    COMPRESSED,
    DENOISE,
    DENOISED,
    Compressed,
    Denoised,
)
from pellucid.evaluate.rows import Row, Rows
from pellucid.runtime import load_denoiser, load_guide

TASKS = ("denoise", "compress")
LEAST = 1e-3  # a known sample of 0 or less would be a hole

Notify = Callable[[str], None]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run; `data` may be None for pairs that need none."""

    pairs: str
    data: Path | None
    out: Path
    tasks: tuple[str, ...] = TASKS
    sigma: float = 25.0
    model: str = "m"
    images: int | None = None


def run(plan: Plan, notify: Notify = lambda _line: None) -> None:
    """Run a bench; rows end up in `plan.out`, in place of earlier ones of the same pairs.

    Raises:
        OptionError: unknown pairs.
        InputError: no pictures.
        OutputError: the folder can't be written.
    """
    denoised: list[Denoised] = []
    compressed: list[Compressed] = []
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    for seed, pair in enumerate(find_pairs(plan.pairs, plan.data, plan.images)):
        notify(f"{plan.pairs}, {pair.name}")
        if "compress" in plan.tasks:
            compressed.append(compress(pair, plan))
            keep(plan, COMPRESSED, COMPRESS, compressed)
        if "denoise" in plan.tasks:
            denoised += denoise(pair, plan, seed)
            keep(plan, DENOISED, DENOISE, denoised)


def keep(plan: Plan, rows: Rows[Row], name: str, new: list[Row]) -> None:
    """Put `new` in place of the rows of its pairs."""
    path = plan.out / name
    before = rows.read(path) if path.exists() else []
    kept = [row for row in before if row.pairs != plan.pairs]  # type: ignore[attr-defined]
    rows.write(path, [*kept, *new])


def compress(pair: GuidedPair, plan: Plan) -> Compressed:
    """Sizes of three lossless files."""
    alone = [pellucid.compress(part, lossless=True) for part in (pair.guide, pair.picture)]
    both = pellucid.compress(pair.picture, lossless=True, guide=pair.guide)
    back = [pellucid.decompress(both, which=which) for which in ("guide", "picture")]
    for source, decoded in zip((pair.guide, pair.picture), back, strict=True):
        if decoded.dtype != source.dtype or not np.array_equal(decoded, source):
            raise PellucidError(f"{pair.name}: what came back isn't what went in")
    height, width = pair.picture.shape
    return Compressed(
        plan.pairs,
        pair.name,
        width,
        height,
        len(alone[0]),
        len(alone[1]),
        len(both),
        f"pellucid {pellucid.__version__}",
    )


def denoise(pair: GuidedPair, plan: Plan, seed: int) -> list[Denoised]:
    """Each method's PSNR of one picture."""
    sigma = plan.sigma / 255 * pair.peak
    noise = np.random.default_rng(seed).normal(0, sigma, pair.picture.shape)
    noisy = pair.picture + noise
    if pair.holes:
        noisy = np.where(pair.known, np.maximum(noisy, LEAST * pair.peak), 0)
    noisy = noisy.astype(np.float32)
    height, width = pair.picture.shape
    return [
        Denoised(
            plan.pairs,
            pair.name,
            method,
            width,
            height,
            plan.sigma,
            round(psnr(clean, pair), 4),
            version,
        )
        for method, version, clean in results(pair, noisy, sigma, plan.model)
    ]


def results(
    pair: GuidedPair, noisy: NDArray[np.floating[Any]], sigma: float, model: str
) -> Iterator[tuple[str, str, NDArray[np.floating[Any]]]]:
    """Method, version and picture."""
    yield "noisy", "", noisy
    own = f"pellucid {pellucid.__version__}, {model} {load_denoiser(model).id.hex()[:8]}"
    guides = {"unguided": None, "guided": pair.guide, "turned": pair.guide[::-1, ::-1]}
    for method, guide in guides.items():
        nodata = 0 if pair.holes else None
        clean = pellucid.denoise(noisy, sigma=sigma, guide=guide, nodata=nodata, model=model)
        if pair.holes and not np.array_equal(clean == 0, noisy == 0):
            raise PellucidError(f"{pair.name}: holes came or went")
        read = "" if guide is None else f", guide {load_guide().card['id'][:8]}"
        yield method, own + read, clean
    for radius in peer.RADII:
        for ridge in peer.RIDGES:
            clean = peer.guided_filter(
                noisy.astype(np.float64), pair.guide / 255, pair.known, radius, ridge
            )
            yield f"guided filter, radius {radius}, epsilon {ridge:g}", "He 2010", clean


def psnr(clean: NDArray[np.floating[Any]], pair: GuidedPair) -> float:
    """Over known samples."""
    off = np.clip(clean, 0, pair.peak)[pair.known] - pair.picture[pair.known].astype(np.float64)
    return float(-10 * np.log10(np.mean(np.square(off / pair.peak))))
