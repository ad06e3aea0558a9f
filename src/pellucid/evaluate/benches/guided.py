"""`bench guided`: pictures denoised and compressed with the help of an aligned one.

Noise is added with a fixed seed, in the picture's unit, and neither clipped nor rounded. The guide
is used as it is; once it is turned by half a turn, so that it shows something else: then nothing
may be lost. Files are decoded, and a row is kept only if all came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.errors import PellucidError
from pellucid.evaluate.bench import Bench, Turn
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
from pellucid.evaluate.peers.base import Named
from pellucid.evaluate.peers.guided_filter import RADII, RIDGES, guided_filter
from pellucid.evaluate.plan import BasePlan, Option, Wish
from pellucid.evaluate.rows import Rows
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


class Scene(NamedTuple):
    """A pair, its picture with noise, and the noise's sigma, both in the picture's unit."""

    pair: GuidedPair
    noisy: NDArray[np.float32]
    sigma: float


class Way(NamedTuple):
    """A way to denoise: `clean` gives the picture without noise."""

    name: str
    version: str
    clean: Callable[[Scene], Floats]
    threading: str = "as asked for"


def ways(plan: Plan) -> tuple[list[Way], dict[str, str]]:
    """None, pellucid's without and with a guide, and the guided filter at each setting."""
    own = f"pellucid {pellucid.__version__}, {plan.model} {load_denoiser(plan.model).id.hex()[:8]}"
    guide = f"{own}, guide {load_guide().card['id'][:8]}"

    def by_pellucid(turned: Callable[[Any], Any], scene: Scene) -> Floats:
        pair, noisy, sigma = scene
        more: dict[str, Any] = {"guide": turned(pair.guide), "nodata": 0 if pair.holes else None}
        clean = pellucid.denoise(noisy, sigma=sigma, model=plan.model, **more)
        if pair.holes and not np.array_equal(clean == 0, noisy == 0):
            raise PellucidError("holes came or went")
        return clean

    def filtered(radius: int, ridge: float, scene: Scene) -> Floats:
        noisy, pair = scene.noisy.astype(np.float64), scene.pair
        return guided_filter(noisy, pair.guide / 255, pair.known, radius, ridge)

    return [
        Way("noisy", "", lambda scene: scene.noisy),
        Way("unguided", own, partial(by_pellucid, lambda _guide: None)),
        Way("guided", guide, partial(by_pellucid, lambda guide: guide)),
        Way("turned", guide, partial(by_pellucid, lambda guide: guide[::-1, ::-1])),
        *(
            Way(f"{PEER}, radius {at[0]}, epsilon {at[1]:g}", "He 2010", partial(filtered, *at))
            for at in product(RADII, RIDGES)
        ),
    ], {}


def denoise(turn: Turn[Plan, Way]) -> Iterator[Denoised]:
    """Each method's PSNR of one picture."""
    pair, plan = turn.data, turn.plan
    sigma = plan.sigma / 255 * pair.peak
    noisy = pair.picture + np.random.default_rng(turn.case.about).normal(0, sigma, pair.known.shape)
    if pair.holes:
        noisy = np.where(pair.known, np.maximum(noisy, LEAST * pair.peak), 0)
    scene = Scene(pair, noisy.astype(np.float32), sigma)
    scores = [round(psnr(way.clean(scene), pair), 4) for way, _ in turn.todo]
    height, width = noisy.shape
    for (way, _), score in zip(turn.todo, scores, strict=True):  # all or none, to be compared
        about = (plan.pairs, turn.case.name, way.name, width, height)
        yield Denoised(*about, plan.sigma, score, way.version)


def psnr(clean: Floats, pair: GuidedPair) -> float:
    """Over known samples."""
    off = np.clip(clean, 0, pair.peak)[pair.known] - pair.picture[pair.known].astype(np.float64)
    return float(-10 * np.log10(np.mean(np.square(off / pair.peak))))


def compress(turn: Turn[Plan, Named]) -> Iterator[Compressed]:
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
    about = (turn.plan.pairs, turn.case.name, width, height)
    yield Compressed(*about, len(alone[0]), len(alone[1]), len(both), one.version)


def packers(_plan: Plan) -> tuple[list[Named], dict[str, str]]:
    """Lossless files of this version."""
    return [Named("pellucid", f"pellucid {pellucid.__version__}", "as asked for")], {}


def what(plan: Plan) -> str:
    """Both kinds of rows in words."""
    return f"guided: {plan.pairs}"


def step(rows: Rows[Any], methods: Any, measure: Any) -> Bench[Plan, Any, Any]:
    """One of the two tasks."""
    return Bench(
        name="guided",
        columns=(rows,),
        cases=lambda plan: find_pairs(plan.pairs, plan.data, plan.images),
        methods=methods,
        wanted=lambda plan, case, one: [(plan.pairs, case.name, one.name)],
        measure=measure,
        key=lambda row: (row.pairs, row.picture, getattr(row, "method", "pellucid")),
        order=lambda row: (list(PAIRS).index(row.pairs), row.picture),
        makes=lambda plan, one, row: (
            (plan.pairs, one.name) == (row.pairs, getattr(row, "method", "pellucid"))
        ),
        usable=lambda plan, one, row: (
            (one.version, plan.sigma) == (row.version, getattr(row, "sigma", plan.sigma))
        ),
        what=what,
    )


STEPS = {"compress": step(COMPRESSED, packers, compress), "denoise": step(DENOISED, ways, denoise)}
BENCH: Bench[Plan, Any, Any] = Bench(
    name="guided",
    columns=(DENOISED, COMPRESSED),
    plan=Plan,
    title="With a guide",
    tables=tables.report,
    sections={"guided-denoise": tables.denoised, "guided-compress": tables.compressed},
    steps=lambda plan: [STEPS[task] for task in STEPS if plan.task in (None, task)],
    wished=Plan.wished,
    quick=True,
    what=what,
)
