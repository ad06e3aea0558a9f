"""The training loop that all models share: bounded by time and resumable at any point.

A step is made of what runs on the device (`learn`) and of a few numbers that Python keeps. No part
of `learn` waits for the device or reads from it, so that an accelerator is never idle and
can replay a step as one graph (`pellucid.train.speed`); figures are summed there and read now and
then. What is exported is the moving average of the weights.
"""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pellucid.errors import PellucidError
from pellucid.train.checkpoint import average_in, check_state, take_weights
from pellucid.train.optimisers import Schedule, load_optimisers, move_average
from pellucid.train.parallel import ALONE, Crew

LONGEST_STEP = 10.0  # seconds; a longer one means that the process was paused
REPORT_EVERY = 100  # steps
SAVE_EVERY = 60.0  # seconds of training
JUDGE_EVERY = 600.0
AHEAD = 8  # steps that Python may ask an accelerator for before the first of them is done

Figures = dict[str, Tensor]
Scores = dict[str, float]


@dataclass
class Progress:
    """What a checkpoint keeps beside the tensors; `earlier`: pixels seen by the first weights."""

    step: int = 0
    seconds: float = 0.0
    pixels: int = 0
    earlier: int = 0

    @property
    def speed(self) -> float:
        """Megapixels a second."""
        return self.pixels / max(self.seconds, 1e-9) / 1e6


class Trainer(ABC):
    """A net, its optimisers, its average, and how far they are.

    Args:
        recipe: with ema, clip, warmup and seed, and what else the trainer reads.
        net: where training starts; moved to the device.
        tiles: (n, 3, 256, 256) uint8, moved to the device; empty where a trainer draws otherwise.

    `measure`, which a trainer sets, makes loss and figures of a batch: what can be compiled.
    """

    measure: Callable[..., tuple[Tensor, Figures]]

    def __init__(self, recipe: Any, net: nn.Module, tiles: Tensor, device: torch.device) -> None:
        self.recipe, self.tiles, self.device = recipe, tiles.to(device), device
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.generators = [self.generator]  # all whose states a checkpoint keeps
        self.net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.weights = (list(self.average.parameters()), list(self.net.parameters()))
        self.optimisers = self.make_optimisers()
        self.schedule = Schedule(warmup=recipe.warmup)
        self.progress = Progress()
        self.crew: Crew = ALONE
        self.sums: Figures = {}
        self.since = time.monotonic()  # when the last step's time was taken
        self.asked: deque[torch.cuda.Event] = deque()
        self.replay: Callable[[], None] | None = None  # `learn` as one graph of the device

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Parameters of all optimisers with their rates."""
        return [group for optimiser in self.optimisers for group in optimiser.param_groups]

    @abstractmethod
    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        """What moves the net; each group of parameters has its highest rate under `peak`."""

    @abstractmethod
    def loss(self, part: float) -> tuple[Tensor, Figures]:
        """The loss of a fresh batch, and figures to report, without gradients."""

    def state(self) -> dict[str, Any]:
        """All that a run needs to go on: a checkpoint, which `restore` takes."""
        return {
            "recipe": self.recipe.name,
            "shape": asdict(self.recipe.shape),
            "schedule": self.schedule.kind,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "generators": [generator.get_state() for generator in self.generators],
            "noise": torch.get_rng_state(),
            "progress": asdict(self.progress),
        }

    def averaged(self) -> dict[str, Any]:
        """The averaged weights in half precision, which `start_from` takes."""
        average = {name: value.half().cpu() for name, value in self.average.state_dict().items()}
        return {"recipe": self.recipe.name, "average": average, "progress": asdict(self.progress)}

    def restore(self, state: dict[str, Any], path: Path) -> None:
        """Go on where the run was that gave `state`, read from `path`.

        Raises InputError: it is no checkpoint, of another net, or of another schedule.
        """
        check_state(path, state, shape=asdict(self.recipe.shape), schedule=self.schedule.kind)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        load_optimisers(self.optimisers, state["optimisers"])
        states = state.get("generators") or [state["generator"]]  # the first versions kept one
        for generator, stored in zip(self.generators, states, strict=False):
            if stored.numel() == generator.get_state().numel():  # else it is another device's
                generator.set_state(stored.cpu())
        torch.set_rng_state(state["noise"].cpu())
        self.progress = Progress(**state["progress"])

    def start_from(self, state: dict[str, Any], path: Path) -> None:
        """Start a new run from weights, or from another run's checkpoint, read from `path`.

        Blocks that weights lack stay as they are, doing nothing. A checkpoint gives what its
        optimisers know as well.

        Raises InputError: the weights are of a net with other widths, or with more blocks.
        """
        average = average_in(path, state)
        take_weights(path, self.average, average)
        take_weights(path, self.net, state.get("net", average))
        if "optimisers" in state and state.get("shape") == asdict(self.recipe.shape):
            load_optimisers(self.optimisers, state["optimisers"])
        known = Progress(**state.get("progress", {}))
        self.progress.earlier = known.pixels + known.earlier
        for generator in self.generators:  # other draws than the run before
            generator.manual_seed(self.recipe.seed + self.progress.earlier % 2**31)

    def judge(self, tiles: Tensor) -> Scores:
        """Figures of the average on `tiles` that were held out; what to watch comes first."""
        raise NotImplementedError

    def use_bfloat16(self, wanted: bool) -> None:  # noqa: B027 - not every net has such layers
        """Whether convolutions that decide no bits run in bfloat16."""

    def run(
        self,
        minutes: float,
        *,
        save: Callable[[], None],
        report: Callable[[Scores], None],
        judge: Callable[[], None] | None = None,
        deadline: float | None = None,
    ) -> None:
        """Train until `minutes` have been spent in all, earlier stretches included.

        Only the first of a crew saves, every minute and at the end, reports mean figures now and
        then, and judges every ten minutes, which is not counted. Interrupted, it saves before it
        ends. `deadline`, on the clock of `time.monotonic`, ends the run whatever was spent.
        """
        done, budget = self.progress, 60 * minutes
        been = done.step + done.earlier  # so that no run draws as one before
        self.crew.part_ways(self.generators, self.recipe.seed, been)
        self.since = time.monotonic()
        saved, judged, reported = done.seconds, done.seconds, done.step
        try:
            while done.seconds < budget and (deadline is None or self.since < deadline):
                self.step(self.schedule.part(done.seconds, budget))
                if not self.crew.leads:
                    continue
                if done.step - reported == REPORT_EVERY:
                    report(self.read_figures(REPORT_EVERY))
                    reported = done.step
                if done.seconds - saved > SAVE_EVERY:
                    save()
                    saved = done.seconds
                if judge and done.seconds - judged > JUDGE_EVERY:
                    judge()
                    judged, self.since = done.seconds, time.monotonic()
        except KeyboardInterrupt:
            if self.crew.leads:
                save()
            raise
        if self.crew.leads:
            if steps := done.step - reported:
                report(self.read_figures(steps))
            save()

    def step(self, part: float) -> None:
        """One step at `part` (0-1) of the way; figures are added to `sums`.

        Python may be a few steps ahead of an accelerator and no more, so that clocks stay true.
        """
        now = time.monotonic()
        took, self.since = min(now - self.since, LONGEST_STEP), now
        self.set_rate(self.schedule.rate(part, self.progress.step))
        if self.replay:
            self.replay()
        else:
            took = self.learn(part, took)
        self.progress.seconds += took
        self.progress.step += 1
        count, side = self.crop_size(part)
        self.progress.pixels += count * side**2 * self.crew.count
        move_average(*self.weights, self.recipe.ema, self.progress.step)
        if self.device.type == "cuda":
            event = torch.cuda.Event()
            event.record()
            self.asked.append(event)
            if len(self.asked) > AHEAD:
                self.asked.popleft().synchronize()

    def learn(self, part: float, seconds: float = 0.0) -> float:
        """What a step does on the device, but for the average: nothing here reads from it.

        Returns the mean of `seconds` over the crew, which share their gradients.
        """
        loss, figures = self.loss(part)
        self.net.zero_grad(set_to_none=True)
        loss.backward()
        seconds = self.crew.agree(self.net, seconds)
        nn.utils.clip_grad_norm_(self.weights[1], self.recipe.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        for name, value in figures.items():
            self.sums.setdefault(name, torch.zeros_like(value)).add_(value)
        return seconds

    def set_rate(self, rate: float) -> None:
        """Set every group's learning rate, relative to its highest."""
        for group in self.groups:
            if isinstance(group["lr"], Tensor):  # a graph of the device reads it there
                group["lr"].fill_(group["peak"] * rate)
            else:
                group["lr"] = group["peak"] * rate

    def read_figures(self, steps: int) -> Scores:
        """Means of the figures of the last `steps` steps, which begin anew; waits for the device.

        Raises PellucidError: the loss is no longer a number.
        """
        means = {name: float(value) / max(1, steps) for name, value in self.sums.items()}
        for value in self.sums.values():
            value.zero_()
        if any(value != value for value in means.values()):
            raise PellucidError(
                f"the training diverged before step {self.progress.step}; the checkpoint is from "
                "before: go on from it with a smaller rate"
            )
        return means

    def describe(self, figures: Scores) -> str:
        """One line of the log."""
        parts = " ".join(f"{name} {value:.4f}" for name, value in figures.items())
        done = self.progress
        return f"{done.seconds / 60:7.2f} min  step {done.step}  {parts}  {done.speed:.2f} Mpx/s"

    def crop_size(self, part: float) -> tuple[int, int]:
        """Number and side of a step's crops: fewer and larger ones towards the end."""
        recipe = self.recipe
        if part <= 1 - recipe.last_part:
            return recipe.batch, recipe.patch
        batch = round(recipe.batch * (recipe.patch / recipe.last_patch) ** 2)
        return max(1, batch), recipe.last_patch
