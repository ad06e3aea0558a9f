"""A synthesis network that also gives its samples before they are rounded to 8 bits.

The output `samples` is the value that `blocks` rounds: no node and no weight is added, so `blocks`
alone costs and is what it was. Networks that were exported without it get it so:

    python -m pellucid.train.second_output FOLDER...      model folders; what has it stays
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, helper, numpy_helper

from pellucid.errors import InputError
from pellucid.pixels.atomic import write_atomic

SAMPLES, BLOCKS = "samples", "blocks"
FILE = "synthesis.onnx"


def with_samples(data: bytes) -> bytes:
    """A synthesis network as ONNX bytes -> the same with the output `samples`, float32.

    Raises InputError: it has no output `blocks` that comes from one rounding node, in steps of 1.
    """
    model = onnx.load_from_string(data)
    graph = model.graph
    outputs = [output.name for output in graph.output]
    if SAMPLES in outputs:
        return data
    rounding = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    if len(rounding) != 1 or outputs != [BLOCKS]:
        raise InputError(f"this is no synthesis network: it has no one output {BLOCKS} of 8 bits")
    inner, *level = rounding[0].input
    numbers = {one.name: numpy_helper.to_array(one).tolist() for one in graph.initializer}
    scale, zero = (numbers.get(name) for name in [*level, ""][:2])
    if (scale, zero) != (1, 0):
        raise InputError(
            f"this synthesis network rounds with the scale {scale} and the zero point {zero}, so "
            "what it rounds are no samples: only 1 and 0 are known; export the model anew"
        )
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [SAMPLES if name == inner else name for name in names]
    shape = [f"{SAMPLES}_{axis}" for axis in "nchw"]
    graph.output.append(helper.make_tensor_value_info(SAMPLES, TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def main(words: Sequence[str] | None = None) -> None:
    """Command line of `python -m pellucid.train.second_output`."""
    parser = argparse.ArgumentParser(description="Give synthesis networks the output `samples`.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args(words).folders:
        path = folder / FILE
        data = path.read_bytes()
        changed = with_samples(data)
        if changed != data:
            write_atomic(path, changed, force=True)
        sys.stdout.write(f"{path}: {'as it was' if changed == data else 'has it now'}\n")


if __name__ == "__main__":
    main()
