"""Seconds of every method on the same pictures in one run, by interleaved medians."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pellucid.errors import OptionError
from pellucid.evaluate.denoisers import Denoiser, Told
from pellucid.evaluate.denoising import rows
from pellucid.evaluate.denoising.bench import METHOD_ERRORS, Notify, Outcome, Plan
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.scores import psnr
from pellucid.evaluate.denoising.tasks import TASKS, Case, Source, find_sources
from pellucid.evaluate.speed import interleaved_medians

SIGMA = 25.0
REST = 0.5  # seconds; PyTorch's threads spin that long after a run, and would slow the next method
TASK = TASKS["gaussian"]


def measure(
    plan: Plan, outcome: Outcome, *, pictures: int, repeats: int, notify: Notify
) -> list[DenoiseResult]:
    """Rows of the speed table, on the first `pictures` of the set in colour at sigma 25.

    They replace those of an earlier run, since only times of one run compare.

    Raises:
        OptionError: a number below 1.
    """
    if pictures < 1 or repeats < 1:
        raise OptionError(f"pictures and repeats must be at least 1, got {pictures}, {repeats}")
    found: list[DenoiseResult] = []
    able = [one for one in outcome.denoisers if 3 in one.channels and not one.takes_line]
    for source in find_sources(TASK, plan.data, plan.every)[:pictures]:
        notify(f"speed: {source.image}")
        try:
            found += _of_picture(plan, source, TASK.load(source, SIGMA), able, repeats)
        except METHOD_ERRORS as error:
            outcome.failures.append(f"speed of {source.image}: {error}")
    if found:
        rows.TABLE.write(plan.out / rows.SPEED, found)
    return found


def _of_picture(
    plan: Plan, source: Source, case: Case, able: Sequence[Denoiser], repeats: int
) -> list[DenoiseResult]:
    told = Told(SIGMA)
    results: dict[str, float] = {}

    def once(one: Denoiser) -> None:
        results[one.name] = psnr(case.clean, one.denoise(case.noisy, told))

    tasks: dict[str, Callable[[], object]] = {one.name: partial(once, one) for one in able}
    seconds = interleaved_medians(tasks, repeats=repeats, rest=REST)
    height, width = case.clean.shape[:2]
    return [
        DenoiseResult(
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
            seconds=round(seconds[one.name], 5),
            threads=plan.threads,
            repeats=repeats,
            version=one.version,
        )
        for one in able
    ]
