"""`bench guided`: pictures denoised and compressed with the help of an aligned one.

Noise is added with a fixed seed, in the picture's unit, and neither clipped nor rounded. The guide
is used as it is; once it is turned by half a turn, so that it shows something else: then nothing
may be lost. Files are decoded, and a row is kept only if all came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.errors import PellucidError
from pellucid.evaluate.bench import Bench, Case, Turn
from pellucid.evaluate.benches import guided_tables as tables
from pellucid.evaluate.benches.guided_pairs import GuidedPair, find_pairs
from pellucid.evaluate.benches.guided_tables import (
    COMPRESSED,
    DENOISED,
    PAIRS,
    PEER,
    Compressed,
    Denoised,
)
from pellucid.evaluate.peers.guided_filter import RADII, RIDGES, guided_filter
from pellucid.evaluate.plan import BasePlan, Option, Wish
from pellucid.runtime import load_denoiser, load_guide

LEAST = 1e-3  # a known sample of 0 or less would be a hole

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Infrared guided by visible light, depth guided by colour.

    Denoising without a guide, with it, with a guide that doesn't fit, and by the guided filter;
    lossless files of guide and picture apart and in one.
    """

    pairs: Annotated[str, Option("How the files lie.", choices=tuple(PAIRS))]
    data: Annotated[Path | None, Option("Folder; motorcycle needs none.")] = None
    task: Annotated[
        str | None, Option("Only this.  [default: both]", choices=("denoise", "compress"))
    ] = None
    sigma: Annotated[
        float, Option("Noise, of 255; for depth of 255ths of the largest.", over=0)
    ] = 25.0
    model: Annotated[str, Option("The denoiser.")] = "m"
    images: Annotated[int | None, Option("Only the first N pairs.", least=1)] = None
    threads: int = 2
    fresh: Annotated[bool, Option("Forget earlier rows of these pairs.")] = False

    @classmethod
    def wished(cls, wish: Wish) -> list[Self]:
        """The pair that scikit-image ships: other pairs have folders of their own."""
        return [wish.plan(cls, pairs="motorcycle", model=wish.models[0])]

    @property
    def cases(self) -> list[Case]:
        """The pairs."""
        return find_pairs(self.pairs, self.data, self.images)


class Way(NamedTuple):
    """A way to denoise: pair, noisy picture, sigma -> the picture without noise."""

    name: str
    version: str
    clean: Callable[[GuidedPair, Floats, float], Floats]
    threading: str = "as asked for"


def ways(plan: Plan) -> tuple[list[Way], dict[str, str]]:
    """None, pellucid's without and with a guide, and the guided filter at each setting."""
    own = f"pellucid {pellucid.__version__}, {plan.model} {load_denoiser(plan.model).id.hex()[:8]}"
    guide = f"{own}, guide {load_guide().card['id'][:8]}"
    return [
        Way("noisy", "", lambda _pair, noisy, _sigma: noisy),
        Way("unguided", own, partial(by_pellucid, plan.model, lambda _: None)),
        Way("guided", guide, partial(by_pellucid, plan.model, lambda one: one)),
        Way("turned", guide, partial(by_pellucid, plan.model, lambda one: one[::-1, ::-1])),
        *(
            Way(f"{PEER}, radius {radius}, epsilon {ridge:g}", "He 2010", filtered(radius, ridge))
            for radius in RADII
            for ridge in RIDGES
        ),
    ], {}


def by_pellucid(
    model: str, turned: Callable[[Any], Any], pair: GuidedPair, noisy: Floats, sigma: float
) -> Floats:
    """pellucid's denoiser; PellucidError if holes come or go."""
    nodata = 0 if pair.holes else None
    clean = pellucid.denoise(
        noisy, sigma=sigma, guide=turned(pair.guide), nodata=nodata, model=model
    )
    if pair.holes and not np.array_equal(clean == 0, noisy == 0):
        raise PellucidError("holes came or went")
    return clean


def filtered(radius: int, ridge: float) -> Callable[[GuidedPair, Floats, float], Floats]:
    """The guided filter."""
    return lambda pair, noisy, _sigma: guided_filter(
        noisy.astype(np.float64), pair.guide / 255, pair.known, radius, ridge
    )


def denoise(turn: Turn[Plan, Way]) -> Iterator[Denoised]:
    """Each method's PSNR of one picture."""
    pair, plan = turn.data, turn.plan
    sigma = plan.sigma / 255 * pair.peak
    noisy = pair.picture + np.random.default_rng(turn.case.about).normal(
        0, sigma, pair.picture.shape
    )
    if pair.holes:
        noisy = np.where(pair.known, np.maximum(noisy, LEAST * pair.peak), 0)
    noisy = noisy.astype(np.float32)
    about = (turn.plan.pairs, turn.case.name)
    yield from [  # all or none, as they are compared
        Denoised(
            *about,
            method=way.name,
            width=pair.picture.shape[1],
            height=pair.picture.shape[0],
            sigma=plan.sigma,
            psnr=round(psnr(way.clean(pair, noisy, sigma), pair), 4),
            version=way.version,
        )
        for way, _ in turn.todo
    ]


def psnr(clean: Floats, pair: GuidedPair) -> float:
    """Over known samples."""
    off = np.clip(clean, 0, pair.peak)[pair.known] - pair.picture[pair.known].astype(np.float64)
    return float(-10 * np.log10(np.mean(np.square(off / pair.peak))))


class Packer(NamedTuple):
    """The one method: lossless files of this version."""

    version: str = f"pellucid {pellucid.__version__}"
    name: str = "pellucid"
    threading: str = "as asked for"


def compress(turn: Turn[Plan, Packer]) -> Iterator[Compressed]:
    """Sizes of three lossless files; PellucidError if one doesn't come back."""
    pair, ((one, _),) = turn.data, turn.todo
    sources = (pair.guide, pair.picture)
    alone = [pellucid.compress(part, lossless=True) for part in sources]
    both = pellucid.compress(pair.picture, lossless=True, guide=pair.guide)
    back = [pellucid.decompress(both, which=which) for which in ("guide", "picture")]
    for source, decoded in zip(sources, back, strict=True):
        if decoded.dtype != source.dtype or not np.array_equal(decoded, source):
            raise PellucidError("what came back isn't what went in")
    height, width = pair.picture.shape
    sizes = (len(alone[0]), len(alone[1]), len(both))
    yield Compressed(turn.plan.pairs, turn.case.name, width, height, *sizes, one.version)


def what(plan: Plan) -> str:
    """Both kinds of rows in words."""
    return f"guided: {plan.pairs}"


DENOISE: Bench[Plan, Way, Denoised] = Bench(
    name="guided",
    columns=(DENOISED,),
    cases=lambda plan: plan.cases,
    methods=ways,
    wanted=lambda plan, case, way: [(plan.pairs, case.name, way.name)],
    measure=denoise,
    key=lambda row: (row.pairs, row.picture, row.method),
    order=lambda row: (list(PAIRS).index(row.pairs), row.picture),
    usable=lambda plan, found, row: (
        row.pairs != plan.pairs
        or (
            not plan.fresh
            and row.sigma == plan.sigma
            and row.version in {way.version for way in found if way.name == row.method}
        )
    ),
    what=what,
)
COMPRESS: Bench[Plan, Packer, Compressed] = Bench(
    name="guided",
    columns=(COMPRESSED,),
    cases=lambda plan: plan.cases,
    methods=lambda _plan: ((Packer(),), {}),
    wanted=lambda plan, case, _one: [(plan.pairs, case.name)],
    measure=compress,
    key=lambda row: (row.pairs, row.picture),
    order=lambda row: (list(PAIRS).index(row.pairs), row.picture),
    usable=lambda plan, found, row: (
        row.pairs != plan.pairs or (not plan.fresh and row.version == found[0].version)
    ),
    what=what,
)
STEPS: dict[str, Bench[Plan, Any, Any]] = {"compress": COMPRESS, "denoise": DENOISE}
BENCH: Bench[Plan, Any, Any] = Bench(
    name="guided",
    columns=(DENOISED, COMPRESSED),
    plan=Plan,
    title="With a guide",
    report="guided.md",
    tables=tables.report,
    sections={"guided-denoise": tables.denoised, "guided-compress": tables.compressed},
    steps=lambda plan: [STEPS[task] for task in STEPS if plan.task in (None, task)],
    wished=Plan.wished,
    quick=True,
    what=what,
)
