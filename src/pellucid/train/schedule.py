"""How the learning rate goes over a run.

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
from dataclasses import dataclass

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
        if self.kind == "cosine":
            return cosine(part, self.warmup)
        return min(1.0, (step + 1) / WARM_STEPS) * (1 - math.sqrt(part))


def cosine(part: float, warmup: float) -> float:
    """Linear warm-up, then a cosine to zero."""
    if part < warmup:
        return part / warmup + 1e-3
    return 0.5 * (1 + math.cos(math.pi * (part - warmup) / (1 - warmup)))
