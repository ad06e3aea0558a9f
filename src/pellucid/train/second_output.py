"""A synthesis network that also gives its samples before they are rounded to 8 bits.

The output `samples` is the value that `blocks` rounds: no node and no weight is added, so `blocks`
alone costs and is what it was. Networks that were exported without it get it so:

    python -m pellucid.train.second_output FOLDER...      model folders; what has it stays
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from pellucid.errors import InputError

SAMPLES, BLOCKS = "samples", "blocks"
FILE = "synthesis.onnx"


def with_samples(data: bytes) -> bytes:
    """A synthesis network as ONNX bytes -> the same with the output `samples`, float32.

    Raises:
        InputError: it has no output `blocks` that comes from one rounding node.
    """
    model = onnx.load_from_string(data)
    graph = model.graph
    if any(output.name == SAMPLES for output in graph.output):
        return data
    rounding = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    if len(rounding) != 1 or [output.name for output in graph.output] != [BLOCKS]:
        raise InputError(f"this is no synthesis network: it has no one output {BLOCKS} of 8 bits")
    inner = rounding[0].input[0]
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [SAMPLES if name == inner else name for name in names]
    shape = [f"{SAMPLES}_{axis}" for axis in "nchw"]
    graph.output.append(helper.make_tensor_value_info(SAMPLES, TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def main() -> None:
    """Command line of `python -m pellucid.train.second_output`."""
    parser = argparse.ArgumentParser(description="Give synthesis networks the output `samples`.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        path, part = folder / FILE, folder / f".{FILE}.part"
        data = path.read_bytes()
        changed = with_samples(data)
        if changed != data:
            part.write_bytes(changed)
            os.replace(part, path)
        sys.stdout.write(f"{path}: {'as it was' if changed == data else 'has it now'}\n")


if __name__ == "__main__":
    main()
