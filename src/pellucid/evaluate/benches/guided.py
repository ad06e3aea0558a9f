"""`bench guided`: pictures denoised and compressed with the help of an aligned one.

Noise is added with a fixed seed, in the picture's unit, and neither clipped nor rounded. The guide
is used as it is; once it is turned by half a current, so that it shows something else: then nothing
may be lost. Files are decoded, and a row is kept only if all came back. The pairs are

roadscene    ir_aligned/NAME beside visible_aligned/NAME (Xu et al. 2020); 8 bits
rgbd         NAME.depth.png, 16 bits with 0 for holes, beside NAME.color.png
motorcycle   a disparity map and its left picture (Middlebury 2014), shipped by scikit-image
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
from PIL import Image

import pellucid
from pellucid.errors import InputError, OptionError, PellucidError, refusing
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Measurement
from pellucid.evaluate.benches import guided_tables as tables
from pellucid.evaluate.benches.guided_tables import (
    COMPRESSED,
    DENOISED,
    PAIRS,
    PEER,
    Compressed,
    Denoised,
)
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Named
from pellucid.evaluate.peers.filters import RADII, RIDGES, guided_filter
from pellucid.evaluate.peers.pellucid_codec import exact_version
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.rows import Rows
from pellucid.runtime import load_denoiser, load_guide

INFRARED, VISIBLE = "ir_aligned", "visible_aligned"
DEPTH, COLOUR = ".depth.png", ".color.png"
DISPARITY = 64  # of a disparity of 1
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
    def requested(cls, request: Request) -> list[Self]:
        """The pair that scikit-image ships: other pairs have folders of their own."""
        return [request.plan(cls, pairs="motorcycle", model=request.models[0])]


@dataclass(frozen=True)
class GuidedPair:
    """`picture` (H, W) of uint8 or uint16, 0 a hole if `holes`; `guide` (H, W, 3) uint8.

    InputError if their sizes differ.
    """

    picture: NDArray[Any]
    guide: NDArray[np.uint8]
    holes: bool

    def __post_init__(self) -> None:
        if self.picture.shape != self.guide.shape[:2]:
            raise InputError(
                f"the picture is {self.picture.shape} and its guide {self.guide.shape[:2]} "
                "(height, width); they must be the same"
            )

    @property
    def known(self) -> NDArray[np.bool_]:
        """(H, W): where the picture has samples."""
        return self.picture > 0 if self.holes else np.ones(self.picture.shape, bool)

    @property
    def peak(self) -> float:
        """What PSNR counts from: 255, or the largest depth."""
        return float(self.picture.max()) if self.holes else 255.0


def find_pairs(kind: str, data: Path | None, limit: int | None = None) -> list[Case]:
    """The pairs of a folder, in order of name.

    Raises:
        OptionError: no folder, and pairs that need one. InputError: no pairs there.
    """
    if kind == "motorcycle":
        return [Case(kind, motorcycle, kind, about=0)]
    if data is None:
        raise OptionError(f"pairs of {kind} need --data, the folder they lie in")
    load, pattern, end = KINDS[kind]
    found = sorted(data.glob(pattern))[:limit]
    if not found:
        raise InputError(f"no pictures {pattern} in {data}")
    return [
        Case(path.name.removesuffix(end or path.suffix), partial(load, path), kind, about=seed)
        for seed, path in enumerate(found)
    ]


def roadscene(path: Path) -> GuidedPair:
    """Infrared, guided by visible light."""
    other = path.parents[1] / VISIBLE / path.name
    return GuidedPair(opened(path, "L"), opened(other, "RGB"), holes=False)


def rgbd(path: Path) -> GuidedPair:
    """Depth, guided by colour."""
    other = path.with_name(path.name.removesuffix(DEPTH) + COLOUR)
    return GuidedPair(opened(path).astype(np.uint16), opened(other, "RGB"), holes=True)


def motorcycle() -> GuidedPair:
    """Disparity in 1/64 of a pixel, 0 where it isn't known, guided by colour."""
    folder = Path(require("skimage", "scikit-image").__file__).parent / "data"
    with (
        refusing("this scikit-image doesn't ship the motorcycle"),
        np.load(folder / "motorcycle_disp.npz") as arrays,
    ):
        disparity = arrays[arrays.files[0]]
    known = np.isfinite(disparity) & (disparity > 0)
    steps = np.rint(np.where(known, disparity, 0) * DISPARITY).astype(np.uint16)
    guide = opened(folder / "motorcycle_left.png", "RGB")
    return GuidedPair(steps, guide, holes=True)


def opened(path: Path, mode: str | None = None) -> NDArray[Any]:
    """A picture's samples, converted to `mode`."""
    with refusing(f"{path} can't be read"), Image.open(path) as image:
        return np.asarray(image.convert(mode) if mode else image)


# Pairs -> how one is read, the files that are its picture, and the end of their names.
KINDS = {
    "roadscene": (roadscene, f"{INFRARED}/*.*", ""),
    "rgbd": (rgbd, f"*{DEPTH}", DEPTH),
}


class Scene(NamedTuple):
    """A pair, its picture with noise, and the noise's sigma, both in the picture's unit."""

    pair: GuidedPair
    noisy: NDArray[np.float32]
    sigma: float


class Variant(NamedTuple):
    """A variant to denoise: `clean` gives the picture without noise."""

    name: str
    version: str
    clean: Callable[[Scene], Floats]
    threading: str = "as asked for"


def variants(plan: Plan) -> tuple[list[Variant], dict[str, str]]:
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
        Variant("noisy", "", lambda scene: scene.noisy),
        Variant("unguided", own, partial(by_pellucid, lambda _guide: None)),
        Variant("guided", guide, partial(by_pellucid, lambda guide: guide)),
        Variant("turned", guide, partial(by_pellucid, lambda guide: guide[::-1, ::-1])),
        *(
            Variant(f"{PEER}, radius {at[0]}, epsilon {at[1]:g}", "He 2010", partial(filtered, *at))
            for at in product(RADII, RIDGES)
        ),
    ], {}


def denoise(current: Measurement[Plan, Variant]) -> Iterator[Denoised]:
    """Each method's PSNR of one picture."""
    pair, plan = current.data, current.plan
    sigma = plan.sigma / 255 * pair.peak
    noisy = pair.picture + np.random.default_rng(current.case.about).normal(
        0, sigma, pair.known.shape
    )
    if pair.holes:
        noisy = np.where(pair.known, np.maximum(noisy, LEAST * pair.peak), 0)
    scene = Scene(pair, noisy.astype(np.float32), sigma)
    scale, known = 255 / pair.peak, pair.known
    truth = pair.picture[known] * scale
    cleaned = [
        variant.clean(scene)[known].astype(np.float64) * scale for variant, _ in current.todo
    ]
    scores = [round(psnr(truth, one), 4) for one in cleaned]
    height, width = noisy.shape
    for (variant, _), score in zip(
        current.todo, scores, strict=True
    ):  # all or none, to be compared
        about = (plan.pairs, current.case.name, variant.name, width, height)
        yield Denoised(*about, plan.sigma, score, variant.version)


def compress(current: Measurement[Plan, Named]) -> Iterator[Compressed]:
    """Sizes of three lossless files; PellucidError if one doesn't come back."""
    pair, ((one, _),) = current.data, current.todo
    sources = (pair.guide, pair.picture)
    alone = [pellucid.compress(part, lossless=True) for part in sources]
    both = pellucid.compress(pair.picture, lossless=True, guide=pair.guide)
    back = [pellucid.decompress(both, which=which) for which in ("guide", "picture")]
    for source, decoded in zip(sources, back, strict=True):
        if decoded.dtype != source.dtype or not np.array_equal(decoded, source):
            raise PellucidError("what came back isn't what went in")
    height, width = pair.picture.shape
    about = (current.plan.pairs, current.case.name, width, height)
    yield Compressed(*about, len(alone[0]), len(alone[1]), len(both), one.version)


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


STEPS = {
    "compress": step(
        COMPRESSED,
        lambda _plan: ([Named("pellucid", exact_version(), "as asked for")], {}),
        compress,
    ),
    "denoise": step(DENOISED, variants, denoise),
}
BENCH: Bench[Plan, Any, Any] = Bench(
    name="guided",
    columns=(DENOISED, COMPRESSED),
    plan=Plan,
    title="With a guide",
    tables=tables.report,
    sections={"guided-denoise": tables.denoised, "guided-compress": tables.compressed},
    steps=lambda plan: [STEPS[task] for task in STEPS if plan.task in (None, task)],
    requested=Plan.requested,
    quick=True,
    what=what,
)
