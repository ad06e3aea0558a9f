"""A denoiser tuned on the user's own noisy pictures, without clean ones.

From one shot of a scene: Neighbor2Neighbor (Huang et al. 2021). Two half-size pictures are made
by taking different neighbours out of every 2x2 samples; their noise is independent, so one can
teach the other. From repeats of a scene: Noise2Noise (Lehtinen et al. 2018), which also holds for
noise that is correlated between neighbours. Both start from a trained denoiser and stay near it:
few steps, a low rate, and the result is kept only if it is better on rows it did not learn from.

Pictures are prepared just as `denoise --sigma auto` does. One is enough; repeats are shots of one
scene, each with its own noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.denoising.invalid import fill_invalid, finite_pixels
from pellucid.denoising.measure import measure
from pellucid.denoising.plan import noise_level_maps, plan_for
from pellucid.denoising.samples import check_type, split_alpha
from pellucid.errors import InputError
from pellucid.nets.denoiser import Denoiser
from pellucid.pixels import Box, open_image
from pellucid.runtime import load_denoiser
from pellucid.train.export_denoiser import import_denoiser, write_denoiser
from pellucid.train.optimisers import adamw
from pellucid.train.pack import find_pictures
from pellucid.train.recipe import TrainingRecipe
from pellucid.train.trainer import Figures, Trainer

CONSISTENCY = 1.0  # weight of Neighbor2Neighbor's second term
JUDGED = 8  # batches that decide whether the result is better
LEAST_SIDE = 64  # samples; smaller pictures have too little to learn from
LEAST_GAIN = 0.005  # of the loss, most of which is the noise itself; less may be chance
PAIRS = ((0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0), (1, 3), (3, 1))  # that touch, of 2x2


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
    average: Denoiser

    def __init__(self, settings: AdaptSettings, net: Denoiser, scenes: Sequence[Shots]) -> None:
        torch.manual_seed(settings.seed)
        super().__init__(settings, net, torch.empty(0), torch.device("cpu"))
        self.scenes = scenes

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
        places = neighbours(noisy, generator)
        first, second = (take(noisy, place) for place in places)
        error = net(first, F.avg_pool2d(maps, 2)).float() - second
        with torch.no_grad():
            whole = net(noisy, maps).float()
        apart = take(whole, places[0]) - take(whole, places[1])
        total: Tensor = error.square().mean() + CONSISTENCY * (error - apart).square().mean()
        return total / variance

    @torch.no_grad()
    def kept_loss(self, net: torch.nn.Module) -> float:
        """The loss on the rows kept from learning, crops and all the same every time."""
        generator = torch.Generator().manual_seed(self.recipe.seed + 1)
        losses = [self.batch_loss(net, generator, kept=True).item() for _ in range(JUDGED)]
        return sum(losses) / len(losses)


class Adapted(NamedTuple):
    """The model's folder, and the loss before and after on rows that were kept from learning."""

    folder: Path
    before: float
    after: float

    @property
    def better(self) -> bool:
        """Whether tuning helped; if not, the model is the one it started from."""
        return helped(self.before, self.after)


def adapt_denoiser(
    source: Path,
    folder: Path,
    report: Callable[[str], None],
    *,
    minutes: float = 2.0,
    model: str = "m",
    repeats: bool = False,
    threads: int | None = None,
    settings: AdaptSettings | None = None,
) -> Adapted:
    """Tune a denoiser on a noisy picture, or a folder of them, and write it to `folder`.

    Args:
        model: name or folder of the denoiser to start from.
        repeats: every folder in `source` holds shots of one scene.
        threads: of PyTorch; None leaves its choice.

    Raises InputError: no picture, or one that can't be learned from.
    """
    if threads:
        torch.set_num_threads(threads)
    prior = load_denoiser(model)
    scenes = find_scenes(source, repeats=repeats)
    trainer = AdaptTrainer(settings or AdaptSettings(), import_denoiser(prior.folder), scenes)
    kind = "repeats" if repeats else "single shots"
    report(f"{len(scenes)} scene(s), {kind}; starting from {prior.name}")
    before, after = adapt(trainer, minutes, report)
    write_denoiser(
        trainer,
        trainer.average,
        folder,
        licence="yours, on top of the prior's Apache-2.0",
        recipe=prior.card["recipe"],  # whose shape the network has
        prior=prior.id.hex(),
        loss={"before": round(before, 5), "after": round(after, 5)},
    )
    return Adapted(folder, before, after)


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

    def draw(count: int) -> int:
        return int(torch.randint(count, (), generator=generator))

    rows = [rows_of(scene.planes.shape[2], kept=kept) for scene in scenes]
    high = min(settings.patch, *(stop - start for start, stop in rows)) // 16 * 16
    wide = min(settings.patch, *(scene.planes.shape[3] for scene in scenes)) // 16 * 16
    crops = []
    for _ in range(settings.batch):
        number = draw(len(scenes))
        (planes, maps), (start, stop) = scenes[number], rows[number]
        y, x = start + draw(stop - start - high + 1), draw(planes.shape[3] - wide + 1)
        shots = torch.randperm(len(planes), generator=generator)[:2].tolist()
        flips = [axis for axis in (1, 2) if draw(2)]
        views = (planes[shots[0]], planes[shots[-1]], maps)
        crops.append([view[:, y : y + high, x : x + wide].flip(flips) for view in views])
    noisy, other, told = (torch.stack(views) for views in zip(*crops, strict=True))
    return noisy, other if all(len(scene.planes) > 1 for scene in scenes) else None, told


def rows_of(height: int, *, kept: bool) -> tuple[int, int]:
    """First and last row (exclusive) to learn from, or of the quarter kept from that."""
    edge = height - max(16, height // 4)
    return (edge, height) if kept else (0, edge)


def neighbours(like: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """For every 2x2 samples of (N, C, H, W), two that touch: places 0-3, (N, 1, H/2, W/2) each."""
    shape = (len(like), 1, like.shape[2] // 2, like.shape[3] // 2)
    chosen = torch.tensor(PAIRS)[torch.randint(len(PAIRS), shape, generator=generator)]
    return chosen[..., 0], chosen[..., 1]


def take(picture: Tensor, place: Tensor) -> Tensor:
    """The sample at `place` out of every 2x2: (N, C, H, W) -> (N, C, H/2, W/2)."""
    cells = F.pixel_unshuffle(picture, 2).unflatten(1, (-1, 4))
    return torch.take_along_dim(cells, place[:, :, None], dim=2)[:, :, 0]


def find_scenes(source: Path, *, repeats: bool) -> list[Shots]:
    """The scenes under `source`; with `repeats`, one for every folder that holds pictures.

    A file is taken whatever its name ends in: reading it says what it is.
    """
    if repeats and source.is_file():
        raise InputError(f"{source} is one picture; repeats need a folder of each scene's shots")
    paths = [source] if source.is_file() else find_pictures([source])
    if not repeats:
        return [load_shots([path]) for path in paths]
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        groups.setdefault(path.parent, []).append(path)
    for parent, shots in groups.items():
        if len(shots) < 2:
            raise InputError(f"{parent} holds one picture; repeats need two or more of each scene")
    return [load_shots(shots) for shots in groups.values()]


def load_shots(paths: list[Path]) -> Shots:
    """Shots of one scene (often one), with maps and stabilised as the first one's noise asks for.

    Raises InputError: a picture can't be read, is too small, or differs in size from the others.
    """
    pictures = []
    for path in paths:
        with open_image(path) as image:
            samples = image.read()
        if min(samples.shape[:2]) < LEAST_SIDE:
            raise InputError(
                f"{path} of {samples.shape[1]} x {samples.shape[0]} is too small to learn from; "
                f"{LEAST_SIDE} samples a side are the least"
            )
        check_type(samples.dtype)
        pictures.append(split_alpha(samples)[0])
    first = pictures[0]
    plan = plan_for(measure(first), eight_bits=first.dtype == np.uint8)
    maps = noise_level_maps(plan, 1.0, Box.whole(first.shape))
    if not maps.any():
        raise InputError(
            f"{paths[0]} has no noise that could be measured; there is nothing to learn"
        )
    shown = []
    for path, colour in zip(paths, pictures, strict=True):
        if colour.shape != first.shape:
            raise InputError(f"{path} and {paths[0]} are not shots of one scene: sizes differ")
        values = fill_invalid(colour.astype(np.float32), finite_pixels(colour))
        stable = plan.stabiliser.forward(values) if plan.stabiliser else values
        shown.append(stable.transpose(2, 0, 1))
    unit = float(np.abs(shown[0]).max()) or 1.0
    planes = torch.from_numpy(np.stack(shown).astype(np.float32) / np.float32(unit))
    return Shots(planes.expand(-1, 3, -1, -1).contiguous(), torch.from_numpy(maps / unit))
