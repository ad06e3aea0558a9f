"""`bench adapt`: how much `pellucid adapt` gains on noise that the denoiser wasn't trained for.

Each case is one scene with one kind of noise: its noisy shots are written as 8-bit PNG files, as a
user would have them, the denoiser is tuned on these alone, and the first shot is cleaned with the
prior and with the tuned model, both with `auto`. Tuning itself is given by the caller.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import numpy as np
from PIL import Image

from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Measurement, Part
from pellucid.evaluate.benches.denoise_tasks import TASKS, find_sources
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Floats, Named, using
from pellucid.evaluate.pictures import load_rgb
from pellucid.evaluate.plan import BasePlan, Option
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import Table, grouped

PHOTONS = 12.0  # that a white sample counts on average
ROW_SIGMA, OWN_SIGMA = 18.0, 10.0
COARSE_SIGMA, COARSE_SIDE = 25.0, 3
SHOTS = 4

Draw = Callable[[Floats, np.random.Generator], Floats]
Tune = Callable[[Path, Path, bool], Path]  # shots, where to, repeats -> the tuned model


def photons(clean: Floats, generator: np.random.Generator) -> Floats:
    """Counted photons, `PHOTONS` for white."""
    counts = generator.poisson(clean * (PHOTONS / 255))
    return np.asarray(counts * (255 / PHOTONS), np.float32)


def rows(clean: Floats, generator: np.random.Generator) -> Floats:
    """Every row lighter or darker as a whole, as a scanner's or a sensor's readout leaves it."""
    shared = generator.normal(0, ROW_SIGMA, (clean.shape[0], 1, 1))
    own = generator.normal(0, OWN_SIGMA, clean.shape)
    return np.asarray(clean + shared + own, np.float32)


def coarse(clean: Floats, generator: np.random.Generator) -> Floats:
    """White noise summed over squares of `COARSE_SIDE` samples."""
    side = COARSE_SIDE
    height, width, channels = clean.shape
    white = generator.standard_normal((height + side - 1, width + side - 1, channels))
    views = np.lib.stride_tricks.sliding_window_view(white, (side, side), axis=(0, 1))
    return np.asarray(clean + COARSE_SIGMA / side * views.sum(axis=(-2, -1)), np.float32)


class Kind(NamedTuple):
    """Noise, and the number of shots that are learned from: 1 is Neighbor2Neighbor."""

    draw: Draw
    shots: int


KINDS = {"photons": Kind(photons, 1), "rows": Kind(rows, SHOTS), "coarse": Kind(coarse, SHOTS)}


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One scene: PSNR of the first shot, of the mean of all, of the first cleaned by the prior, and
    by the tuned model.
    """

    data: str
    kind: str
    shots: int
    image: str
    minutes: float
    noisy_psnr: float
    mean_psnr: float
    prior_psnr: float
    psnr: float
    threads: int
    prior: str


ROWS = Rows(Adaptation, "denoise-adapt.tsv")
COLUMNS = {
    "noisy_psnr": "one shot",
    "mean_psnr": "mean of shots",
    "prior_psnr": "prior",
    "psnr": "tuned",
}  # of a row, and how the table calls their means


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Gain of `pellucid adapt` over the denoiser it starts from, each scene tuned for itself.

    \b
    photons  Poisson noise, learned from one shot
    rows     rows that are lighter or darker as a whole, from four shots
    coarse   noise that neighbours share, from four shots

    Needs the extras: pip install 'pellucid[bench,train]'.
    """

    data: Annotated[Path, Option("Folder of pictures.")]
    minutes: Annotated[float, Option("To tune for, each time.", over=0)] = 2.0
    every: Annotated[int, Option("Each N-th picture.", least=1)] = 1
    model: Annotated[str, Option("Denoiser to start from.")] = "m"
    threads: Annotated[int, Option("Of the tuning.", least=1)] = 2
    tune: Tune

    @property
    def prior(self) -> str:
        """The denoiser to start from, with the id of an installed one."""
        return f"{self.model} {require('pellucid').denoisers().get(self.model, '')}".strip()


def cases(plan: Plan) -> list[Case]:
    """Each picture with each kind of noise."""
    return [
        Case(f"{source.image}, {kind}", partial(load_rgb, source.path), about=(source.image, kind))
        for source in find_sources(TASKS["gaussian"], plan.data, plan.every)
        for kind in KINDS
    ]


def tuned(current: Measurement[Plan, Named]) -> Iterator[Adaptation]:
    """One scene with one kind of noise."""
    api, plan, (image, name) = require("pellucid"), current.plan, current.case.about
    kind, clean = KINDS[name], current.data.astype(np.float32)
    generator = np.random.default_rng(zlib.crc32(f"{name} {image}".encode()))
    shots = [np.rint(kind.draw(clean, generator).clip(0, 255)) for _ in range(kind.shots)]
    with TemporaryDirectory() as folder:
        noisy = Path(folder, "noisy")
        noisy.mkdir()
        for number, shot in enumerate(shots):
            Image.fromarray(shot.astype(np.uint8)).save(noisy / f"{number}.png")
        model = plan.tune(noisy, Path(folder, "model"), kind.shots > 1)
        first = noisy / "0.png"
        before, after = (api.denoise(first, model=str(one)) for one in (plan.model, model))
    results = (shots[0], np.mean(shots, axis=0), before, after)
    cells: dict[str, Any] = {
        name: round(psnr(clean, result), 4) for name, result in zip(COLUMNS, results, strict=True)
    }
    cells |= {"minutes": plan.minutes, "threads": plan.threads, "prior": current.todo[0][0].version}
    yield Adaptation(plan.data.resolve().name, name, kind.shots, image, **cells)


def report(folder: Path) -> list[Part]:
    """A row for each kind of noise: means over its scenes; and how it was measured."""
    if not (kept := ROWS.load(folder)):
        return []
    body = []
    for kind, own in grouped(kept, lambda row: row.kind).items():
        gains = [row.psnr - row.prior_psnr for row in own]
        means = [f"{fmean(getattr(row, name) for row in own):.2f}" for name in COLUMNS]
        body.append([kind, f"{own[0].shots}", *means, f"{fmean(gains):+.2f}", f"{min(gains):+.2f}"])
    one = kept[0]
    note = (
        f"PSNR in dB, mean over {len({row.image for row in kept})} scene(s) of {one.data}; each "
        f"tuned for itself, {one.minutes:g} minutes on {one.threads} thread(s), on its noisy 8-bit "
        f"shots alone, from {one.prior.split()[0]}. Prior and tuned model clean one shot. "
        f"Photons: Poisson noise, {PHOTONS:g} for white. Rows: each row off by sigma "
        f"{ROW_SIGMA:g}, and white noise of {OWN_SIGMA:g}. Coarse: sigma {COARSE_SIGMA:g}, shared "
        f"by {COARSE_SIDE} x {COARSE_SIDE} samples."
    )
    return [Table(["noise", "shots", *COLUMNS.values(), "gain", "least gain"], body), note]


BENCH: Bench[Plan, Named, Adaptation] = Bench(
    name="adapt",
    plan=Plan,
    title="Tuning",
    columns=(ROWS,),
    tables=report,
    sections={"denoise-adapt": report},
    what=lambda plan: f"tuning: {plan.data.resolve().name}",
    cases=cases,
    methods=lambda plan: ([Named(plan.model, plan.prior, using(plan.threads))], {}),
    wanted=lambda plan, case, _one: [(plan.data.resolve().name, case.about[1], case.about[0])],
    measure=tuned,
    key=lambda row: (row.data, row.kind, row.image),
    order=lambda row: (row.kind, row.image),
    # Only rows of the same tuning stand in one table.
    usable=lambda plan, one, row: (
        (row.data, row.minutes, row.threads, row.prior)
        == (plan.data.resolve().name, plan.minutes, plan.threads, one.version)
    ),
)
