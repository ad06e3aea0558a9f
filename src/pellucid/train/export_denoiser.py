"""From a trained denoiser to the folder the runtime loads, one network and a model card; and back.

    denoiser.onnx   noisy (1, 3, H, W), maps (1, 2, H, W) -> noise (1, H / 2, W / 2, 12)
    card.json       id, size of a window's overlap, data, steps, minutes, machine, seed, scores

The network gives the noise and not the picture, so that the runtime can take it off in whatever
precision the picture has: of each 2 x 2 samples their 4 x 3 channels (`runtime.denoiser.joined`).

The graph computes what `Denoiser.forward` does in the way that is fastest in ONNX Runtime, whose
convolutions hold channels in blocks; what isn't a convolution takes them out of these and back.

- The first layer is one 6x6 convolution of stride 2 on the samples, less one on the average.
- What goes up a level is shuffled in rows (`shuffle_rows`) and put back into blocks (`in_blocks`).

Export takes a last bias out, so that brightness stays: a net trained for a finite time shifts each
channel by a small part of the noise level it is given, much the same in flat places and in detail.
That is measured on photographs that were not trained on and taken off in the net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from pellucid.errors import PellucidError, refusing
from pellucid.nets.denoiser import AVERAGED, MAPS, SAMPLES, STEM, Denoiser, DenoiserShape, UNet
from pellucid.runtime import DenoiserModel, network_id
from pellucid.train.degrade import Dice, correlated_noise
from pellucid.train.denoiser_trainer import DenoiserTrainer, score
from pellucid.train.folder import write_model
from pellucid.train.graph import (
    Graph,
    in_blocks,
    places_first,
    places_last,
    shuffle_rows,
    shuffled_weight,
)
from pellucid.train.trainer import Trainer

FILE = "denoiser.onnx"
STRENGTHS = (5, 15, 25, 50, 75)  # of 255, at which held-out tiles are scored
SPLIT = SAMPLES * STEM**2  # inputs of the first layer that are the picture's
CENTRED, PICTURES, BATCH = 35 / 255, 48, 8  # strength and tiles that the last bias is measured on
EDGE = 16  # samples at the borders left out


def export_denoiser(
    trainer: DenoiserTrainer, held_out: Tensor, folder: Path, report: Callable[[str], None]
) -> Path:
    """Write the averaged weights of `trainer` as a model; replaces `folder` only when done."""
    net = trainer.average.cpu().eval()
    centre(net, held_out)
    scores = [score(net, held_out, strength) for strength in STRENGTHS]
    report(f"model {write_denoiser(trainer, net, folder, held_out=scores)} in {folder}")
    return folder


def write_denoiser(trainer: Trainer, net: Denoiser, folder: Path, **facts: Any) -> str:
    """Write the denoiser `net` that a trainer made as a model; returns its id."""
    data = denoiser_graph(net)
    facts |= {"multiple": net.shape.multiple, "reach": net.shape.reach}
    return write_model(trainer, folder, "denoiser", network_id(data), {FILE: data}, **facts)


@torch.no_grad()
def centre(net: Denoiser, tiles: Tensor) -> None:
    """Set `net.offset` so that noise on `tiles` (n, 3, H, W), uint8, leaves their mean in place."""
    net.offset.zero_()
    offset = torch.zeros_like(net.offset)
    inner = (..., slice(EDGE, -EDGE), slice(EDGE, -EDGE))
    for which in range(MAPS):
        dice, shifts = Dice.seeded(which, torch.device("cpu")), []
        for batch in tiles[:PICTURES].split(BATCH):
            clean = batch.float() / 255
            drawn = correlated_noise(clean.shape, dice) if which else dice.normal(clean.shape)
            noise = CENTRED * drawn
            noise -= noise[inner].mean(dim=(2, 3), keepdim=True)
            maps = clean.new_zeros(len(clean), MAPS, *clean.shape[2:])
            maps[:, which] = CENTRED
            change = net(clean + noise, maps) - clean
            shifts.append(change[inner].mean(dim=(0, 2, 3)))
        shift = torch.stack(shifts).mean(0) / CENTRED
        offset[:, which, 0, 0] = shift.repeat_interleave(STEM**2)
    net.offset.copy_(offset)


def denoiser_graph(net: Denoiser) -> bytes:
    """The ONNX model of `net`."""
    graph = Graph("denoiser", net)
    noisy = graph.input("noisy", [1, SAMPLES, "h", "w"])
    maps = graph.input("maps", [1, net.enter.in_channels - SPLIT, "h", "w"])
    noise_level = graph.node("AveragePool", maps, kernel_shape=[STEM, STEM], strides=[STEM, STEM])
    x = levels(graph, net, enter(graph, net, noisy, noise_level))
    noise = graph.convolution("leave", x, weight=places_first(net.leave.weight, STEM))
    kernel = graph.half("offset.weight", places_first(net.offset, STEM))
    shift = graph.node("Conv", noise_level, kernel, pads=[0] * 4, strides=[1, 1])
    noise = graph.node("Add", noise, shift)
    graph.output(graph.node("Transpose", noise, perm=[0, 2, 3, 1]), "noise")
    return graph.model()


def enter(graph: Graph, net: Denoiser, noisy: str, noise_level: str) -> str:
    """The first layer: of the samples, and of their average and the noise level around."""
    side, factor = [AVERAGED, AVERAGED], AVERAGED / STEM
    average = graph.node("AveragePool", noisy, kernel_shape=side, strides=side)
    scales = graph.constant("average_scales", np.array([1, 1, factor, factor], np.float32))
    average = graph.node(
        "Resize", average, "", scales, mode="linear", coordinate_transformation_mode="half_pixel"
    )
    weight = net.enter.weight.detach().half().float()  # the average goes off as it came in
    picture, told = weight[:, :SPLIT].unflatten(1, (SAMPLES, STEM, STEM)), weight[:, SPLIT:]
    around = torch.cat([-picture.sum(dim=(2, 3)), told], dim=1)
    x = graph.node("Concat", average, noise_level, axis=1)
    x = graph.node(
        "Conv", x, graph.constant("enter.around", around.numpy()), pads=[1] * 4, strides=[1, 1]
    )
    fine = picture.permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)  # (C0, 3, 6, 6)
    kernel, stride = graph.half("enter.weight", fine), [STEM, STEM]
    return graph.node("Add", graph.node("Conv", noisy, kernel, pads=stride * 2, strides=stride), x)


def levels(graph: Graph, net: UNet, x: str) -> str:
    """`UNet.levels` between its first layer and its last."""
    skips = []
    for level, before in enumerate(net.before):
        skips.append(blocks(graph, f"before.{level}", before, x))
        x = graph.convolution(f"down.{level}", skips[-1])
    x = blocks(graph, "middle", net.middle, x)
    for level in reversed(range(len(skips))):
        weight = places_first(graph.layer(f"up.{level}").weight, 2)
        raised = graph.convolution(f"up.{level}", x, weight=weight)
        raised = in_blocks(graph, shuffle_rows(graph, raised, 2, len(weight) // 4))
        x = graph.node("Add", skips[level], raised)
        x = blocks(graph, f"after.{level}", net.after[level], x)
    return x


def blocks(graph: Graph, name: str, layers: nn.Module, x: str) -> str:
    """`pellucid.nets.denoiser.ResidualBlock`s in a row."""
    for number, _ in enumerate(layers.children()):
        inner = graph.node("Relu", graph.convolution(f"{name}.{number}.first", x))
        x = graph.node("Add", x, graph.convolution(f"{name}.{number}.second", inner))
    return x


def import_denoiser(folder: Path) -> Denoiser:
    """The net of an installed or trained denoiser, with its weights, to be trained further.

    Raises PellucidError: the folder isn't a denoiser that this version wrote.
    """
    model = DenoiserModel(folder)
    with refusing(f"the denoiser in {folder} can't be trained further", PellucidError):
        shape: dict[str, Any] = model.card["recipe"]["shape"]
        lists = {name: tuple(value) for name, value in shape.items() if isinstance(value, list)}
        net = Denoiser(DenoiserShape(**shape | lists))
        graph = onnx.load(folder / FILE).graph
        stored = {
            item.name: torch.from_numpy(numpy_helper.to_array(item).astype(np.float32))
            for item in graph.initializer
        }
        stored = as_trained(stored)
        net.load_state_dict({name: stored[name] for name in net.state_dict()})
        net.offset.copy_(stored["offset.weight"])
        return net


def as_trained(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of `denoiser_graph`, or of the graph of version 0.1, as the net has them."""
    weight = stored["enter.weight"]
    if weight.shape[1] != SAMPLES:  # version 0.1
        picture, told = shuffled_weight(weight[:, :SPLIT], STEM), weight[:, SPLIT:]
        return {**stored, "enter.weight": torch.cat([picture, told], dim=1)}
    grid = weight.unflatten(3, (3, STEM)).unflatten(2, (3, STEM))
    picture = grid.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)
    told = stored["enter.around"][:, SAMPLES:]
    places = ("up.", "leave.", "offset.")
    return {
        name: places_last(value, 2) if name.startswith(places) else value
        for name, value in stored.items()
    } | {"enter.weight": torch.cat([picture, told], dim=1)}
