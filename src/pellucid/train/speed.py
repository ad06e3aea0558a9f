"""Use all of the machine that a run meets: number format, batch, compiled steps, replayed steps.

On a CPU bfloat16 is tried for some seconds and kept if it is faster. On an accelerator it is taken,
batches are tried, and since small nets wait for Python there, not for arithmetic, a whole step with
its optimiser is recorded once and replayed as one graph. What fails is left out, with a line that
says so.
"""

from __future__ import annotations

import gc
import os
import platform
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import torch
from torch import Tensor

from pellucid.errors import first_line
from pellucid.train.trainer import Trainer

Report = Callable[[str], None]

PROBE_SECONDS = 3.0  # a number format, or a batch; less where time is short:
PROBE_PART = 1 / 40  # of the time for compiling
LEAST_GAIN = 1.1  # what bfloat16 must bring
LENT_LIMIT, PATIENCE = 100.0, 400.0  # seconds for compiling: on an accelerator, on a CPU
AGAIN = 60.0  # seconds until a compiler that swallowed the end of its time is told again
BATCHES, SIDE = (32, 64, 128), 256  # crops on an accelerator
ENOUGH = 0.95  # of the best speed: the smallest batch that reaches it is taken
LARGEST_RATE = 2.0  # times the recipe's, for a larger batch


def fit(trainer: Trainer, report: Report, *, compiled: bool, limit: float = PATIENCE) -> None:
    """Choose number format and, on an accelerator, the batch; then compile and record steps.

    Compiling ends after `limit` seconds, on an accelerator after `LENT_LIMIT` if that is less.
    """
    on_device = trainer.device.type == "cuda"
    probe = min(PROBE_SECONDS, PROBE_PART * limit)
    with unseen(trainer):
        if on_device:
            trainer.use_bfloat16(has_bfloat16_units(trainer.device))
            fit_batch(trainer, report, probe)
        else:
            fit_precision(trainer, report, probe)
        if compiled:
            compile_steps(trainer, report, min(limit, LENT_LIMIT) if on_device else limit)
    if on_device:
        record_steps(trainer, report)
    for figure in trainer.sums.values():
        figure.zero_()


def fit_precision(trainer: Trainer, report: Report, probe: float) -> None:
    """bfloat16 if that is faster on this processor, in layers that decide no bits; else float32.

    Each is tried for `probe` seconds, or once.
    """
    trainer.use_bfloat16(False)
    if not has_bfloat16_units(trainer.device):
        report("float32 throughout: there are no units for bfloat16 here")
        return
    plain = pixels_per_second(trainer, probe)
    trainer.use_bfloat16(True)
    gain = trainer.crew.least(pixels_per_second(trainer, probe) / plain)
    trainer.use_bfloat16(gain >= LEAST_GAIN)
    kept = "bfloat16 in the layers that decide no bits" if gain >= LEAST_GAIN else "float32"
    report(f"{kept}: bfloat16 is {gain:.2f} times as fast before compiling")


def has_bfloat16_units(device: torch.device) -> bool:
    """Whether bfloat16 is more than an emulation."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    machine = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return bool(machine) or platform.machine() == "aarch64"  # there only a look can tell


def fit_batch(trainer: Trainer, report: Report, probe: float) -> None:
    """Large crops, as many as it takes to keep the device busy; the rate follows the batch."""
    recipe, speeds = trainer.recipe, {}
    try:
        for count in BATCHES:
            trainer.recipe = replace(recipe, batch=count, patch=SIDE, last_patch=SIDE)
            speeds[count] = pixels_per_second(trainer, probe)
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
    if not speeds:
        trainer.recipe = recipe
        report(f"no batch of {BATCHES[0]} crops of {SIDE} x {SIDE} fits: the recipe's is kept")
        return
    count = next(n for n, speed in speeds.items() if speed >= ENOUGH * max(speeds.values()))
    trainer.recipe = replace(recipe, batch=count, patch=SIDE, last_patch=SIDE)
    more = count * SIDE**2 / (recipe.batch * recipe.patch**2)
    factor = min(LARGEST_RATE, max(1.0, more) ** 0.5)
    for group in trainer.groups:
        group["peak"] *= factor
    report(
        f"{count} crops of {SIDE} x {SIDE} at {factor:.1f} times the recipe's rate; "
        f"{speeds[count] / 1e6:.1f} Mpx/s before compiling"
    )


def pixels_per_second(trainer: Trainer, seconds: float) -> float:
    """Speed of loss and gradients, no step taken, over so many seconds."""
    one_pass(trainer)
    start, passes = time.monotonic(), 0
    while passes < 1 or time.monotonic() - start < seconds:
        one_pass(trainer)
        passes += 1
    count, side = trainer.crop_size(0.0)
    return passes * count * side**2 / (time.monotonic() - start)


@contextmanager
def unseen(trainer: Trainer) -> Iterator[None]:
    """What is drawn in the block is drawn again after it, so that a run doesn't depend on tries."""
    states = [generator.get_state() for generator in trainer.generators]
    devices = [trainer.device] if trainer.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield
    for generator, state in zip(trainer.generators, states, strict=True):
        generator.set_state(state)


def one_pass(trainer: Trainer, part: float = 0.0) -> None:
    """Loss and gradients of one batch, to their end."""
    loss, _ = trainer.loss(part)
    loss.backward()
    float(loss.detach())  # waits for the device


def compile_steps(trainer: Trainer, report: Report, limit: float) -> None:
    """Compile steps of all shapes that the run will meet, unless that fails or takes too long."""
    report(f"compiling, for {limit:.0f} s at most")
    start, plain = time.monotonic(), trainer.measure
    ends = (trainer.schedule.part(done, 1.0) for done in (0.0, 1.0))
    parts = {trainer.crop_size(part): part for part in ends}.values()
    done, reason = 1.0, ""
    try:
        with time_limit(limit):
            trainer.measure = torch.compile(plain, dynamic=False)
            for part in parts:
                one_pass(trainer, part)
    except Exception as error:  # noqa: BLE001 - compilers raise anything; the run goes on without
        done, reason = 0.0, first_line(error)
    if trainer.crew.least(done):
        report(f"compiled in {time.monotonic() - start:.0f} s")
    else:
        trainer.measure = plain
        report(f"not compiled: {reason or 'another process could not'}")


def has_compiler(device: torch.device) -> bool:
    """Whether PyTorch can compile here: on a CPU that takes a C++ compiler."""
    return device.type != "cpu" or shutil.which(os.environ.get("CXX", "g++")) is not None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds; in a POSIX system's main thread.

    It is raised again `AGAIN` seconds later, should something have swallowed it; not earlier, since
    a compiler that is interrupted while it cleans up leaves PyTorch unusable.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"took more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def record_steps(trainer: Trainer, report: Report) -> None:
    """Record a step as one graph of the device, if nothing in it needs Python."""
    if not all(isinstance(group["lr"], Tensor) for group in trainer.groups):
        return  # an optimiser keeps its rate in Python
    trainer.set_rate(0.0)  # steps that move nothing, but for the optimiser's own averages
    gc.collect()  # nothing may be freed while steps are recorded
    try:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                trainer.learn(0.0)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        for generator in trainer.generators:
            if generator.device.type == "cuda":
                graph.register_generator_state(generator)
        with torch.cuda.graph(graph):
            trainer.learn(0.0)
    except Exception as error:  # noqa: BLE001 - whatever can't be recorded runs step by step
        stop_recording(trainer)
        report(f"steps are not recorded: {first_line(error)}")
        return
    trainer.replay = graph.replay
    report("steps are replayed as one graph")


def stop_recording(trainer: Trainer) -> None:
    """After a recording that failed: its stream is left, and generators forget that it was on."""
    torch.cuda.set_stream(torch.cuda.default_stream())
    torch.cuda.synchronize()
    index = torch.cuda.current_device()
    for generator in (torch.cuda.default_generators[index], *trainer.generators):
        if generator.device.type == "cuda":
            fresh = torch.Generator(generator.device).manual_seed(generator.initial_seed() + 1)
            generator.graphsafe_set_state(fresh.graphsafe_get_state())
