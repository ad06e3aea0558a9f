"""The gradient of a synthesis network's distortion, as one more ONNX graph.

    y, scale        as `synthesis.onnx` takes them
    target          samples 0-255 as 8x8 blocks, what `samples` should be
    weight          of each of these, or of shape (1, 1, 1, 1) for all
    grey            1 if the decoder takes the mean of the colours, else 0
    -> loss         sum of weight * (samples, clipped to 0-255, less target)^2; (1, 1, 1, 1)
       gradient     of it by y, as if nothing had been clipped

The forward pass has the nodes and weights of `synthesis.onnx`; from its end the graph goes back
through the same layers (reverse-mode differentiation). Transposed weights aren't stored: nodes make
them, and ONNX Runtime runs these once, when the session loads. Export makes the file; models that
were exported before get it so:

    python -m pellucid.train.synthesis_gradient FOLDER...
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, helper

from pellucid.pixels.atomic import write_atomic
from pellucid.train.graph import WHITE_LEVEL, Graph
from pellucid.train.second_output import FILE as SYNTHESIS
from pellucid.train.second_output import SAMPLES

FILE = "synthesis_gradient.onnx"
COLOURS = 3
LOWEST = -(2**31)  # an end before any start, for a slice that goes backwards


def synthesis_gradient(synthesis: bytes) -> bytes:
    """`synthesis.onnx` with the output `samples` -> `synthesis_gradient.onnx`."""
    graph = Graph("synthesis_gradient")
    nodes = graph.take(onnx.load_from_string(synthesis), SAMPLES)
    channels = graph.length("leave.bias")
    target = graph.input("target", [1, channels, "h8", "w8"])
    weight = graph.input("weight", [1, *(f"weight_{axis}" for axis in "chw")])
    error = graph.node("Sub", graph.clip(SAMPLES, 0.0, WHITE_LEVEL), target)
    error = greyed(graph, error, graph.input("grey", [1, 1, 1, 1]), channels)
    weighted = graph.node("Mul", error, weight)
    graph.output(graph.node("ReduceSum", graph.node("Mul", weighted, error)), "loss")
    pull = graph.node("Mul", weighted, graph.number(2.0))
    graph.output(Backward(graph, nodes).gradient(SAMPLES, pull, "y"), "gradient")
    return graph.model()


def greyed(graph: Graph, error: str, grey: str, channels: int) -> str:
    """The error; where `grey` is 1, each colour's is the mean of all three."""
    shapes = {"colours": [0, COLOURS, -1, 0], "together": [0, channels, -1, 0]}
    apart, together = (
        graph.constant(name, np.array(shape, np.int64)) for name, shape in shapes.items()
    )
    error = graph.node("Reshape", error, apart)
    mean = graph.node("ReduceMean", error, axes=[1])
    change = graph.node("Mul", graph.node("Sub", mean, error), grey)
    return graph.node("Reshape", graph.node("Add", error, change), together)


class Backward:
    """Adds to a graph the way back through `nodes`, which are in order."""

    def __init__(self, graph: Graph, nodes: list[NodeProto]) -> None:
        self._graph, self._nodes = graph, nodes
        self._makers = {node.output[0]: node for node in nodes}
        self._ways: dict[str, Callable[[NodeProto, str], list[str]]] = {
            "Add": lambda _node, pull: [pull, pull],
            "AveragePool": lambda _node, pull: [pull],  # of 1x1
            "Conv": self._convolution,
            "DepthToSpace": self._shuffle,
            "Mul": self._product,
        }

    def gradient(self, value: str, pull: str, wanted: str) -> str:
        """The name of what `pull`, the gradient by `value`, is by the input `wanted`."""
        pulls, reached = {value: pull}, self._behind(wanted)
        for node in reversed(self._nodes):
            if node.output[0] not in pulls:
                continue
            shares = self._ways[node.op_type](node, pulls.pop(node.output[0]))
            for name, share in zip(node.input, shares, strict=False):
                if name in reached:
                    both = (pulls[name], share) if name in pulls else ()
                    pulls[name] = self._graph.node("Add", *both) if both else share
        return pulls[wanted]

    def _behind(self, name: str) -> set[str]:
        """The values that depend on `name`, and itself."""
        found = {name}
        for node in self._nodes:
            if found.intersection(node.input):
                found.add(node.output[0])
        return found

    def _convolution(self, node: NodeProto, pull: str) -> list[str]:
        """1x1, or depthwise with an odd kernel: the same with the kernel turned."""
        options = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if options.get("group", 1) == 1:
            turned = self._graph.node("Transpose", node.input[1], perm=[1, 0, 2, 3])
        else:
            ends = {"starts": [-1, -1], "ends": [LOWEST, LOWEST], "axes": [2, 3], "steps": [-1, -1]}
            slices = [self._graph.constant(name, np.array(v, np.int64)) for name, v in ends.items()]
            turned = self._graph.node("Slice", node.input[1], *slices)
        return [self._graph.node("Conv", pull, turned, **options)]

    def _shuffle(self, node: NodeProto, pull: str) -> list[str]:
        """SpaceToDepth counts the places of a square first, the shuffle the channels."""
        side = next(one.i for one in node.attribute if one.name == "blocksize")
        channels = self._graph.length(self._makers[node.input[0]].input[1])
        order = np.arange(channels, dtype=np.int64).reshape(side**2, -1).T.ravel()
        spread = self._graph.node("SpaceToDepth", pull, blocksize=side)
        return [self._graph.node("Gather", spread, self._graph.constant("order", order), axis=1)]

    def _product(self, node: NodeProto, pull: str) -> list[str]:
        """Each factor gets the other; x * sigmoid(x), whose factors are one, its derivative."""
        first, second = node.input
        maker = self._makers.get(second)
        if maker is None or maker.op_type != "Sigmoid" or maker.input[0] != first:
            return [self._graph.node("Mul", pull, other) for other in (second, first)]
        rest = self._graph.node("Sub", self._graph.number(1.0), second)
        rest = self._graph.node("Mul", rest, node.output[0])
        slope = self._graph.node("Add", rest, second)
        return [self._graph.node("Mul", pull, slope)]


def main(words: Sequence[str] | None = None) -> None:
    """Command line of `python -m pellucid.train.synthesis_gradient`."""
    parser = argparse.ArgumentParser(description=f"Make {FILE} in folders of codecs.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args(words).folders:
        path = folder / FILE
        write_atomic(path, synthesis_gradient((folder / SYNTHESIS).read_bytes()), force=True)
        sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
