"""What the processes of a crew do in tests: a module, so that a new process can import it."""

from __future__ import annotations

import torch
from torch import nn

from pellucid.train.parallel import Crew


def mean_of_gradients(crew: Crew, weight: float) -> tuple[list[float], float, list[int]]:
    """Gradients after agreeing, the mean of the seconds, and what three draws give this process."""
    torch.manual_seed(0)
    net = nn.Linear(2, 1)
    for parameter in net.parameters():
        parameter.grad = torch.full_like(parameter, weight * (1 + crew.rank))
    seconds = crew.agree(net, 1.0 + crew.rank)
    generator = torch.Generator().manual_seed(3)
    crew.part_ways([generator], 1, 0)
    draws = torch.randint(1000, (3,), generator=generator)
    everyone = draws.clone()
    if crew.count > 1:
        torch.distributed.all_reduce(everyone)
    flat = torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])
    return flat.tolist(), seconds, (everyone - draws).tolist()


def fail_elsewhere(crew: Crew) -> float:
    """The second process gives up; the first waits for it in vain."""
    if not crew.leads:
        raise SystemExit(3)
    return crew.agree(nn.Linear(1, 1), 0.0)
