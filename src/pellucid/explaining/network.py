"""A network looked into: the result of every layer, the gradient of one result, no PyTorch.

ONNX Runtime gives the result of any layer if the graph names it as an output. Going back from there
needs the transpose of each layer, which for the few kinds that pellucid's networks are made of is a
line or two of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError, PellucidError
from pellucid.explaining.transposes import TRANSPOSES
from pellucid.runtime import Network

Floats = NDArray[np.float32]
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
            names = [name for name in node.input if name]
            parts = self._transpose(node)(
                given, [values[name] for name in names], self._options(node)
            )
            for name, part in zip(names, parts, strict=False):
                if name not in self._constants:
                    pulls[name] = pulls[name] + part if name in pulls else part
        return {name: pulls.get(name, np.zeros_like(value)) for name, value in inputs.items()}

    def _transpose(self, node: Any) -> Callable[..., list[Floats]]:
        try:
            return TRANSPOSES[node.op_type]
        except KeyError as error:
            raise PellucidError(
                f"a layer of kind {node.op_type} can't be gone back through; known are "
                f"{', '.join(sorted(TRANSPOSES))}"
            ) from error

    def _options(self, node: Any) -> dict[str, Any]:
        return {a.name: self._onnx.helper.get_attribute_value(a) for a in node.attribute}
