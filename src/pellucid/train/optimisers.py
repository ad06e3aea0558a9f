"""What moves the weights: AdamW, Muon for convolutions, how fast, and the average that is exported.

Muon takes steps whose matrix has singular values near one (Jordan et al., "Muon: an optimizer for
hidden layers in neural networks", 2024). PyTorch has it for matrices; here every
filter of a convolution is one row of a matrix that shares its memory. A step changes what a layer
does by about the same amount in all directions, so that little training goes as far as much with
Adam (figures: docs/models.md).

The learning rate goes by one of these:

    cosine     warm-up, then a cosine to zero over the time budget: one run, one finished model
    constant   warm-up, then the full rate for as long as there is time, over many runs
    decay      from the full rate to zero, on a copy of a constant run, when weights are wanted;
               its first steps warm up as well, since weights alone come without an optimiser

A constant rate with a short decay ends where a cosine over the same time does (Hägele et al. 2024,
"Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations"), and need not know its
end beforehand. Their decay, one minus a square root, is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from pellucid.errors import OptionError

KINDS = ("cosine", "constant", "decay")
WARM_STEPS = 300  # of a run at a constant rate, until Adam's averages mean something


@dataclass(frozen=True)
class Schedule:
    """One of `KINDS`; `warmup` is the part of the budget that a cosine warms up for."""

    kind: str = "cosine"
    warmup: float = 0.02

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError(f"the schedule {self.kind!r} is not one of {', '.join(KINDS)}")

    def part(self, seconds: float, budget: float) -> float:
        """Which part (0-1) of the way to its end a run is; one at a constant rate has no end."""
        return 0.0 if self.kind == "constant" else min(1.0, seconds / budget)

    def rate(self, part: float, step: int) -> float:
        """Learning rate relative to the highest, at `part` of the way and after `step` steps."""
        if self.kind != "cosine":
            return min(1.0, (step + 1) / WARM_STEPS) * (1 - math.sqrt(part))
        if part < self.warmup:
            return part / self.warmup + 1e-3
        return 0.5 * (1 + math.cos(math.pi * (part - self.warmup) / (1 - self.warmup)))


def adamw(groups: list[dict[str, Any]], device: torch.device) -> torch.optim.AdamW:
    """AdamW in one kernel; on an accelerator its rate lies on the device, for graphs to read."""
    on_device = device.type == "cuda"
    for group in groups:
        group["lr"] = torch.zeros((), device=device) if on_device else group["peak"]
    return torch.optim.AdamW(groups, weight_decay=0.0, fused=True, capturable=on_device)


class ConvolutionMuon(torch.optim.Muon):
    """`torch.optim.Muon` that takes the weights (out, in, h, w) of convolutions as they are.

    Args:
        weights: in the memory format channels last; they stay on their device from here on.
        peak: highest learning rate, for the training loop, which sets `lr` at every step.
    """

    def __init__(self, weights: list[nn.Parameter], peak: float) -> None:
        self.weights = weights
        matrices = [nn.Parameter(rows(weight.data)) for weight in weights]
        super().__init__([{"params": matrices, "peak": peak}], weight_decay=0.0)

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step along the gradients that `backward` left in the weights."""
        matrices = self.param_groups[0]["params"]
        for matrix, weight in zip(matrices, self.weights, strict=True):
            matrix.grad = None if weight.grad is None else rows(weight.grad)
        super().step(closure)


def rows(weight: Tensor) -> Tensor:
    """(out, in, h, w) as (out, h * w * in): a view of the same memory where it is channels last."""
    return weight.permute(0, 2, 3, 1).reshape(weight.shape[0], -1)


def muon_and_adamw(
    net: nn.Module, rate: float, last_rate: float, device: torch.device
) -> list[torch.optim.Optimizer]:
    """Muon for all layers but the last, `leave`, whose output is noise in the picture's own unit.

    `rate`, `last_rate`: highest learning rates, of Muon and of AdamW.
    """
    last = list(cast(nn.Module, net.leave).parameters())
    hidden = [weight for weight in net.parameters() if weight is not last[0]]
    adam = adamw([{"params": last, "peak": last_rate}], device)
    return [ConvolutionMuon(hidden, rate), adam]


def load_optimisers(
    optimisers: Sequence[torch.optim.Optimizer], states: Sequence[dict[str, Any]]
) -> None:
    """What optimisers learned of the weights; their rates and kernels stay their own."""
    for optimiser, state in zip(optimisers, states, strict=True):
        own = [{k: v for k, v in g.items() if k != "params"} for g in optimiser.param_groups]
        optimiser.load_state_dict(state)
        for group, options in zip(optimiser.param_groups, own, strict=True):
            group.update(options)


@torch.no_grad()
def move_average(average: list[Tensor], current: list[Tensor], decay: float, step: int) -> None:
    """Exponential moving average of the weights, short at first."""
    torch._foreach_lerp_(average, current, 1 - min(decay, (1 + step) / (10 + step)))
