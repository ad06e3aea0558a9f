"""How much `pellucid adapt` gains on noise that the shipped denoiser wasn't trained for.

Each case is one scene: its noisy shots are written as 8-bit PNG files, as a user would have them,
the denoiser is tuned on these alone, and the first shot is cleaned with the prior and with the
tuned model, both with `auto`. Tuning itself is given by the caller.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from pellucid.errors import OutputError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers import Samples
from pellucid.evaluate.denoising.bench import Notify, Outcome
from pellucid.evaluate.denoising.scores import psnr
from pellucid.evaluate.denoising.tasks import TASKS, Source, find_sources
from pellucid.evaluate.pictures import load_rgb
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import table

FILE = "denoise-adapt.tsv"
PHOTONS = 12.0  # that a white sample counts on average
ROW_SIGMA, OWN_SIGMA = 18.0, 10.0
COARSE_SIGMA, COARSE_SIDE = 25.0, 3
SHOTS = 4

Draw = Callable[[Samples, np.random.Generator], Samples]
Tune = Callable[[Path, Path, bool], Path]  # shots, where to, repeats -> the tuned model


def photons(clean: Samples, generator: np.random.Generator) -> Samples:
    """Counted photons, `PHOTONS` for white."""
    counts = generator.poisson(clean * (PHOTONS / 255))
    return np.asarray(counts * (255 / PHOTONS), np.float32)


def rows(clean: Samples, generator: np.random.Generator) -> Samples:
    """Every row lighter or darker as a whole, as a scanner's or a sensor's readout leaves it."""
    shared = generator.normal(0, ROW_SIGMA, (clean.shape[0], 1, 1))
    own = generator.normal(0, OWN_SIGMA, clean.shape)
    return np.asarray(clean + shared + own, np.float32)


def coarse(clean: Samples, generator: np.random.Generator) -> Samples:
    """White noise summed over squares of `COARSE_SIDE` samples."""
    side = COARSE_SIDE
    height, width, channels = clean.shape
    white = generator.standard_normal((height + side - 1, width + side - 1, channels))
    views = np.lib.stride_tricks.sliding_window_view(white, (side, side), axis=(0, 1))
    return np.asarray(clean + COARSE_SIGMA / side * views.sum(axis=(-2, -1)), np.float32)


@dataclass(frozen=True)
class Kind:
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


TABLE = Rows(Adaptation)


@dataclass(frozen=True)
class AdaptPlan:
    """What to run: each `every`-th picture of `data`, tuned for `minutes` from `model`."""

    data: Path
    out: Path
    minutes: float = 2.0
    every: int = 1
    model: str = "m"
    threads: int = 2


def load_adaptations(folder: Path) -> list[Adaptation]:
    """The kept rows; empty if there are none."""
    path = folder / FILE
    return TABLE.read(path) if path.exists() else []


def adaptation_table(rows: Sequence[Adaptation]) -> str:
    """A row for each kind of noise: means over its scenes."""
    header = ["noise", "shots", "one shot", "mean of shots", "prior", "tuned", "gain", "least gain"]
    body = []
    for kind in sorted({row.kind for row in rows}):
        own = [row for row in rows if row.kind == kind]
        gains = [row.psnr - row.prior_psnr for row in own]
        shot, mean = fmean(row.noisy_psnr for row in own), fmean(row.mean_psnr for row in own)
        prior, tuned = fmean(row.prior_psnr for row in own), fmean(row.psnr for row in own)
        body.append(
            [
                kind,
                str(own[0].shots),
                *(f"{value:.2f}" for value in (shot, mean, prior, tuned)),
                *(f"{value:+.2f}" for value in (fmean(gains), min(gains))),
            ]
        )
    return table(header, body)


def adaptation_note(rows: Sequence[Adaptation]) -> str:
    """One paragraph: how it was measured."""
    one = rows[0]
    return (
        f"PSNR in dB, mean over {len({row.image for row in rows})} scene(s) of {one.data}; each "
        f"tuned for itself, {one.minutes:g} minutes on {one.threads} thread(s), on its noisy 8-bit "
        f"shots alone, from {one.prior.split()[0]}. Prior and tuned model clean one shot. "
        f"Photons: Poisson noise, {PHOTONS:g} for white. Rows: each row off by sigma "
        f"{ROW_SIGMA:g}, and white noise of {OWN_SIGMA:g}. Coarse: sigma {COARSE_SIGMA:g}, shared "
        f"by {COARSE_SIDE} x {COARSE_SIDE} samples."
    )


def run(plan: AdaptPlan, tune: Tune, notify: Notify = lambda _line: None) -> Outcome:
    """Tune for every scene and kind of noise; rows replace those of earlier runs.

    Raises:
        InputError: no pictures.
        OutputError: the folder can't be written.
    """
    outcome = Outcome()
    found: list[Adaptation] = []
    for source in find_sources(TASKS["gaussian"], plan.data, plan.every):
        for kind in KINDS:
            try:
                row = adapted(plan, source, kind, tune)
            except PellucidError as error:
                outcome.failures.append(f"{source.image}, {kind}: {error}")
                continue
            notify(f"{row.image}, {kind}: {row.prior_psnr:.2f} -> {row.psnr:.2f} dB")
            found.append(row)
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        if found:  # else what an earlier run left stays
            TABLE.write(plan.out / FILE, sorted(found, key=lambda row: (row.kind, row.image)))
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    outcome.new_rows = len(found)
    return outcome


def adapted(plan: AdaptPlan, source: Source, name: str, tune: Tune) -> Adaptation:
    """One scene with one kind of noise."""
    kind = KINDS[name]
    api = require("pellucid")
    clean = load_rgb(source.path).astype(np.float32)
    generator = np.random.default_rng(zlib.crc32(f"{name} {source.image}".encode()))
    shots = [np.rint(kind.draw(clean, generator).clip(0, 255)) for _ in range(kind.shots)]
    with TemporaryDirectory() as folder:
        noisy = Path(folder, "noisy")
        noisy.mkdir()
        for number, shot in enumerate(shots):
            Image.fromarray(shot.astype(np.uint8)).save(noisy / f"{number}.png")
        tuned = tune(noisy, Path(folder, "model"), kind.shots > 1)
        first = noisy / "0.png"
        before, after = (api.denoise(first, model=str(one)) for one in (plan.model, tuned))
    return Adaptation(
        data=plan.data.resolve().name,
        kind=name,
        shots=kind.shots,
        image=source.image,
        minutes=plan.minutes,
        noisy_psnr=round(psnr(clean, shots[0]), 4),
        mean_psnr=round(psnr(clean, np.mean(shots, axis=0)), 4),
        prior_psnr=round(psnr(clean, before), 4),
        psnr=round(psnr(clean, after), 4),
        threads=plan.threads,
        prior=f"{plan.model} {api.denoisers().get(plan.model, '')}".strip(),
    )
