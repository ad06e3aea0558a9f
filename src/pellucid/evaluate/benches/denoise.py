"""`bench denoise`: pictures x strengths x denoisers, and their speed; how near measured noise is.

DIR/denoise-<task>-<method>.tsv   the sweep, a file for each so that one can be run again alone
DIR/denoise-speed.tsv             medians of all methods, from one run
DIR/denoise-estimate.tsv          of the task `estimate`: what `pellucid.noise_level` finds
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate import fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key, Measurement
from pellucid.evaluate.benches import denoise_tables as tables
from pellucid.evaluate.benches import denoise_tools as tools
from pellucid.evaluate.benches.denoise_rows import SPEED_ROWS, SWEEP, DenoiseResult, DenoiseTiming
from pellucid.evaluate.benches.denoise_tasks import (
    ESTIMATE_TASK,
    TASKS,
    Plan,
    cases,
    given,
    what_to_tell,
)
from pellucid.evaluate.benches.denoise_tools import Estimate
from pellucid.evaluate.metrics import psnr, ssim
from pellucid.evaluate.peers.base import RGB, Denoiser, Floats, Named, NoiseGiven, own_names
from pellucid.evaluate.peers.denoisers import (
    DENOISERS,
    SIGMA,
    estimator,
    noise_sigma,
    peak_of_denoiser,
    warm_up,
)
from pellucid.evaluate.speed import interleaved

LEVELS = (5.0, 10.0, 15.0, 25.0, 35.0, 50.0, 75.0)  # of noise that is measured
TOLD = 4  # where a row's key says what the method is told
LINE = (0.0, SIGMA**2)  # of noise like that at which cost is measured
REST = 0.5  # seconds; PyTorch's threads spin that long after a run, and would slow the next method

Sweep = Measurement[Plan, Denoiser]


def wanted(plan: Plan, case: Case, one: Denoiser) -> list[Key]:
    """A row for each thing that a method is told; a key is a row's first cells."""
    image, level = case.about
    words = what_to_tell(plan.kind, one, level, plan.search)
    return [(one.name, plan.task, plan.data_name, level, word, image) for word in words]


def clean(current: Sweep) -> Iterator[DenoiseResult]:
    """One picture at one strength by each method that takes its channels."""
    (image, level), pair = current.case.about, current.data
    for one, keys in current.todo:
        if pair.noisy.shape[2] not in one.channels:
            continue
        for key in keys:
            with current.outcome.attempt(f"{image} by {one.name} at {level:g}"):
                start = time.perf_counter()
                result = one.denoise(pair.noisy, given(key[TOLD], pair))
                seconds = time.perf_counter() - start
                yield DenoiseResult(*key, **measured(current, one, result, seconds, repeats=1))


def measured(
    current: Sweep, one: Denoiser, result: Floats, seconds: float, *, repeats: int
) -> dict[str, Any]:
    """The cells of a result's row after its key; InputError if its samples aren't numbers."""
    if not np.isfinite(result).all():
        raise InputError("gave samples that aren't numbers")
    original, similarity = current.data.clean, ssim(current.data.clean, result)
    return {
        "width": original.shape[1],
        "height": original.shape[0],
        "noisy_psnr": round(psnr(original, current.data.noisy), 4),
        "psnr": round(psnr(original, result), 4),
        "ssim": None if similarity is None else round(similarity, 5),
        "seconds": round(seconds, 5),
        "threads": current.plan.threads,
        "repeats": repeats,
        "version": one.version,
    }


def time_all(current: Sweep) -> Iterator[DenoiseTiming]:
    """A row a method on one picture, the methods in turn; the first picture's with the peak of a
    process that does nothing else, but for failures."""
    told, results = given(f"{SIGMA:g}", current.data), dict[str, Floats]()

    def once(one: Denoiser) -> None:
        results[one.name] = one.denoise(current.data.noisy, told)

    tasks = {one.name: partial(once, one) for one, _ in current.todo}
    spreads = interleaved(tasks, repeats=current.plan.repeats, rest=REST)
    for one, (key,) in current.todo:
        times = spreads[one.name]
        cells = measured(
            current, one, results[one.name], times.median, repeats=current.plan.repeats
        )
        cells |= {"seconds_low": round(times.low, 5), "seconds_high": round(times.high, 5)}
        if current.first and fresh.can_measure():
            with current.outcome.attempt(f"memory of {one.name}"):
                peak = peak_of_denoiser(one.name, current.data.noisy, current.plan.threads)
                cells["peak_mb"] = round(peak, 1)
        yield DenoiseTiming(*key, **cells)


def estimators(_plan: Plan) -> tuple[list[Named], dict[str, str]]:
    """The one there is."""
    return [estimator()], {}


def estimate(current: Measurement[Plan, Named]) -> Iterator[Estimate]:
    """The measured noise of one picture."""
    ((one, ((data, level, image),)),), noisy = current.todo, current.data.noisy
    start = time.perf_counter()
    sigma = round(noise_sigma(noisy), 4)
    seconds = round(time.perf_counter() - start, 5)
    height, width = noisy.shape[:2]
    yield Estimate(data, level, image, width, height, sigma, seconds, one.version)


def denoisers(plan: Plan) -> tuple[list[Denoiser], dict[str, str]]:
    """Those that are asked for; MissingExtraError where SSIM can't be had."""
    require("skimage.metrics", "scikit-image")
    return DENOISERS.load((*own_names(plan.models), *plan.methods), plan.threads)


def key(row: DenoiseResult) -> Key:
    """What tells a row of either kind apart."""
    return (row.method, row.task, row.data, row.level, row.told, row.image)


def facts(_plan: Plan, one: Denoiser) -> dict[str, float]:
    """What a network computes for a pixel."""
    return {} if one.kmac is None else {"kmac": one.kmac}


def steps(plan: Plan) -> list[Bench[Plan, Any, Any]]:
    """The sweep, then the speed; or how near measured noise levels are."""
    if plan.task == ESTIMATE_TASK:
        return [ESTIMATE]
    return [BENCH, SPEED] if plan.repeats else [BENCH]


BENCH: Bench[Plan, Denoiser, DenoiseResult] = Bench(
    name="denoise",
    columns=(SWEEP, SPEED_ROWS, tools.ESTIMATES, tools.BLOCKS, tools.BANDS, tools.SCORES),
    plan=Plan,
    title="Denoising",
    tables=tables.report,
    plots=tables.plots,
    sections={
        "overview-denoising": partial(tables.told_part, methods=tables.SHORT),
        "denoise": lambda folder: [*tables.told_part(folder), *tables.blind_part(folder)],
        **{f"denoise-{name}": made for name, (_, made) in tables.OTHERS.items()},
        **{f"denoise-{name}": partial(tables.task_tables, name) for name in TASKS},
    },
    steps=steps,
    requested=Plan.requested,
    quick=True,
    what=lambda plan: f"{plan.kind.title}: {plan.data_name}",
    cases=cases,
    methods=denoisers,
    wanted=wanted,
    measure=clean,
    key=key,
    order=lambda row: (row.data, row.level, row.image, row.told),
    makes=lambda plan, one, row: (one.name, plan.task) == (row.method, row.task),
    usable=lambda plan, one, row: (row.version, row.threads) == (one.version, plan.threads),
    warm=lambda one, pair: warm_up(one, pair.noisy, NoiseGiven(SIGMA, LINE, pair.bits)),
    facts=facts,
)
# All rows are measured together, since only times of one run compare.
SPEED: Bench[Plan, Denoiser, DenoiseTiming] = Bench(
    name="denoise",
    columns=(SPEED_ROWS,),
    what=lambda plan: f"speed and memory of denoisers: {plan.data_name}",
    cases=lambda plan: cases(replace(plan, sigma=(SIGMA,)))[: plan.speed_images],
    methods=denoisers,
    wanted=lambda plan, case, one: wanted(plan, case, one) if RGB in one.channels else [],
    measure=time_all,
    key=key,
    order=lambda row: row.image,
    usable=lambda _plan, _methods, _row: False,
    facts=facts,
)
ESTIMATE: Bench[Plan, Named, Estimate] = Bench(
    name="denoise",
    columns=(tools.ESTIMATES,),
    what=lambda plan: f"measured noise level: {plan.data_name}",
    cases=partial(cases, levels=LEVELS),
    methods=estimators,
    wanted=lambda plan, case, _one: [(plan.data_name, case.about[1], case.about[0])],
    measure=estimate,
    key=lambda row: (row.data, row.level, row.image),
    usable=lambda _plan, one, row: row.version == one.version,
)
