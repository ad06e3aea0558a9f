"""ONNX graphs written node by node, so that a shipped network holds nothing but what it needs.

Values are named as in the PyTorch module; weights of the floating-point networks are stored in half
precision and cast once when a session loads (half the size in the wheel). Integer layers compute in
float32 (see `pellucid.nets.integer`); their weights are stored as the 8-bit integers they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from pellucid.nets.blocks import DepthConvBlock
from pellucid.nets.integer import ACTIVATION_BITS, MAX_ACTIVATION, IntegerLayer

OPSET = 17
IR_VERSION = 8
PRODUCER = "pellucid"


class Graph:
    """A graph under construction; methods add a node and return the name of its output."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare a float32 input; a string is a free dimension."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, value: str, name: str, kind: int = TensorProto.FLOAT) -> None:
        """Give `value`, of four dimensions, out under `name`."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        shape = [f"{name}_{axis}" for axis in "nchw"]
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Any operator with one output."""
        return self.nodes(kind, *inputs, outputs=1, **attributes)[0]

    def nodes(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Any operator."""
        self._count += 1
        names = [f"{kind}_{self._count}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A stored array, once under one name."""
        if name not in self._weights:
            self._weights[name] = numpy_helper.from_array(value, name)
        return name

    def number(self, value: float) -> str:
        """A float32 scalar."""
        return self.constant(f"number_{value!r}", np.array(value, np.float32))

    def half(self, name: str, value: Tensor) -> str:
        """A weight in half precision, cast to float32 when the session loads."""
        stored = self.constant(name, value.detach().cpu().numpy().astype(np.float16))
        return self.node("Cast", stored, to=TensorProto.FLOAT)

    def model(self) -> bytes:
        """The finished graph, checked, as bytes."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._weights.values())
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name=PRODUCER)
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def silu(graph: Graph, x: str) -> str:
    """x * sigmoid(x)."""
    return graph.node("Mul", x, graph.node("Sigmoid", x))


def convolution(
    graph: Graph,
    name: str,
    layer: nn.Conv2d,
    x: str,
    *,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
) -> str:
    """A float convolution with "same" padding; `weight` and `bias` replace the layer's own."""
    assert layer.bias is not None
    kernel = graph.half(f"{name}.weight", layer.weight if weight is None else weight)
    offset = graph.half(f"{name}.bias", layer.bias if bias is None else bias)
    pad = layer.kernel_size[0] // 2
    return graph.node("Conv", x, kernel, offset, pads=[pad] * 4, group=layer.groups)


def block(graph: Graph, name: str, layer: DepthConvBlock, x: str) -> str:
    """`pellucid.nets.blocks.DepthConvBlock`."""
    inner = silu(graph, convolution(graph, f"{name}.enter", layer.enter, x))
    inner = convolution(graph, f"{name}.depthwise", layer.depthwise, inner)
    x = graph.node("Add", x, convolution(graph, f"{name}.leave", layer.leave, inner))
    gate, value = halves(graph, f"{name}.widen", layer.widen, x)
    gated = graph.node("Mul", silu(graph, gate), value)
    return graph.node("Add", x, convolution(graph, f"{name}.narrow", layer.narrow, gated))


def halves(graph: Graph, name: str, layer: nn.Conv2d, x: str) -> list[str]:
    """A 1x1 convolution as two, one for each half of its outputs: quicker than to split them."""
    assert layer.bias is not None
    pairs = zip(layer.weight.chunk(2), layer.bias.chunk(2), ("gate", "value"), strict=True)
    return [
        graph.node(
            "Conv", x, graph.half(f"{name}.{k}.weight", w), graph.half(f"{name}.{k}.bias", b)
        )
        for w, b, k in pairs
    ]


def shuffle(graph: Graph, x: str, factor: int) -> str:
    """PyTorch's pixel_shuffle."""
    return graph.node("DepthToSpace", x, blocksize=factor, mode="CRD")


def unshuffle(graph: Graph, x: str, factor: int) -> str:
    """Space to depth in ONNX's channel order; see `unshuffled_weight`."""
    return graph.node("SpaceToDepth", x, blocksize=factor)


def unshuffled_weight(weight: Tensor, factor: int) -> Tensor:
    """Reorder a weight's inputs from PyTorch's pixel_unshuffle to ONNX's SpaceToDepth."""
    out, inputs, *kernel = weight.shape
    grid = weight.reshape(out, inputs // factor**2, factor**2, *kernel)  # (out, channel, place, …)
    return grid.transpose(1, 2).reshape(weight.shape)


def integer_convolution(graph: Graph, name: str, layer: IntegerLayer, x: str) -> str:
    """floor((sum + bias) / 2^shift) on integers carried in float32."""
    stored = graph.constant(f"{name}.weight", layer.weight)
    weight = graph.node("Cast", stored, to=TensorProto.FLOAT)
    bias = graph.constant(f"{name}.bias", layer.bias.astype(np.float32))
    factor = np.exp2(-layer.shift.astype(np.float32)).reshape(1, -1, 1, 1)
    scale = graph.constant(f"{name}.factor", factor)
    pad = layer.weight.shape[2] // 2
    groups = x_groups(layer)
    acc = graph.node("Conv", x, weight, bias, pads=[pad] * 4, group=groups)
    return graph.node("Floor", graph.node("Mul", acc, scale))


def x_groups(layer: IntegerLayer) -> int:
    """An integer layer is either dense or depthwise (one input channel a group)."""
    return layer.weight.shape[0] if layer.weight.shape[1] == 1 else 1


def activation(graph: Graph, x: str) -> str:
    """clip(x, 0, 255) on integers."""
    return graph.node("Clip", x, graph.number(0.0), graph.number(float(MAX_ACTIVATION)))


CONTEXT_FACTOR = 2.0 ** (ACTIVATION_BITS - 2)  # a step enters as 8: times 0.25, in 1/32
