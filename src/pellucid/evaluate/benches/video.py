"""`bench video`: noisy clips x denoisers, over time and frame by frame; their speed; and costs.

DIR/video-<method>.tsv   the sweep, a file for each so that one can be run again alone
DIR/video-speed.tsv      medians of all methods, from one run
DIR/video-costs.tsv      of `video_costs`: commands, delay, memory, files of sequences
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from pellucid.evaluate.bench import Bench, Case, Key, Measurement
from pellucid.evaluate.benches import video_costs as costs
from pellucid.evaluate.benches import video_tables as tables
from pellucid.evaluate.benches.video_rows import (
    COST_ROWS,
    REAL,
    SPEED_ROWS,
    STILL,
    SWEEP,
    VideoResult,
    VideoTiming,
)
from pellucid.evaluate.benches.video_tasks import TIMED, Plan, cases, timed_cases
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.video import CLIP_DENOISERS, ClipDenoiser
from pellucid.evaluate.speed import interleaved

REST = 0.5  # seconds, for threads of the run before

Sweep = Measurement[Plan, ClipDenoiser]


def key_of(plan: Plan, case: Case, one: ClipDenoiser) -> Key:
    """The first cells of a row."""
    kind, name, sigma = case.about
    return (one.name, plan.data_name, kind, name, float(sigma), plan.frames)


def denoise(current: Sweep) -> Iterator[VideoResult]:
    """One noisy clip by each method."""
    clean, noisy = current.data
    kind, name, sigma = current.case.about
    half = len(clean) // 2
    before = [psnr(*pair) for pair in zip(clean, noisy, strict=True)]
    for one, _ in current.todo:
        with current.outcome.attempt(f"{current.case.title} by {one.name}"):
            start = time.perf_counter()
            result = one.run(noisy, sigma)
            seconds = time.perf_counter() - start
            after = [psnr(*pair) for pair in zip(clean, result, strict=True)]
            late = result[half:].astype(np.float32).std(axis=0).mean()
            yield VideoResult(
                method=one.name,
                data=current.plan.data_name,
                kind=kind,
                clip=name,
                sigma=float(sigma),
                frames=current.plan.frames,
                width=clean.shape[2],
                height=clean.shape[1],
                noisy_psnr=round(float(np.mean(before)), 4),
                psnr=round(float(np.mean(after)), 4),
                late_psnr=round(float(np.mean(after[half:])), 4),
                flicker=round(float(late), 4) if kind == STILL else None,
                seconds=round(seconds, 4),
                threads=current.plan.threads,
                version=one.version,
            )


def time_all(current: Sweep) -> Iterator[VideoTiming]:
    """A row a method on one clip, the methods in turn."""
    frames, height, width, _ = current.data.noisy.shape
    tasks: dict[str, Callable[[], object]] = {}
    for one, _ in current.todo:
        with current.outcome.attempt(f"speed of {one.name}"):
            one.run(current.data.noisy, TIMED)  # to warm up, and to leave out one that fails
            tasks[one.name] = partial(one.run, current.data.noisy, TIMED)
    times = interleaved(tasks, repeats=current.plan.repeats, warmup=0, rest=REST)
    for one, _ in current.todo:
        if one.name in times:
            cells = times[one.name].rounded("seconds")
            yield VideoTiming(
                method=one.name,
                data=current.plan.data_name,
                width=width,
                height=height,
                frames=frames,
                sigma=TIMED,
                threads=current.plan.threads,
                repeats=current.plan.repeats,
                version=one.version,
                **cells,
            )


def usable(plan: Plan, one: ClipDenoiser, row: VideoResult) -> bool:
    """Not a row of another version, or of clips of other sizes."""
    same = (row.version, row.threads, row.frames) == (one.version, plan.threads, plan.frames)
    return same and (row.kind == REAL or (row.width, row.height) == (plan.width, plan.height))


# All rows are measured together, since only times of one run compare.
SPEED: Bench[Plan, ClipDenoiser, VideoTiming] = Bench(
    name="video",
    columns=(SPEED_ROWS,),
    what=lambda plan: f"speed on clips: {plan.data_name}",
    cases=timed_cases,
    methods=lambda plan: CLIP_DENOISERS.load(plan.names, plan.threads),
    wanted=lambda plan, case, one: [(one.name, plan.data_name, case.name)],
    measure=time_all,
    key=lambda row: (row.method, row.data, f"{row.width}x{row.height}"),
    usable=lambda _plan, _one, _row: False,
)
BENCH: Bench[Plan, ClipDenoiser, VideoResult] = Bench(
    name="video",
    columns=(SWEEP, SPEED_ROWS, COST_ROWS),
    plan=Plan,
    title="Clips",
    quick=True,
    tables=tables.report,
    sections=tables.SECTIONS,
    steps=lambda plan: [
        BENCH,
        *([SPEED] if plan.repeats else []),
        *([costs.COSTS] if set(plan.costs) != {"none"} else []),
    ],
    requested=Plan.requested,
    what=lambda plan: f"noisy clips: {plan.data_name}",
    cases=cases,
    methods=lambda plan: CLIP_DENOISERS.load(plan.names, plan.threads),
    wanted=lambda plan, case, one: [key_of(plan, case, one)],
    measure=denoise,
    key=lambda row: (row.method, row.data, row.kind, row.clip, row.sigma, row.frames),
    order=lambda row: (row.data, row.sigma, row.kind, row.clip),
    makes=lambda plan, one, row: (one.name, plan.data_name) == (row.method, row.data),
    usable=usable,
)
