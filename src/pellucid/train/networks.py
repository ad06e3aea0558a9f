"""The networks of a codec as ONNX graphs, from the PyTorch modules.

    analysis        samples (1, 192, h8, w8) 0-255, scale -> y
    hyper_analysis  y in steps -> z before rounding
    hyper_decoder   z -> features, index1, mean1        integers
    spatial_prior   seen, features -> index2, mean2     integers; corrections, without mean1
    synthesis       y, scale -> blocks (1, 192, h8, w8) 0-255, uint8; samples, before the rounding
    synthesis_gradient  for the encoder: see the module of this name
    denoising_analysis  noisy samples, scale, noise level maps (1, 2, h8, w8) 0-255 -> y

The 8x8 blocks go in and out as channels, in PyTorch's pixel_unshuffle order; the runtime reorders
bytes instead of floats, which is four times less to move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from onnx import TensorProto

from pellucid.nets.codec import Codec
from pellucid.nets.denoiser import MAPS
from pellucid.nets.denoising_analysis import LINEAR, LOGARITHMIC, DenoisingAnalysis
from pellucid.nets.entropy_model import CONTEXT_LIMIT, HYPER_LIMIT, MAX_SYMBOL
from pellucid.nets.integer import ACTIVATION_BITS, IntegerConv2d, IntegerLayer
from pellucid.nets.transforms import GROUP, PIXEL_MEAN, Analysis
from pellucid.train.graph import (
    WHITE_LEVEL,
    Graph,
    activation,
    asinh,
    in_blocks,
    shuffle,
    silu,
    unshuffle,
    unshuffled_weight,
)
from pellucid.train.second_output import with_samples
from pellucid.train.synthesis_gradient import synthesis_gradient

HYPER_FACTOR = 2  # of both unshuffles of the hyper-analysis
CONTEXT_FACTOR = 2.0 ** (ACTIVATION_BITS - 2)  # a step enters as 8: times 0.25, in 1/32


def all_networks(codec: Codec) -> dict[str, bytes]:
    """File name -> ONNX model, for every network of `codec`."""
    with torch.no_grad():
        layers, decoder = integer_layers(codec), synthesis(codec)
        return {
            "analysis.onnx": analysis(codec),
            "hyper_analysis.onnx": hyper_analysis(codec),
            "hyper_decoder.onnx": hyper_decoder(layers),
            "spatial_prior.onnx": spatial_prior(layers, codec.shape.context),
            "synthesis.onnx": decoder,
            "synthesis_gradient.onnx": synthesis_gradient(decoder),
        }


def integer_layers(codec: Codec) -> dict[str, IntegerLayer]:
    """Every integer layer under the name it has in `docs/format.md`."""
    return {name: layer.export() for name, layer in integer_modules(codec).items()}


def integer_modules(codec: Codec) -> dict[str, IntegerConv2d]:
    """The modules of `integer_layers`."""
    parts = {"hyper": codec.hyper_decoder, "prior": codec.spatial_prior}
    return {
        f"{part}.{name}": layer
        for part, module in parts.items()
        for name, layer in module.named_children()
        if isinstance(layer, IntegerConv2d)
    }


def analysis(codec: Codec) -> bytes:
    """Samples 0-255 as 8x8 blocks -> y before the gain."""
    graph = Graph("analysis", codec.analysis)
    transformed(graph, codec.analysis, entered(graph, codec.analysis))
    return graph.model()


def denoising_analysis(net: DenoisingAnalysis, facts: Mapping[str, str]) -> bytes:
    """Noisy samples 0-255 as 8x8 blocks, and noise level maps in that unit -> y of the clean.

    `facts` go into the file.
    """
    graph = Graph("denoising_analysis", net)
    x = entered(graph, net)
    maps = graph.input("maps", [1, MAPS, "h8", "w8"])
    linear = graph.node("Mul", maps, graph.number(LINEAR / WHITE_LEVEL))
    logs = graph.node("Log", graph.node("Add", maps, graph.number(1.0)))
    logs = graph.node("Mul", logs, graph.number(LOGARITHMIC / math.log(2)))
    levels = graph.convolution("told", graph.node("Concat", linear, logs, axis=1))
    x = graph.node("Add", x, levels)
    for number in range(len(net.clean)):
        x = block(graph, f"clean.{number}", x)
    transformed(graph, net, x)
    return graph.model(facts)


def entered(graph: Graph, net: Analysis) -> str:
    """The trunk of an analysis before its blocks."""
    x = graph.input("blocks", [1, net.enter.in_channels, "h8", "w8"])
    x = graph.node("Mul", x, graph.number(1 / WHITE_LEVEL))
    x = graph.node("Sub", x, graph.number(PIXEL_MEAN))
    return graph.convolution("enter", x)


def transformed(graph: Graph, net: Analysis, x: str) -> None:
    """From there to y, the output."""
    scale = graph.input("scale", [1, net.enter.out_channels, 1, 1])
    x = in_blocks(graph, graph.node("Mul", block(graph, "first", x), scale))
    for number in range(len(net.rest)):
        x = block(graph, f"rest.{number}", x)
    graph.output(unshuffled(graph, "leave", x, GROUP), "y")


def synthesis(codec: Codec) -> bytes:
    """y after the inverse gain -> samples 0-255 as 8x8 blocks, 8-bit, and as they are."""
    net = codec.synthesis
    graph = Graph("synthesis", net)
    y = graph.input("y", [1, net.enter.in_channels, "h16", "w16"])
    scale = graph.input("scale", [1, net.leave.in_channels, 1, 1])
    x = in_blocks(graph, shuffle(graph, graph.convolution("enter", y), GROUP))
    for number in range(len(net.rest)):
        x = block(graph, f"rest.{number}", x)
    x = block(graph, "last", in_blocks(graph, graph.node("Mul", x, scale)))
    assert net.leave.bias is not None
    weight, bias = WHITE_LEVEL * net.leave.weight, WHITE_LEVEL * (net.leave.bias + PIXEL_MEAN)
    x = graph.convolution("leave", x, weight=weight, bias=bias)
    one, zero = graph.number(1.0), graph.constant("zero", np.zeros((), np.uint8))
    graph.output(graph.node("QuantizeLinear", x, one, zero), "blocks", TensorProto.UINT8)
    return with_samples(graph.model())


def hyper_analysis(codec: Codec) -> bytes:
    """y in quantiser steps -> z, not rounded."""
    graph = Graph("hyper_analysis", codec.hyper_analysis)
    y = graph.input("y", [1, codec.shape.latents, "h16", "w16"])
    x = graph.node("Concat", *asinh(graph, y), axis=1)
    x = silu(graph, graph.convolution("enter", x))
    x = silu(graph, unshuffled(graph, "down", x, HYPER_FACTOR))
    x = graph.node("Add", x, silu(graph, graph.convolution("mix", x)))
    graph.output(unshuffled(graph, "leave", x, HYPER_FACTOR), "z")
    return graph.model()


def unshuffled(graph: Graph, name: str, x: str, factor: int) -> str:
    """PyTorch's pixel_unshuffle, then a convolution."""
    weight = unshuffled_weight(graph.layer(name).weight, factor)
    return graph.convolution(name, unshuffle(graph, x, factor), weight=weight)


def block(graph: Graph, name: str, x: str) -> str:
    """A `DepthConvBlock`; it widens by two convolutions: quicker than to split what one gives."""
    inner = silu(graph, graph.convolution(f"{name}.enter", x))
    inner = graph.convolution(f"{name}.depthwise", inner)
    x = graph.node("Add", x, graph.convolution(f"{name}.leave", inner))
    widen = graph.layer(f"{name}.widen")
    halves = zip(*(part.chunk(2) for part in widen.parameters()), strict=True)
    gate, value = (
        graph.convolution(f"{name}.widen.{half}", x, widen, weight=weight, bias=bias)
        for half, (weight, bias) in zip(("gate", "value"), halves, strict=True)
    )
    gated = graph.node("Mul", silu(graph, gate), value)
    return graph.node("Add", x, graph.convolution(f"{name}.narrow", gated))


def hyper_decoder(layers: dict[str, IntegerLayer]) -> bytes:
    """z -> features, index head, mean head; integers in float32."""
    graph = Graph("hyper_decoder")
    layer = partial(integer_layer, graph, layers)
    z = graph.input("z", [1, layers["hyper.enter"].weight.shape[1], "h64", "w64"])
    z = graph.clip(z, -float(HYPER_LIMIT), float(HYPER_LIMIT))
    x = shuffle(graph, activation(graph, layer("hyper.enter", z)), 2)
    x = activation(graph, layer("hyper.mix", x))
    features = shuffle(graph, activation(graph, layer("hyper.leave", x)), 2)
    graph.output(features, "features")
    graph.output(layer("hyper.index", features), "index")
    graph.output(layer("hyper.mean", features), "mean")
    return graph.model()


def spatial_prior(layers: dict[str, IntegerLayer], context: int) -> bytes:
    """Decoded white squares (in 1/16, less mean1) and features -> index head, mean correction."""
    graph = Graph("spatial_prior")
    layer = partial(integer_layer, graph, layers)
    latents = layers["prior.predictor"].weight.shape[0]
    seen = graph.input("seen", [1, latents, "h16", "w16"])
    features = graph.input("features", [1, layers["prior.features"].weight.shape[1], "h16", "w16"])
    bounds = {"context_start": 0, "context_end": context, "channel_axis": 1}
    limits = [graph.constant(name, np.array([bound], np.int64)) for name, bound in bounds.items()]
    near = graph.node("Slice", seen, *limits)
    near = graph.node("Floor", graph.node("Mul", near, graph.number(0.5)))
    near = graph.clip(near, -CONTEXT_LIMIT * CONTEXT_FACTOR, CONTEXT_LIMIT * CONTEXT_FACTOR)
    both = layer("prior.context", near), layer("prior.features", features)
    x = activation(graph, graph.node("Add", *both))
    x = activation(graph, layer("prior.mix", x))
    graph.output(layer("prior.index", x), "index")
    wide = graph.clip(seen, -float(MAX_SYMBOL), float(MAX_SYMBOL))
    mean = graph.node("Add", layer("prior.mean", x), layer("prior.predictor", wide))
    graph.output(mean, "mean")
    return graph.model()


def integer_layer(graph: Graph, layers: dict[str, IntegerLayer], name: str, x: str) -> str:
    """floor((sum + bias) / 2^shift) on integers carried in float32."""
    layer = layers[name]
    stored = graph.constant(f"{name}.weight", layer.weight)
    weight = graph.node("Cast", stored, to=TensorProto.FLOAT)
    bias = graph.constant(f"{name}.bias", layer.bias.astype(np.float32))
    factor = np.exp2(-layer.shift.astype(np.float32)).reshape(1, -1, 1, 1)
    scale = graph.constant(f"{name}.factor", factor)
    out, inputs, side, _ = layer.weight.shape
    group = out if inputs == 1 else 1  # dense, or one input channel a group
    acc = graph.node("Conv", x, weight, bias, pads=[side // 2] * 4, group=group)
    return graph.node("Floor", graph.node("Mul", acc, scale))
