"""Multiply-adds a pixel of a model's networks, counted from the ONNX graphs.

    python -m tools.count_macs src/pellucid/models/m

`analysis` and `hyper_analysis` run only to compress, `synthesis` only to decompress, the two
integer networks both times. Only convolutions are counted, as is usual.
"""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path

import onnx
from onnx import shape_inference

SIDE = 512  # of the picture counted
GRID = {"h8": SIDE // 8, "h16": SIDE // 16, "h64": SIDE // 64}
COMPRESS = ("analysis", "hyper_analysis", "hyper_decoder", "spatial_prior")
DECOMPRESS = ("hyper_decoder", "spatial_prior", "synthesis")


def macs_per_pixel(path: Path) -> float:
    """Multiply-adds of all convolutions of a graph, for each pixel of the picture."""
    model = onnx.load(str(path))
    for value in model.graph.input:
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param:
                dimension.dim_value = GRID[dimension.dim_param.replace("w", "h")]
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in [*inferred.value_info, *inferred.output]
    }
    shapes |= {weight.name: list(weight.dims) for weight in inferred.initializer}
    total = 0
    for node in inferred.node:
        if node.op_type == "Conv":
            taps = prod(shapes[node.input[1]][1:])
            total += prod(shapes[node.output[0]]) * taps
    return total / SIDE**2


def main() -> None:
    """Command line."""
    for folder in map(Path, sys.argv[1:]):
        counts = {
            name: macs_per_pixel(folder / f"{name}.onnx") for name in {*COMPRESS, *DECOMPRESS}
        }
        print(folder.name, {name: round(value) for name, value in sorted(counts.items())})
        print(f"  compress {sum(counts[name] for name in COMPRESS) / 1e3:.2f} kMAC/px")
        print(f"  decompress {sum(counts[name] for name in DECOMPRESS) / 1e3:.2f} kMAC/px")


if __name__ == "__main__":
    main()
