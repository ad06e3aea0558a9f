"""A denoiser tuned on the user's own noisy pictures, without clean ones.

From one shot of a scene: Neighbor2Neighbor (Huang et al. 2021). Two half-size pictures are made
by taking different neighbours out of every 2x2 samples; their noise is independent, so one can
teach the other. From repeats of a scene: Noise2Noise (Lehtinen et al. 2018), which also holds for
noise that is correlated between neighbours. Both start from a trained denoiser and stay near it:
few steps, a low rate, and the result is kept only if it is better on rows it did not learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from pellucid.nets.denoiser import Denoiser
from pellucid.train.optimisers import adamw
from pellucid.train.recipe import TrainingRecipe
from pellucid.train.trainer import Figures, Trainer

CONSISTENCY = 1.0  # weight of Neighbor2Neighbor's second term
JUDGED = 8  # batches that decide whether the result is better
LEAST_GAIN = 0.005  # of the loss, most of which is the noise itself; less may be chance


@dataclass(frozen=True)
class AdaptSettings(TrainingRecipe):
    """How a denoiser is tuned."""

    name: str = "adapted"
    data: str = "the user's own noisy pictures"
    rate: float = 2e-4
    patch: int = 96
    last_part: float = 0.0
    warmup: float = 0.05
    ema: float = 0.98
    clip: float = 0.5
    bfloat16: bool = True


class Shots(NamedTuple):
    """Repeats of one scene, (n, 3, H, W) in the network's scale, and their maps (2, H, W)."""

    planes: Tensor
    maps: Tensor


class AdaptTrainer(Trainer):
    """A trained denoiser, and noisy pictures to tune it on."""

    recipe: AdaptSettings

    def __init__(self, settings: AdaptSettings, net: Denoiser, scenes: Sequence[Shots]) -> None:
        torch.manual_seed(settings.seed)
        super().__init__(settings, net, torch.empty(0), torch.device("cpu"))
        self.scenes = list(scenes)

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        weights = {"params": list(self.net.parameters()), "peak": self.recipe.rate}
        return [adamw([weights], self.device)]

    def loss(self, part: float) -> tuple[Tensor, Figures]:  # noqa: ARG002
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            loss = self.batch_loss(self.net, self.generator)
        return loss, {"loss": loss.detach()}

    def batch_loss(
        self, net: torch.nn.Module, generator: torch.Generator, *, kept: bool = False
    ) -> Tensor:
        """Squared error against another noisy view, relative to the noise."""
        noisy, other, maps = draw_crops(self.scenes, self.recipe, generator, kept=kept)
        variance = maps.sum(dim=1).square().mean().clamp(min=1e-12)
        if other is not None:
            distance: Tensor = (net(noisy, maps).float() - other).square().mean() / variance
            return distance
        pick = neighbours(noisy, generator)
        first, second = (take(noisy, index) for index in pick)
        small = torch.nn.functional.avg_pool2d(maps, 2)
        clean = net(first, small).float()
        with torch.no_grad():
            whole = net(noisy, maps).float()
        apart = take(whole, pick[0]) - take(whole, pick[1])
        error = clean - second
        total: Tensor = error.square().mean() + CONSISTENCY * (error - apart).square().mean()
        return total / variance

    @torch.no_grad()
    def kept_loss(self, net: torch.nn.Module) -> float:
        """The loss on the rows kept from learning, crops and all the same every time."""
        generator = torch.Generator().manual_seed(self.recipe.seed + 1)
        losses = [self.batch_loss(net, generator, kept=True).item() for _ in range(JUDGED)]
        return sum(losses) / len(losses)


def adapt(
    trainer: AdaptTrainer, minutes: float, report: Callable[[str], None]
) -> tuple[float, float]:
    """Tune until `minutes` are spent; returns the loss before and after on rows kept from learning.

    Unless that `helped`, `trainer.average` gets the weights it began with.
    """
    start = {name: value.clone() for name, value in trainer.average.state_dict().items()}
    before = trainer.kept_loss(trainer.average)
    trainer.run(
        minutes,
        save=lambda: None,  # only what helped is kept
        report=lambda figures: report(trainer.describe(figures)),
    )
    after = trainer.kept_loss(trainer.average)
    if not helped(before, after):
        trainer.average.load_state_dict(start)
    return before, after


def helped(before: float, after: float) -> bool:
    """Whether a loss is lower by more than chance."""
    return after < before * (1 - LEAST_GAIN)


def draw_crops(
    scenes: Sequence[Shots],
    settings: AdaptSettings,
    generator: torch.Generator,
    *,
    kept: bool = False,
) -> tuple[Tensor, Tensor | None, Tensor]:
    """Crops (n, 3, h, w), of another shot of each scene if there are repeats, and maps.

    They are of the upper rows of each picture, or of the quarter `kept` from learning.
    """
    repeats = all(len(scene.planes) > 1 for scene in scenes)
    wide = min(settings.patch, *(scene.planes.shape[3] for scene in scenes)) // 16 * 16
    rows = [rows_of(scene.planes.shape[2], kept=kept) for scene in scenes]
    high = min(settings.patch, *(stop - start for start, stop in rows)) // 16 * 16
    noisy, other, maps = [], [], []
    for _ in range(settings.batch):
        number = draw(len(scenes), generator)
        scene, (start, stop) = scenes[number], rows[number]
        y = start + draw(stop - start - high + 1, generator)
        x = draw(scene.planes.shape[3] - wide + 1, generator)
        shots = torch.randperm(len(scene.planes), generator=generator)[:2].tolist()
        crop = (..., slice(y, y + high), slice(x, x + wide))
        flips = [axis for axis in (1, 2) if draw(2, generator)]
        noisy.append(scene.planes[shots[0]][crop].flip(flips))
        other.append(scene.planes[shots[-1]][crop].flip(flips))
        maps.append(scene.maps[crop].flip(flips))
    second = torch.stack(other) if repeats else None
    return torch.stack(noisy), second, torch.stack(maps)


def rows_of(height: int, *, kept: bool) -> tuple[int, int]:
    """First and last row (exclusive) to learn from, or of the quarter kept from that."""
    edge = height - max(16, height // 4)
    return (edge, height) if kept else (0, edge)


def draw(count: int, generator: torch.Generator) -> int:
    """A whole number below `count`."""
    return int(torch.randint(count, (), generator=generator))


def neighbours(like: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """For every 2x2 samples of (N, C, H, W), two that touch: places 0-3, (N, 1, H/2, W/2) each."""
    pairs = torch.tensor([[0, 1], [1, 0], [2, 3], [3, 2], [0, 2], [2, 0], [1, 3], [3, 1]])
    shape = (len(like), 1, like.shape[2] // 2, like.shape[3] // 2)
    chosen = pairs[torch.randint(len(pairs), shape, generator=generator)]
    return chosen[..., 0], chosen[..., 1]


def take(picture: Tensor, place: Tensor) -> Tensor:
    """The sample at `place` out of every 2x2: (N, C, H, W) -> (N, C, H/2, W/2)."""
    n, c, h, w = picture.shape
    cells = picture.reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 2, 4, 3, 5)
    cells = cells.reshape(n, c, h // 2, w // 2, 4)
    index = place.expand(n, c, h // 2, w // 2)[..., None]
    return cells.gather(4, index)[..., 0]
