"""Trains the network that reads guides: a pool of pairs, refreshed as it goes, and one loop.

A pair is denoised once by a shipped denoiser when it enters the pool, with the same features as at
run time (`denoising.guide_features`), so a step costs only the small network.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pellucid.denoising.guide_features import COUNT, contrast, features
from pellucid.errors import InputError
from pellucid.nets.guide import REACH, GuideNet
from pellucid.runtime import load_denoiser, network_id
from pellucid.train.export_denoiser import blocks, convolution, weight_of
from pellucid.train.folder import write_folder
from pellucid.train.graph import Graph, shuffle, unshuffle, unshuffled_weight
from pellucid.train.guide_pairs import draw_pair
from pellucid.train.muon import ConvolutionMuon
from pellucid.train.pack import Encoded, training_samples

SIDE, CROP = 128, 96  # of a pair, and of what a step sees
POOL, BATCH, FRESH = 1200, 16, 2  # pairs, of them in a step, and new ones a step
LARGE = 800  # a longer side is halved first
WEAKEST, STRONGEST = 4.0, 60.0  # noise, of 255
MISTOLD, BY = 0.3, 0.1  # how often, and how far, the told strength is wrong
RATE, LAST_LAYER_RATE = 1e-2, 2e-3  # highest, of Muon and of Adam
LEAST_SHARE, WARMUP = 0.005, 200  # of these; steps
KEPT = 0.999  # of the moving average a step
KEPT_EVERY = 2000  # steps, so that little is lost with a run that is cut off
EASE = 0.02  # noise units: below this error gains count less

Floats = NDArray[np.float32]


class Pairs:
    """A pool (N, 9, 128, 128) of features, and of what the network should give."""

    def __init__(self, pictures: Iterable[Encoded], seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._photos = [
            photo for data in pictures if min((photo := halved(data)).shape[:2]) >= SIDE
        ]
        if not self._photos:
            raise InputError(f"no picture is as large as a pair ({SIDE} x {SIDE})")
        self._models = [load_denoiser("m")] * 3 + [load_denoiser("s")]
        self._pool = np.stack([self.draw() for _ in range(POOL)])
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
        told = sigma * math.exp(rng.normal(0, BY)) if rng.random() < MISTOLD else sigma
        maps = np.zeros((1, 2, SIDE, SIDE), np.float32)
        maps[0, 0] = told
        model = self._models[rng.integers(len(self._models))]
        shown = np.ascontiguousarray(np.broadcast_to(noisy, (1, 3, SIDE, SIDE)))
        noise = model.noise(shown, maps)[0].mean(axis=0)
        planes = features(noise, noisy, maps[0, 0], guide / np.float32(contrast(guide)))
        wanted = (clean - (noisy - noise)) / told
        return np.concatenate([planes, wanted[None]]).astype(np.float16)

    def batch(self) -> tuple[Tensor, Tensor]:
        """Features and corrections of a step, after a few new pairs."""
        rng = self._rng
        for _ in range(FRESH):
            self._pool[self._next] = self.draw()
            self._next = (self._next + 1) % POOL
        chosen = self._pool[rng.integers(0, POOL, BATCH)]
        y, x = (2 * rng.integers(0, (SIDE - CROP) // 2 + 1, 2)).tolist()
        chosen = np.rot90(chosen[..., y : y + CROP, x : x + CROP], int(rng.integers(4)), (2, 3))
        both = torch.from_numpy(np.ascontiguousarray(chosen)).float()
        return both[:, :COUNT].contiguous(memory_format=torch.channels_last), both[:, COUNT:]


def halved(photograph: Encoded) -> NDArray[np.uint8]:
    """A photograph (H, W, 3), half as large if it is large."""
    picture = training_samples(photograph)
    if max(picture.shape) <= LARGE:
        return picture
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def train_guide(
    pairs: Pairs,
    *,
    minutes: float,
    seed: int,
    report: Callable[[str], None],
    keep: Callable[[GuideNet, int], object] = lambda _net, _steps: None,
) -> tuple[GuideNet, int]:
    """The averaged network after so many minutes, and its steps; `keep` gets it now and then."""
    torch.manual_seed(seed)
    net, average = GuideNet(), GuideNet()
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average.load_state_dict(net.state_dict())
    optimisers = optimisers_of(net)
    started, step, gains = time.perf_counter(), 0, []
    while (part := (time.perf_counter() - started) / (60 * minutes)) < 1:
        share = min(1, step / WARMUP) * (1 + math.cos(math.pi * part)) / 2 + LEAST_SHARE
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = share * group["peak"]
        planes, wanted = pairs.batch()
        with torch.autocast("cpu", torch.bfloat16):
            found = net(planes)
        left, before = error(found.float() - wanted), error(wanted)
        for optimiser in optimisers:
            optimiser.zero_grad()
        (left + EASE).log().mean().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        follow(average, net, min(KEPT, (1 + step) / (10 + step)))
        gains.append(float((20 * torch.log10(before / left.detach())).mean()))
        step += 1
        if step % 200 == 0:
            report(f"step {step}: {np.mean(gains[-200:]):+.2f} dB")
        if step % KEPT_EVERY == 0:
            keep(average, step)
    return average, step


def optimisers_of(net: GuideNet) -> list[torch.optim.Optimizer]:
    """Muon for all layers but the last, whose output is in units of the noise."""
    last = list(net.leave.parameters())
    hidden = [weight for weight in net.parameters() if weight is not last[0]]
    return [
        ConvolutionMuon(hidden, RATE),
        torch.optim.AdamW([{"params": last, "peak": LAST_LAYER_RATE}], weight_decay=0.0),
    ]


def error(off: Tensor) -> Tensor:
    """(N,) root mean square of each pair."""
    return (off.square().mean(dim=(1, 2, 3)) + 1e-5).sqrt()


@torch.no_grad()
def follow(average: GuideNet, net: GuideNet, kept: float) -> None:
    """Move the average's weights towards the network's."""
    for mean, weight in zip(average.parameters(), net.parameters(), strict=True):
        mean.lerp_(weight, 1 - kept)


def export_guide(net: GuideNet, folder: Path, facts: dict[str, object]) -> Path:
    """Write a network as a model that `runtime.load_guide` finds."""
    data = guide_graph(net.eval())
    card = {
        "name": "guide",
        "id": network_id(data).hex(),
        "kind": "guide",
        "licence": "Apache-2.0",
        "reach": REACH,
        "parameters": sum(p.numel() for p in net.parameters()),
        "machine": platform.machine(),
        "torch": torch.__version__.split("+")[0],
        **facts,
    }
    text = json.dumps(card, indent=2) + "\n"
    write_folder(folder, {"guide.onnx": data, "card.json": text.encode()})
    return folder


def guide_graph(net: GuideNet) -> bytes:
    """The ONNX model of `net`."""
    graph = Graph("guide")
    planes = graph.input("planes", [1, COUNT, "h", "w"])
    x = unshuffle(graph, planes, 2)
    x = convolution(graph, "enter", unshuffled_weight(net.enter.weight, 2), x)
    x = blocks(graph, "before", net.before, x)
    low = blocks(
        graph, "middle", net.middle, convolution(graph, "down", net.down.weight, x, stride=2)
    )
    raised = shuffle(graph, convolution(graph, "up", weight_of(net.up), low), 2)
    x = blocks(graph, "after", net.after, graph.node("Add", x, raised))
    graph.output(shuffle(graph, convolution(graph, "leave", net.leave.weight, x), 2), "found")
    return graph.model()
