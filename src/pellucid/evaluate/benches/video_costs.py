"""What a stream costs beside the denoising: files, delay, memory; and sequences of pictures.

file        `pellucid stream`, from a file of video to another, in a process of its own
camera      frames that come one by one at a fixed rate: how late each clean one is
long        memory of a stream of many frames, in a process of its own
compress    frames into a file of a sequence, by the codec of the same name
decompress  and back
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate import fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key, Measurement
from pellucid.evaluate.benches.large import program_work
from pellucid.evaluate.benches.size import version_of
from pellucid.evaluate.benches.video_rows import COST_ROWS, VideoCost
from pellucid.evaluate.benches.video_tasks import TASKS, TIMED, Plan, timed_cases
from pellucid.evaluate.peers.base import Rgb, model_of, own_names
from pellucid.evaluate.peers.video import CLIP_DENOISERS, Clip, ClipDenoiser, network_of
from pellucid.runtime.session import THREADS_VARIABLE
from pellucid.video.clip import ClipInfo, Frame
from pellucid.video.write import VideoSink

DISTINCT = 16  # frames of a clip, which is shown forwards, backwards and so on
EARLY = 200  # frames of a long stream after which memory is first taken
CODING = ("compress", "decompress")

Cells = dict[str, Any]
Current = Measurement[Plan, ClipDenoiser]


def shown(clip: Clip, frames: int) -> Iterator[Rgb]:
    """So many frames of a clip, forwards, backwards and so on, each an array of its own."""
    last = len(clip) - 1
    return (clip[last - abs(number % (2 * last) - last)].copy() for number in range(frames))


def write_video(path: Path, frames: Iterator[Rgb], rate: float) -> None:
    """As the encoder writes it that `pellucid stream` uses; MissingExtraError without PyAV."""
    first = next(frames)
    ticks = Fraction(rate).limit_denominator(1001)
    height, width, channels = first.shape
    info = ClipInfo(height, width, channels, first.dtype, 255, ticks, 1 / ticks)
    with path.open("wb") as file:
        sink = VideoSink(file, path.name, info, form="mp4")
        for number, frame in enumerate(chain([first], frames)):
            sink.frame(Frame(frame, number))
        sink.finish()


def of_file(current: Current, model: str, folder: Path) -> Cells:
    """The whole command, with the start of Python."""
    plan, source = current.plan, folder / "noisy.mp4"
    write_video(source, shown(current.data.noisy, plan.cost_frames), plan.rate)
    words = ["stream", source, folder / "clean.mp4", "--sigma", TIMED, "--force"]
    words += [word for name, value in network_of(model).items() for word in (f"--{name}", value)]
    order = {"words": [*map(str, words)], "threads": plan.threads}
    start = time.perf_counter()
    work = fresh.measure(f"{program_work.__module__}:{program_work.__name__}", order)
    return {"seconds": time.perf_counter() - start, "peak_mb": work.peak_mb}


def of_camera(current: Current, model: str, _folder: Path) -> Cells:
    """Delays, in a stream that is warm."""
    due: list[float] = []
    pause = 1 / current.plan.rate

    def camera(frames: int) -> Iterator[Rgb]:
        first = time.perf_counter()
        due.clear()
        for number, frame in enumerate(shown(current.data.noisy, frames)):
            due.append(first + number * pause)
            time.sleep(max(0.0, due[-1] - time.perf_counter()))
            yield frame

    for frames in (DISTINCT, current.plan.cost_frames):
        start, late = time.perf_counter(), []
        for number, _ in enumerate(stream(camera(frames), model)):
            late.append(time.perf_counter() - due[number])
        seconds = time.perf_counter() - start
    delay, most = (1e3 * float(one) for one in np.percentile(late, [50, 95]))
    return {"seconds": seconds, "delay": delay, "delay_most": most}


def stream(frames: Iterator[Rgb], model: str) -> Iterator[Rgb]:
    """Through pellucid, which is told sigma."""
    clean: Iterator[Rgb] = require("pellucid").stream(frames, sigma=TIMED, **network_of(model))
    return clean


def of_long(current: Current, model: str, folder: Path) -> Cells:
    """Memory after the first frames, and at the end."""
    plan, clip = current.plan, folder / "noisy.npy"
    np.save(clip, current.data.noisy)
    early = min(EARLY, plan.long_frames // 2)
    order = {"name": model, "clip": str(clip), "frames": plan.long_frames, "early": early}
    work = fresh.measure(f"{__name__}:long_work", {**order, "threads": plan.threads})
    rest = plan.long_frames - early
    return {
        "seconds": work.seconds[0] * plan.long_frames / rest,
        "early_mb": work.base_mb,
        "peak_mb": work.peak_mb,
    }


def long_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """The other side of that, see `fresh.measure`: the first frames before the work, the rest in
    it."""
    os.environ[THREADS_VARIABLE] = str(order["threads"])
    clip: NDArray[np.uint8] = np.load(order["clip"])
    clean = stream(shown(clip, order["frames"]), order["name"])
    for _ in islice(clean, order["early"]):
        pass
    return lambda: [None for _ in clean], lambda: 0


def of_compress(current: Current, model: str, folder: Path) -> Cells:
    """Clean frames, at the quality that is the default."""
    api, frames = require("pellucid"), list(shown(current.data.clean, current.plan.cost_frames))
    options = api.CompressOptions(model=model)
    for name, some in (("warm", frames[:2]), ("frames", frames)):
        start = time.perf_counter()
        path = folder / f"{name}.pels"
        with api.write_sequence(path, options, rate=25, force=True) as out:
            for frame in some:
                out.add(frame)
        seconds = time.perf_counter() - start
    return {"seconds": seconds}


def of_decompress(current: Current, model: str, folder: Path) -> Cells:
    """All frames of the file that `compress` makes."""
    of_compress(current, model, folder)
    with require("pellucid").open_sequence(folder / "frames.pels") as sequence:
        sequence[0]
        start = time.perf_counter()
        for _ in sequence:
            pass
        return {"seconds": time.perf_counter() - start}


MEASURE: dict[str, Callable[[Current, str, Path], Cells]] = dict(
    zip(TASKS, (of_file, of_camera, of_long, of_compress, of_decompress), strict=True)
)


def cases(plan: Plan) -> list[Case]:
    """Clips of the sizes that are timed."""
    return timed_cases(replace(plan, speed_frames=DISTINCT))


def wanted(plan: Plan, case: Case, one: ClipDenoiser) -> list[Key]:
    """A row a task; sequences only where there is a codec of that name."""
    model = model_of(one.name)
    coding = model in require("pellucid").models()
    return [(t, model, case.name) for t in plan.costs if t in TASKS and (coding or t not in CODING)]


def measure(current: Current) -> Iterator[VideoCost]:
    """A row a task."""
    _, height, width, _ = current.data.noisy.shape
    plan = current.plan
    for one, keys in current.todo:
        for task, model, _ in keys:
            with (
                current.outcome.attempt(f"{task}, {current.case.name}, {model}"),
                TemporaryDirectory() as folder,
            ):
                cells = MEASURE[task](current, model, Path(folder))
                kept = ("delay", "delay_most", "early_mb", "peak_mb")
                yield VideoCost(
                    task=task,
                    model=model,
                    width=width,
                    height=height,
                    frames=frames_of(plan, task),
                    seconds=round(cells["seconds"], 3),
                    **{name: round(cells[name], 1) if name in cells else None for name in kept},
                    threads=plan.threads,
                    version=version(one, task),
                )


def frames_of(plan: Plan, task: str) -> int:
    """How many a task has."""
    return plan.long_frames if task == "long" else plan.cost_frames


def version(one: ClipDenoiser, task: str) -> str:
    """Of the denoiser, or of the codec of the same name."""
    return version_of(model_of(one.name), task) if task in CODING else one.version


def usable(plan: Plan, one: ClipDenoiser, row: VideoCost) -> bool:
    """Not a row of another version, or with another number of frames."""
    wanted = (frames_of(plan, row.task), plan.threads, version(one, row.task))
    return (row.frames, row.threads, row.version) == wanted


COSTS: Bench[Plan, ClipDenoiser, VideoCost] = Bench(
    name="video",
    columns=(COST_ROWS,),
    what=lambda plan: f"costs of streams: {plan.data_name}",
    cases=cases,
    methods=lambda plan: CLIP_DENOISERS.load(own_names(plan.models), plan.threads),
    wanted=wanted,
    measure=measure,
    key=lambda row: (row.task, row.model, f"{row.width}x{row.height}"),
    makes=lambda plan, one, row: row.model == model_of(one.name) and row.task in plan.costs,
    usable=usable,
    order=lambda row: (TASKS.index(row.task), row.model, row.width),
)
