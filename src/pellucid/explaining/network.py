"""A network looked into: the result of every layer, the gradient of one result, no PyTorch.

ONNX Runtime gives the result of any layer if the graph names it as an output. Going back from there
needs the transpose of each layer, which for the few kinds that pellucid's networks are made of is a
line or two of NumPy (`TRANSPOSES`): from a pull (1, C, h, w) on the layer's result, the values that
went in, and its options as ONNX names them, to one pull for each value, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError, PellucidError
from pellucid.runtime import Network

Floats = NDArray[np.float32]
Options = dict[str, Any]
Values = list[NDArray[Any]]
PIP = "pip install 'pellucid[explain]'"


class OpenNetwork:
    """An ONNX file whose layers can be asked for.

    Raises:
        PellucidError: the package `onnx` is missing, or the file can't be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            import onnx
            from onnx import numpy_helper
        except ImportError as error:
            raise PellucidError(f"looking into a network needs the package onnx: {PIP}") from error
        self._onnx = onnx
        try:
            self._model = onnx.load_model_from_string(path.read_bytes())
        except Exception as error:  # protobuf raises its own, unexported, classes
            raise PellucidError(f"the network {path} can't be read: {error}") from error
        graph = self._model.graph
        self._nodes = list(graph.node)
        constants = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
        for node in self._nodes:  # weights are kept in half the bits and widened
            if node.op_type == "Cast" and node.input[0] in constants:
                constants[node.output[0]] = constants[node.input[0]].astype(np.float32)
        self._constants: dict[str, NDArray[Any]] = constants

    @cached_property
    def layers(self) -> dict[str, str]:
        """Names of the layers that make something of the picture, in order -> their kind."""
        return {
            node.output[0]: node.op_type
            for node in self._nodes
            if node.output[0] not in self._constants and node.op_type != "Identity"
        }

    def results(self, inputs: Mapping[str, Floats], layers: list[str]) -> dict[str, Floats]:
        """Name -> (1, C, h, w), what these layers give for `inputs`.

        Raises:
            OptionError: there is no such layer.
        """
        for name in layers:
            if name not in self.layers:
                known = ", ".join(f"{n} ({kind})" for n, kind in self.layers.items())
                raise OptionError(f"the network has no layer {name!r}; it has {known}")
        model = self._onnx.ModelProto()
        model.CopyFrom(self._model)
        del model.graph.output[:]
        model.graph.output.extend(self._onnx.ValueInfoProto(name=name) for name in layers)
        found = Network(model.SerializeToString(), threads=1)(**inputs)
        return dict(zip(layers, found, strict=True))

    def gradient(self, inputs: Mapping[str, Floats], pull: Floats) -> dict[str, Floats]:
        """How the sum of `pull` times the output changes with each sample of each input.

        Args:
            pull: of the output's shape, such as 1 at one sample.

        Raises:
            PellucidError: the network has a layer of a kind that this can't go back through.
        """
        values: dict[str, NDArray[Any]] = dict(inputs) | self._constants
        values |= self.results(inputs, list(self.layers))
        pulls: dict[str, Floats] = {self._model.graph.output[0].name: pull}
        for node in reversed(self._nodes):
            given = pulls.pop(node.output[0], None)
            if given is None or node.output[0] in self._constants:
                continue
            if node.op_type not in TRANSPOSES:
                raise PellucidError(
                    f"a layer of kind {node.op_type} can't be gone back through; known are "
                    f"{', '.join(sorted(TRANSPOSES))}"
                )
            names = [name for name in node.input if name]
            options = {a.name: self._onnx.helper.get_attribute_value(a) for a in node.attribute}
            parts = TRANSPOSES[node.op_type](given, [values[name] for name in names], options)
            for name, part in zip(names, parts, strict=False):
                if name not in self._constants:
                    pulls[name] = pulls[name] + part if name in pulls else part
        return {name: pulls.get(name, np.zeros_like(value)) for name, value in inputs.items()}


def convolution(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """Each tap of the kernel takes its share back to where it came from."""
    x, kernel = values[:2]
    stride = options.get("strides", [1, 1])[0]
    top, left, bottom, right = options.get("pads", [0] * 4)
    height, width = x.shape[2:]
    out = np.zeros((x.shape[1], height + top + bottom, width + left + right), np.float32)
    rows, columns = pull.shape[2:]
    flat = pull[0].reshape(pull.shape[1], -1)
    for down in range(kernel.shape[2]):
        for along in range(kernel.shape[3]):
            share = (kernel[:, :, down, along].T @ flat).reshape(-1, rows, columns)
            into = out[:, down : down + stride * rows : stride]
            into[:, :, along : along + stride * columns : stride] += share
    return [out[None, :, top : top + height, left : left + width]]


def concatenate(pull: Floats, values: Values, _options: Options) -> list[Floats]:
    """Channels go back to whom they came from."""
    ends = np.cumsum([value.shape[1] for value in values])[:-1]
    return np.split(pull, ends, axis=1)


def average_pool(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """All samples of a block take the same share; what the last block left out takes none."""
    side = options["kernel_shape"][0]
    wide = pull.repeat(side, axis=2).repeat(side, axis=3) / np.float32(side * side)
    height, width = values[0].shape[2:]
    below, beyond = height - wide.shape[2], width - wide.shape[3]
    return [np.pad(wide, ((0, 0), (0, 0), (0, below), (0, beyond)))]


def resize(pull: Floats, values: Values, _options: Options) -> list[Floats]:
    """Linear interpolation by whole factors, positions at the middle of samples."""
    rows = interpolation(values[0].shape[2], pull.shape[2])
    columns = interpolation(values[0].shape[3], pull.shape[3])
    return [np.einsum("nchw,hi,wj->ncij", pull, rows, columns, optimize=True)]


def interpolation(count: int, wanted: int) -> Floats:
    """(wanted, count): how much each of `count` samples gives to each of `wanted`."""
    place = np.clip((np.arange(wanted) + 0.5) * count / wanted - 0.5, 0, count - 1)
    low = np.minimum(place.astype(int), max(0, count - 2))
    matrix = np.zeros((wanted, count), np.float32)
    share = (place - low).astype(np.float32)
    matrix[np.arange(wanted), low] += 1 - share
    matrix[np.arange(wanted), np.minimum(low + 1, count - 1)] += share
    return matrix


def depth_to_space(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """Samples of a square become channels again: its inner ones, or its outer ones."""
    side, channels = options["blocksize"], pull.shape[1]
    height, width = values[0].shape[2:]
    order = (0, 2, 4, 1, 3) if options.get("mode", b"DCR") == b"CRD" else (2, 4, 0, 1, 3)
    grid = pull.reshape(channels, height, side, width, side).transpose(order)
    return [np.ascontiguousarray(grid).reshape(values[0].shape)]


def space_to_depth(pull: Floats, values: Values, options: Options) -> list[Floats]:
    """Channels become samples of a square again."""
    side, channels = options["blocksize"], values[0].shape[1]
    height, width = pull.shape[2:]
    grid = pull.reshape(side, side, channels, height, width).transpose(2, 3, 0, 4, 1)
    return [np.ascontiguousarray(grid).reshape(values[0].shape)]


def reshape(pull: Floats, values: Values, _options: Options) -> list[Floats]:
    """Values keep their order."""
    return [pull.reshape(values[0].shape)]


def transpose(pull: Floats, _values: Values, options: Options) -> list[Floats]:
    """Axes go back to where they were."""
    return [pull.transpose(np.argsort(options["perm"]))]


TRANSPOSES: dict[str, Callable[[Floats, Values, Options], list[Floats]]] = {
    "Add": lambda pull, _values, _options: [pull, pull],
    "AveragePool": average_pool,
    "Concat": concatenate,
    "Conv": convolution,
    "DepthToSpace": depth_to_space,
    "Identity": lambda pull, _values, _options: [pull],
    "Relu": lambda pull, values, _options: [pull * (values[0] > 0)],
    "Reshape": reshape,
    "Resize": resize,
    "SpaceToDepth": space_to_depth,
    "Squeeze": reshape,
    "Sub": lambda pull, _values, _options: [pull, -pull],
    "Transpose": transpose,
}
