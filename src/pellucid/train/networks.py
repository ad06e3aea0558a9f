"""The five networks of a codec as ONNX graphs, from the PyTorch modules.

    analysis        samples (1, 192, h8, w8) 0-255, scale -> y
    hyper_analysis  y in steps -> z before rounding
    hyper_decoder   z -> features, index1, mean1        integers
    spatial_prior   seen, features -> index2, mean2     integers; corrections, without mean1
    synthesis       y, scale -> blocks (1, 192, h8, w8) 0-255, uint8; samples, before the rounding

The 8x8 blocks go in and out as channels, in PyTorch's pixel_unshuffle order; the runtime reorders
bytes instead of floats, which is four times less to move.
"""

from __future__ import annotations

import numpy as np
import torch
from onnx import TensorProto

from pellucid.nets.codec import Codec
from pellucid.nets.entropy_model import CONTEXT_LIMIT, HYPER_LIMIT, MAX_SYMBOL
from pellucid.nets.integer import IntegerConv2d, IntegerLayer
from pellucid.nets.transforms import GROUP, PIXEL_MEAN
from pellucid.train.graph import (
    CONTEXT_FACTOR,
    Graph,
    activation,
    block,
    convolution,
    integer_convolution,
    shuffle,
    silu,
    unshuffle,
    unshuffled_weight,
)
from pellucid.train.second_output import with_samples

WHITE_LEVEL = 255.0


def integer_layers(codec: Codec) -> dict[str, IntegerLayer]:
    """Every integer layer under the name it has in `docs/format.md`."""
    parts = {"hyper": codec.hyper_decoder, "prior": codec.spatial_prior}
    return {
        f"{part}.{name}": layer.export()
        for part, module in parts.items()
        for name, layer in module.named_children()
        if isinstance(layer, IntegerConv2d)
    }


def analysis(codec: Codec) -> bytes:
    """Samples 0-255 as 8x8 blocks -> y before the gain."""
    net, graph = codec.analysis, Graph("analysis")
    x = graph.input("blocks", [1, net.enter.in_channels, "h8", "w8"])
    scale = graph.input("scale", [1, net.enter.out_channels, 1, 1])
    x = graph.node("Mul", x, graph.number(1 / WHITE_LEVEL))
    x = graph.node("Sub", x, graph.number(PIXEL_MEAN))
    x = block(graph, "first", net.first, convolution(graph, "enter", net.enter, x))
    x = graph.node("Mul", x, scale)
    for number, layer in enumerate(net.rest):
        x = block(graph, f"rest.{number}", layer, x)  # type: ignore[arg-type]
    weight = unshuffled_weight(net.leave.weight, GROUP)
    y = convolution(graph, "leave", net.leave, unshuffle(graph, x, GROUP), weight=weight)
    graph.output(y, "y")
    return graph.model()


def synthesis(codec: Codec, *, samples: bool = True) -> bytes:
    """y after the inverse gain -> samples 0-255 as 8x8 blocks, 8-bit, and as they are.

    Without `samples`, as first versions exported it, the 8-bit ones alone.
    """
    net, graph = codec.synthesis, Graph("synthesis")
    y = graph.input("y", [1, net.enter.in_channels, "h16", "w16"])
    scale = graph.input("scale", [1, net.leave.in_channels, 1, 1])
    x = shuffle(graph, convolution(graph, "enter", net.enter, y), GROUP)
    for number, layer in enumerate(net.rest):
        x = block(graph, f"rest.{number}", layer, x)  # type: ignore[arg-type]
    x = block(graph, "last", net.last, graph.node("Mul", x, scale))
    assert net.leave.bias is not None
    weight, bias = WHITE_LEVEL * net.leave.weight, WHITE_LEVEL * (net.leave.bias + PIXEL_MEAN)
    x = convolution(graph, "leave", net.leave, x, weight=weight, bias=bias)
    one, zero = graph.number(1.0), graph.constant("zero", np.zeros((), np.uint8))
    graph.output(graph.node("QuantizeLinear", x, one, zero), "blocks", TensorProto.UINT8)
    return with_samples(graph.model()) if samples else graph.model()


def hyper_analysis(codec: Codec) -> bytes:
    """y in quantiser steps -> z, not rounded."""
    net, graph = codec.hyper_analysis, Graph("hyper_analysis")
    y = graph.input("y", [1, codec.shape.latents, "h16", "w16"])
    level = graph.node("Asinh", y)
    x = graph.node("Concat", level, graph.node("Abs", level), axis=1)
    x = unshuffle(graph, silu(graph, convolution(graph, "enter", net.enter, x)), 2)
    down = unshuffled_weight(net.down.weight, 2)
    x = silu(graph, convolution(graph, "down", net.down, x, weight=down))
    x = graph.node("Add", x, silu(graph, convolution(graph, "mix", net.mix, x)))
    leave = unshuffled_weight(net.leave.weight, 2)
    z = convolution(graph, "leave", net.leave, unshuffle(graph, x, 2), weight=leave)
    graph.output(z, "z")
    return graph.model()


def hyper_decoder(layers: dict[str, IntegerLayer]) -> bytes:
    """z -> features, index head, mean head; integers in float32."""
    graph = Graph("hyper_decoder")
    z = graph.input("z", [1, layers["hyper.enter"].weight.shape[1], "h64", "w64"])

    def layer(name: str, x: str) -> str:
        return integer_convolution(graph, f"hyper.{name}", layers[f"hyper.{name}"], x)

    limit = float(HYPER_LIMIT)
    z = graph.node("Clip", z, graph.number(-limit), graph.number(limit))
    x = shuffle(graph, activation(graph, layer("enter", z)), 2)
    x = activation(graph, layer("mix", x))
    features = shuffle(graph, activation(graph, layer("leave", x)), 2)
    graph.output(features, "features")
    graph.output(layer("index", features), "index")
    graph.output(layer("mean", features), "mean")
    return graph.model()


def spatial_prior(layers: dict[str, IntegerLayer], context: int) -> bytes:
    """Decoded white squares (in 1/16, less mean1) and features -> index head, mean correction."""
    graph = Graph("spatial_prior")
    latents = layers["prior.predictor"].weight.shape[0]
    seen = graph.input("seen", [1, latents, "h16", "w16"])
    features = graph.input("features", [1, layers["prior.features"].weight.shape[1], "h16", "w16"])

    def layer(name: str, x: str) -> str:
        return integer_convolution(graph, f"prior.{name}", layers[f"prior.{name}"], x)

    def clip(x: str, limit: float) -> str:
        return graph.node("Clip", x, graph.number(-limit), graph.number(limit))

    bounds = [np.array([value], np.int64) for value in (0, context, 1)]
    names = ("context_start", "context_end", "channel_axis")
    limits = [graph.constant(n, b) for n, b in zip(names, bounds, strict=True)]
    near = graph.node("Slice", seen, *limits)
    near = graph.node("Floor", graph.node("Mul", near, graph.number(0.5)))
    near = clip(near, CONTEXT_LIMIT * CONTEXT_FACTOR)
    x = activation(graph, graph.node("Add", layer("context", near), layer("features", features)))
    x = activation(graph, layer("mix", x))
    graph.output(layer("index", x), "index")
    wide = clip(seen, float(MAX_SYMBOL))
    mean = graph.node("Add", layer("mean", x), layer("predictor", wide))
    graph.output(mean, "mean")
    return graph.model()


def all_networks(codec: Codec) -> dict[str, bytes]:
    """File name -> ONNX model, for every network of `codec`."""
    with torch.no_grad():
        layers = integer_layers(codec)
        return {
            "analysis.onnx": analysis(codec),
            "hyper_analysis.onnx": hyper_analysis(codec),
            "hyper_decoder.onnx": hyper_decoder(layers),
            "spatial_prior.onnx": spatial_prior(layers, codec.shape.context),
            "synthesis.onnx": synthesis(codec),
        }
