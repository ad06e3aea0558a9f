"""From a trained denoiser to the folder the runtime loads: one network and a model card.

    denoiser.onnx   noisy (1, 3, H, W), maps (1, 2, H, W) -> noise (1, 3, H, W)
    card.json       id, size of a window's overlap, data, steps, minutes, machine, seed, scores

The network gives the noise and not the picture, so that the runtime can take it off in whatever
precision the picture has.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.nets.denoiser import AVERAGED, SAMPLES, STEM, Denoiser
from pellucid.runtime import network_id
from pellucid.train.centre import centre
from pellucid.train.denoiser_trainer import DenoiserTrainer
from pellucid.train.folder import model_card, write_model
from pellucid.train.graph import Graph, shuffle, unshuffle, unshuffled_weight
from pellucid.train.trainer import Trainer
from pellucid.train.validate import score

FILE = "denoiser.onnx"
STRENGTHS = (5, 15, 25, 50, 75)  # of 255, at which held-out tiles are scored


def export_denoiser(
    trainer: DenoiserTrainer, held_out: Tensor, folder: Path, report: Callable[[str], None]
) -> Path:
    """Write the averaged weights of `trainer` as a model; replaces `folder` only when done."""
    net = cast(Denoiser, trainer.average.cpu().eval())
    centre(net, held_out)
    data = denoiser_graph(net)
    scores = [score(net, held_out, strength) for strength in STRENGTHS]
    card = denoiser_card(trainer, net, data, held_out=scores)
    report(f"model {card['id']} in {folder}")
    return write_model(folder, {FILE: data}, card)


def denoiser_card(trainer: Trainer, net: Denoiser, data: bytes, **facts: Any) -> dict[str, Any]:
    """`card.json` of the network `data`, of any trainer that has a denoiser."""
    shape: dict[str, Any] = {"multiple": net.shape.multiple, "reach": net.shape.reach}
    return model_card(trainer, "denoiser", network_id(data), **shape, **facts)


def denoiser_graph(net: Denoiser) -> bytes:
    """The ONNX model of `net`."""
    graph = Graph("denoiser")
    noisy = graph.input("noisy", [1, SAMPLES, "h", "w"])
    maps = graph.input("maps", [1, net.enter.in_channels - SAMPLES * STEM**2, "h", "w"])
    halved = graph.node("Sub", unshuffle(graph, noisy, STEM), local_average(graph, noisy))
    noise_level = graph.node("AveragePool", maps, kernel_shape=[STEM, STEM], strides=[STEM, STEM])
    split = SAMPLES * STEM**2
    weight = net.enter.weight
    weight = torch.cat([unshuffled_weight(weight[:, :split], STEM), weight[:, split:]], dim=1)
    x = graph.node("Concat", halved, noise_level, axis=1)
    x = convolution(graph, "enter", weight, x)
    skips = []
    for level, (before, down) in enumerate(zip(net.before, net.down, strict=True)):
        skips.append(blocks(graph, f"before.{level}", before, x))
        x = convolution(graph, f"down.{level}", weight_of(down), skips[-1], stride=2)
    x = blocks(graph, "middle", net.middle, x)
    for level in reversed(range(len(skips))):
        raised = convolution(graph, f"up.{level}", weight_of(net.up[level]), x)
        x = graph.node("Add", skips[level], shuffle(graph, raised, 2))
        x = blocks(graph, f"after.{level}", net.after[level], x)
    noise = convolution(graph, "leave", net.leave.weight, x)
    noise = graph.node("Add", noise, convolution(graph, "offset", net.offset, noise_level))
    graph.output(shuffle(graph, noise, STEM), "noise")
    return graph.model()


def local_average(graph: Graph, noisy: str) -> str:
    """What `Denoiser` takes off its input, once for each place of ONNX's SpaceToDepth."""
    side = [AVERAGED, AVERAGED]
    average = graph.node("AveragePool", noisy, kernel_shape=side, strides=side)
    factor = AVERAGED / STEM
    scales = graph.constant("average_scales", np.array([1, 1, factor, factor], np.float32))
    average = graph.node(
        "Resize", average, "", scales, mode="linear", coordinate_transformation_mode="half_pixel"
    )
    return graph.node("Concat", *[average] * STEM**2, axis=1)


def blocks(graph: Graph, name: str, layers: nn.Module, x: str) -> str:
    """`pellucid.nets.denoiser.ResidualBlock`s in a row."""
    for number, layer in enumerate(layers.children()):
        first, second = cast(Any, layer).first.weight, cast(Any, layer).second.weight
        inner = graph.node("Relu", convolution(graph, f"{name}.{number}.first", first, x))
        x = graph.node("Add", x, convolution(graph, f"{name}.{number}.second", second, inner))
    return x


def convolution(graph: Graph, name: str, weight: Tensor, x: str, *, stride: int = 1) -> str:
    """A convolution without bias; zero-padded to the same size unless it has a stride."""
    kernel = graph.half(f"{name}.weight", weight)
    pad = weight.shape[2] // 2 if stride == 1 else 0
    return graph.node("Conv", x, kernel, pads=[pad] * 4, strides=[stride] * 2)


def weight_of(layer: nn.Module) -> Tensor:
    """A convolution's weight."""
    return cast(nn.Conv2d, layer).weight
