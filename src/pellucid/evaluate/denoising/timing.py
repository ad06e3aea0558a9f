"""Seconds of every method on the same pictures in one run, interleaved, and its peak memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pellucid.errors import OptionError
from pellucid.evaluate.denoisers import Denoiser, Samples, Told
from pellucid.evaluate.denoising import rows
from pellucid.evaluate.denoising.bench import METHOD_ERRORS, Notify, Outcome, Plan
from pellucid.evaluate.denoising.rows import DenoiseTiming
from pellucid.evaluate.denoising.scores import psnr
from pellucid.evaluate.denoising.tasks import TASKS, Case, Source, find_sources
from pellucid.evaluate.fresh import can_measure
from pellucid.evaluate.fresh import measure as measure_fresh
from pellucid.evaluate.speed import interleaved

SIGMA = 25.0
REST = 0.5  # seconds; PyTorch's threads spin that long after a run, and would slow the next method
TASK = TASKS["gaussian"]


def measure(
    plan: Plan,
    outcome: Outcome,
    *,
    pictures: int,
    repeats: int,
    notify: Notify,
    memory: bool = True,
) -> list[DenoiseTiming]:
    """Rows of the speed table, on the first `pictures` of the set in colour at sigma 25.

    They replace those of an earlier run, since only times of one run compare. With `memory` the
    first picture's rows get peaks.

    Raises:
        OptionError: a number below 1.
    """
    if pictures < 1 or repeats < 1:
        raise OptionError(f"pictures and repeats must be at least 1, got {pictures}, {repeats}")
    found: list[DenoiseTiming] = []
    able = [one for one in outcome.denoisers if 3 in one.channels and not one.takes_line]
    sources = find_sources(TASK, plan.data, plan.every)[:pictures]
    for source in sources:
        notify(f"speed: {source.image}")
        try:
            found += _of_picture(plan, source, TASK.load(source, SIGMA), able, repeats)
        except METHOD_ERRORS as error:
            outcome.failures.append(f"speed of {source.image}: {error}")
    if memory and can_measure():
        notify("memory")
        found = _with_peaks(plan, sources[0], found, outcome)
    if found:
        rows.TIMINGS.write(plan.out / rows.SPEED, found)
    return found


def _with_peaks(
    plan: Plan, source: Source, timings: Sequence[DenoiseTiming], outcome: Outcome
) -> list[DenoiseTiming]:
    """The rows, those of one picture with the peak of a process that does nothing else."""
    noisy = TASK.load(source, SIGMA).noisy
    found = []
    for row in timings:
        peak = row.peak_mb
        try:
            if row.image == source.image:
                with TemporaryDirectory() as folder:
                    peak = peak_of_denoiser(row.method, noisy, plan.threads, Path(folder))
        except METHOD_ERRORS as error:
            outcome.failures.append(f"memory of {row.method}: {error}")
        found.append(row if peak is None else replace(row, peak_mb=round(peak, 1)))
    return found


def peak_of_denoiser(name: str, noisy: Samples, threads: int, folder: Path) -> float:
    """Peak of denoising (H, W, C) samples at sigma 25, in millions of bytes.

    Raises:
        PellucidError: it can't be measured, or the denoiser failed.
    """
    picture = folder / "noisy.npy"
    np.save(picture, noisy)
    order = {"name": name, "sigma": SIGMA, "threads": threads, "picture": str(picture)}
    return measure_fresh("pellucid.evaluate.denoisers:work", order).peak_mb


def _of_picture(
    plan: Plan, source: Source, case: Case, able: Sequence[Denoiser], repeats: int
) -> list[DenoiseTiming]:
    told = Told(SIGMA)
    results: dict[str, float] = {}

    def once(one: Denoiser) -> None:
        results[one.name] = psnr(case.clean, one.denoise(case.noisy, told))

    tasks: dict[str, Callable[[], object]] = {one.name: partial(once, one) for one in able}
    spreads = interleaved(tasks, repeats=repeats, rest=REST)
    height, width = case.clean.shape[:2]
    return [
        DenoiseTiming(
            method=one.name,
            task=TASK.name,
            data=plan.data_name,
            level=SIGMA,
            told=told.label,
            image=source.image,
            width=width,
            height=height,
            noisy_psnr=round(psnr(case.clean, case.noisy), 4),
            psnr=round(results[one.name], 4),
            ssim=None,
            seconds=round(spreads[one.name].median, 5),
            threads=plan.threads,
            repeats=repeats,
            version=one.version,
            seconds_low=round(spreads[one.name].low, 5),
            seconds_high=round(spreads[one.name].high, 5),
        )
        for one in able
    ]
