"""`bench denoise --task estimate`: how near `pellucid.noise_level` comes to the noise added."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Turn
from pellucid.evaluate.benches.denoise import BENCH, Plan, cases
from pellucid.evaluate.benches.denoise_rows import ESTIMATES, Estimate
from pellucid.evaluate.peers.denoiser import Samples

LEVELS = (5.0, 10.0, 15.0, 25.0, 35.0, 50.0, 75.0)


@dataclass(frozen=True)
class Estimator:
    """`pellucid.noise_level`; `version` has a measurement that changes when the code does."""

    measure: Callable[[Samples], Any]
    version: str
    name: str = "pellucid"
    threading: str = "one thread"


def estimators(_plan: Plan) -> tuple[list[Estimator], dict[str, str]]:
    """The one there is."""
    api = require("pellucid")
    rows, columns = np.mgrid[0:96, 0:96]
    shades = 128 + 60 * np.sin(rows / 7) + 30 * np.cos(columns / 3)
    noise = np.random.default_rng(1).normal(0, 20, shades.shape)
    probe = float(api.noise_level((shades + noise).astype(np.float32)[..., None]).sigma)
    return [Estimator(api.noise_level, f"pellucid {api.__version__}, probe {probe:.3f}")], {}


def estimate(turn: Turn[Plan, Estimator]) -> Iterator[Estimate]:
    """The measured noise of one picture."""
    ((one, _),), (image, level), noisy = turn.todo, turn.case.about, turn.data.noisy
    start = time.perf_counter()
    sigma = round(float(one.measure(noisy).sigma), 4)
    seconds = round(time.perf_counter() - start, 5)
    height, width = noisy.shape[:2]
    name = turn.plan.data_name
    yield Estimate(name, level, image, width, height, sigma, seconds, one.version)


ESTIMATE: Bench[Plan, Estimator, Estimate] = Bench(
    name=BENCH.name,
    title=BENCH.title,
    columns=(ESTIMATES,),
    report=BENCH.report,
    tables=BENCH.tables,
    what=lambda plan: f"measured noise level: {plan.data_name}",
    cases=partial(cases, levels=LEVELS),
    methods=estimators,
    wanted=lambda plan, case, _one: [(plan.data_name, case.about[1], case.about[0])],
    measure=estimate,
    key=lambda row: (row.data, row.level, row.image),
    usable=lambda plan, found, row: not plan.fresh and row.version == found[0].version,
)
