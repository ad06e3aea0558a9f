"""Multiply-adds a pixel of a network, counted from its ONNX graph; only convolutions are counted,
as is usual."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import prod
from pathlib import Path

from pellucid.errors import PellucidError
from pellucid.evaluate._extras import require
from pellucid.runtime import load_denoiser
from pellucid.runtime.denoiser import FILE

SIDE = 512  # of the picture counted
PIXELS = {"h": SIDE, "w": SIDE}  # a graph that takes pixels


def macs_per_pixel(path: Path, grid: Mapping[str, int] = PIXELS) -> float:
    """Multiply-adds of all convolutions of an ONNX file, for each pixel of a 512x512 picture.

    `grid` has the sizes of the inputs' free dimensions for such a picture. MissingExtraError if the
    package `onnx` isn't installed.
    """
    onnx = require("onnx", extra="train")
    model = onnx.load(str(path))
    for value in model.graph.input:
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param:
                dimension.dim_value = grid[dimension.dim_param]
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = require("onnx.shape_inference", extra="train").infer_shapes(model, data_prop=True)
    shapes: dict[str, list[int]] = {
        weight.name: list(weight.dims) for weight in inferred.graph.initializer
    }
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        shapes[value.name] = [size.dim_value for size in value.type.tensor_type.shape.dim]
    total = sum(
        prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])
        for node in model.graph.node
        if node.op_type == "Conv"
    )
    return total / SIDE**2


@lru_cache(maxsize=8)
def denoiser_kmac(model: str) -> float | None:
    """Thousands of multiply-adds a pixel of an installed denoiser; None where it can't be had."""
    try:
        return round(macs_per_pixel(load_denoiser(model).folder / FILE) / 1e3, 2)
    except PellucidError:
        return None
