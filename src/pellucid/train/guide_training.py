"""Trains the network that reads guides, on a pool of pairs that is refreshed as it goes.

A pair is denoised once by a shipped denoiser when it enters the pool, with the same features as at
run time (`denoising.guide`), so a step costs only the small network.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pellucid.denoising.guide import COUNT, contrast, features
from pellucid.errors import InputError
from pellucid.nets.denoiser import GUIDE_REACH, STEM, GuideNet
from pellucid.runtime import load_denoiser, network_id
from pellucid.train.export_denoiser import levels
from pellucid.train.folder import write_model
from pellucid.train.graph import Graph, shuffle, unshuffle, unshuffled_weight
from pellucid.train.guide_pairs import draw_pair
from pellucid.train.optimisers import muon_and_adamw
from pellucid.train.pack import Encoded, training_samples
from pellucid.train.recipe import TrainingRecipe
from pellucid.train.trainer import Figures, Trainer

SIDE = 128  # of a pair
POOL, FRESH = 1200, 2  # pairs, and new ones a step
LARGE = 800  # a longer side is halved first
WEAKEST, STRONGEST = 4.0, 60.0  # noise, of 255
WRONG, BY = 0.3, 0.1  # how often, and how far, the noise level given is wrong
EASE = 0.02  # noise units: below this error gains count less

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class GuideRecipe(TrainingRecipe):
    """Settings of a guide network's training; `last_rate` as for a denoiser."""

    name: str = "guide"
    data: str = "photographs"
    patch: int = 96
    batch: int = 16
    last_part: float = 0.0
    rate: float = 1e-2
    last_rate: float = 2e-3
    warmup: float = 0.01


class Pairs:
    """A pool (N, 9, 128, 128) of features, and of what the network should give."""

    def __init__(self, pictures: Iterable[Encoded], seed: int, *, pool: int = POOL) -> None:
        self._rng = np.random.default_rng(seed)
        self._photos = [p for p in map(halved, pictures) if min(p.shape[:2]) >= SIDE]
        if not self._photos:
            raise InputError(f"no picture is as large as a pair ({SIDE} x {SIDE})")
        self._models = [load_denoiser("m")] * 3 + [load_denoiser("s")]
        self._pool = np.stack([self.draw() for _ in range(pool)])
        self._next = 0

    def crop(self) -> Floats:
        """A part of any photograph, flipped and turned at random."""
        rng = self._rng
        photo = self._photos[rng.integers(len(self._photos))]
        y, x = (int(rng.integers(n - SIDE + 1)) for n in photo.shape[:2])
        part = photo[y : y + SIDE, x : x + SIDE].transpose(2, 0, 1).astype(np.float32) / 255
        part = part[:, :, ::-1] if rng.random() < 0.5 else part
        return np.rot90(part, int(rng.integers(4)), (1, 2))

    def draw(self) -> NDArray[np.float16]:
        """A new pair, (9, 128, 128)."""
        rng = self._rng
        clean, guide = draw_pair(self.crop, rng)
        sigma = math.exp(rng.uniform(math.log(WEAKEST), math.log(STRONGEST))) / 255
        noisy = (clean + sigma * rng.normal(0, 1, clean.shape)).astype(np.float32)
        level = sigma * math.exp(rng.normal(0, BY)) if rng.random() < WRONG else sigma
        maps = np.zeros((1, 2, SIDE, SIDE), np.float32)
        maps[0, 0] = level
        model = self._models[rng.integers(len(self._models))]
        shown = np.ascontiguousarray(np.broadcast_to(noisy, (1, 3, SIDE, SIDE)))
        noise = model.noise(shown, maps)[0].mean(axis=0)
        planes = features(noise, noisy, maps[0, 0], guide / np.float32(contrast(guide)))
        wanted = (clean - (noisy - noise)) / level
        return np.concatenate([planes, wanted[None]]).astype(np.float16)

    def batch(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Features and corrections of `count` crops, after a few new pairs."""
        rng = self._rng
        for _ in range(FRESH):
            self._pool[self._next] = self.draw()
            self._next = (self._next + 1) % len(self._pool)
        chosen = self._pool[rng.integers(0, len(self._pool), count)]
        y, x = (2 * rng.integers(0, (SIDE - side) // 2 + 1, 2)).tolist()
        chosen = np.rot90(chosen[..., y : y + side, x : x + side], int(rng.integers(4)), (2, 3))
        both = torch.from_numpy(np.ascontiguousarray(chosen)).float()
        return both[:, :COUNT].contiguous(memory_format=torch.channels_last), both[:, COUNT:]


def halved(photograph: Encoded) -> NDArray[np.uint8]:
    """A photograph (H, W, 3), half as large if it is large."""
    picture = training_samples(photograph)
    if max(picture.shape) <= LARGE:
        return picture
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


class GuideTrainer(Trainer):
    """A guide network that starts as nothing; the error counts by its logarithm."""

    recipe: GuideRecipe
    average: GuideNet

    def __init__(self, recipe: GuideRecipe, pairs: Pairs) -> None:
        torch.manual_seed(recipe.seed)
        self.pairs = pairs
        super().__init__(recipe, GuideNet(), torch.empty(0), torch.device("cpu"))
        self.measure = self.error

    def make_optimisers(self) -> list[torch.optim.Optimizer]:
        return muon_and_adamw(self.net, self.recipe.rate, self.recipe.last_rate, self.device)

    def loss(self, part: float) -> tuple[Tensor, Figures]:
        return self.measure(*self.pairs.batch(*self.crop_size(part)))

    def error(self, planes: Tensor, wanted: Tensor) -> tuple[Tensor, Figures]:
        """The loss of a batch, and by how many dB it comes nearer to the clean pictures."""
        with torch.autocast("cpu", torch.bfloat16):
            found = self.net(planes)
        left, before = (
            (error.square().mean(dim=(1, 2, 3)) + 1e-5).sqrt()
            for error in (found.float() - wanted, wanted)
        )
        loss = (left + EASE).log().mean()
        gain = 20 * torch.log10(before / left.detach())
        return loss, {"loss": loss.detach(), "gain": gain.mean()}


def export_guide(trainer: GuideTrainer, folder: Path) -> Path:
    """Write the averaged weights as a model that `runtime.load_guide` finds."""
    net = trainer.average.eval()
    graph = Graph("guide", net)
    x = unshuffle(graph, graph.input("planes", [1, COUNT, "h", "w"]), STEM)
    x = graph.convolution("enter", x, weight=unshuffled_weight(net.enter.weight, STEM))
    found = graph.convolution("leave", levels(graph, net, x))
    graph.output(shuffle(graph, found, STEM), "found")
    data = graph.model()
    files = {"guide.onnx": data}
    write_model(trainer, folder, "guide", network_id(data), files, reach=GUIDE_REACH)
    return folder
