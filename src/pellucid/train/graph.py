"""ONNX graphs written node by node, so that a shipped network holds nothing but what it needs.

Values are named as in the PyTorch module; weights of the floating-point networks are stored in half
precision and cast once when a session loads (half the size in the wheel). Integer layers compute in
float32 (see `pellucid.nets.integer`); their weights are stored as the 8-bit integers they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from pellucid.nets.integer import MAX_ACTIVATION

OPSET = 17
IR_VERSION = 8
PRODUCER = "pellucid"
WHITE_LEVEL = 255.0
NO_NET = nn.Module()


class Graph:
    """A graph under construction, of a `net` whose layers are asked for by name.

    Methods add nodes and return the name of what they give.
    """

    def __init__(self, name: str, net: nn.Module = NO_NET) -> None:
        self.name, self._net = name, net
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def take(self, model: onnx.ModelProto, output: str) -> list[onnx.NodeProto]:
        """Take over what another model computes `output` with; returns those nodes, in order."""
        wanted, nodes = {output}, list[onnx.NodeProto]()
        for node in reversed(model.graph.node):
            if wanted.intersection(node.output):
                nodes.insert(0, node)
                wanted.update(node.input)
        self._nodes += nodes
        self._inputs += [value for value in model.graph.input if value.name in wanted]
        self._weights |= {one.name: one for one in model.graph.initializer if one.name in wanted}
        self._count += len(model.graph.node)
        return nodes

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
        self._count += 1
        name = f"{kind}_{self._count}_0"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A stored array, once under one name."""
        if name not in self._weights:
            self._weights[name] = numpy_helper.from_array(value, name)
        return name

    def length(self, name: str) -> int:
        """The first dimension of a stored weight, or of one that is cast."""
        casts = {node.output[0]: node.input[0] for node in self._nodes if node.op_type == "Cast"}
        return int(self._weights[casts.get(name, name)].dims[0])

    def number(self, value: float) -> str:
        """A float32 scalar."""
        return self.constant(f"number_{value!r}", np.array(value, np.float32))

    def clip(self, x: str, low: float, high: float) -> str:
        """What is below or above becomes the limit."""
        return self.node("Clip", x, self.number(low), self.number(high))

    def half(self, name: str, value: Tensor) -> str:
        """A weight in half precision, cast to float32 when the session loads."""
        stored = self.constant(name, value.detach().cpu().numpy().astype(np.float16))
        return self.node("Cast", stored, to=TensorProto.FLOAT)

    def layer(self, name: str) -> nn.Conv2d:
        """A convolution of the net."""
        return cast(nn.Conv2d, self._net.get_submodule(name))

    def convolution(
        self, name: str, x: str, layer: nn.Conv2d | None = None, **given: Tensor
    ) -> str:
        """The net's layer `name`, or another; a `weight` or `bias` that is `given` replaces its."""
        layer = layer or self.layer(name)
        weights = dict(layer.named_parameters()) | given
        stored = [self.half(f"{name}.{part}", value) for part, value in weights.items()]
        groups = {"group": layer.groups} if layer.groups > 1 else {}
        pads, strides = [*layer.padding] * 2, [*layer.stride]
        return self.node("Conv", x, *stored, pads=pads, strides=strides, **groups)

    def model(self, facts: Mapping[str, str] | None = None) -> bytes:
        """The finished graph, checked, as bytes, with facts about it that the runtime reads."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._weights.values())
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name=PRODUCER)
        model.ir_version = IR_VERSION
        helper.set_model_props(model, dict(facts or {}))
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def silu(graph: Graph, x: str) -> str:
    """x * sigmoid(x)."""
    return graph.node("Mul", x, graph.node("Sigmoid", x))


def activation(graph: Graph, x: str) -> str:
    """clip(x, 0, 255) on integers."""
    return graph.clip(x, 0.0, float(MAX_ACTIVATION))


def asinh(graph: Graph, x: str) -> tuple[str, str]:
    """asinh(x), and its magnitude log(|x| + sqrt(x^2 + 1)).

    ONNX Runtime computes each of these steps several values at once, and Asinh one by one.
    """
    size = graph.node("Abs", x)
    root = graph.node("Sqrt", graph.node("Add", graph.node("Mul", x, x), graph.number(1.0)))
    magnitude = graph.node("Log", graph.node("Add", size, root))
    return graph.node("Mul", graph.node("Sign", x), magnitude), magnitude


def in_blocks(graph: Graph, x: str) -> str:
    """The same, in the blocks of channels that ONNX Runtime's convolutions take and give.

    A sum of such values is part of a convolution; others are brought out of blocks and back. It is
    a pool of 1x1, as of what changes nothing only pools take and give blocks.
    """
    return graph.node("AveragePool", x, kernel_shape=[1, 1])


def shuffle(graph: Graph, x: str, factor: int) -> str:
    """PyTorch's pixel_shuffle."""
    return graph.node("DepthToSpace", x, blocksize=factor, mode="CRD")


def shuffle_rows(graph: Graph, x: str, factor: int, channels: int) -> str:
    """`shuffle` to `channels`, of channels in the order of `places_first`; for one picture.

    With channels last, rows of samples stay together and move as wholes. ONNX Runtime's
    convolutions can give and take channels last, and its DepthToSpace moves sample by sample.
    """
    sizes = {
        "apart": [0, 0, factor, factor * channels],
        "rows": [0, 0, -1, channels],
        "whole": [1, -1, 0, channels],
    }
    apart, rows, whole = (
        graph.constant(f"{name}_{factor}_{channels}", np.array(size, np.int64))
        for name, size in sizes.items()
    )
    x = graph.node("Transpose", x, perm=[0, 2, 3, 1])
    x = graph.node("Squeeze", x, graph.constant("first_axis", np.array([0], np.int64)))
    x = graph.node("Transpose", graph.node("Reshape", x, apart), perm=[0, 2, 1, 3])
    x = graph.node("Reshape", graph.node("Reshape", x, rows), whole)
    return graph.node("Transpose", x, perm=[0, 3, 1, 2])


def unshuffle(graph: Graph, x: str, factor: int) -> str:
    """Space to depth in ONNX's channel order; see `unshuffled_weight`."""
    return graph.node("SpaceToDepth", x, blocksize=factor)


def unshuffled_weight(weight: Tensor, factor: int) -> Tensor:
    """Reorder a weight's inputs from PyTorch's pixel_unshuffle to ONNX's SpaceToDepth."""
    out, inputs, *kernel = weight.shape
    grid = weight.reshape(out, inputs // factor**2, factor**2, *kernel)  # (out, channel, place, …)
    return grid.transpose(1, 2).reshape(weight.shape)


def shuffled_weight(weight: Tensor, factor: int) -> Tensor:
    """The inverse of `unshuffled_weight`."""
    out, inputs, *kernel = weight.shape
    grid = weight.reshape(out, factor**2, inputs // factor**2, *kernel)  # (out, place, channel, …)
    return grid.transpose(1, 2).reshape(weight.shape)


def places_first(weight: Tensor, factor: int) -> Tensor:
    """Reorder a weight's outputs from what PyTorch's pixel_shuffle takes: places, then channels."""
    return unshuffled_weight(weight.transpose(0, 1), factor).transpose(0, 1)


def places_last(weight: Tensor, factor: int) -> Tensor:
    """The inverse of `places_first`."""
    return shuffled_weight(weight.transpose(0, 1), factor).transpose(0, 1)
