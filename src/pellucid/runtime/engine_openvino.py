"""A network in OpenVINO on the processor, in bfloat16 or float16 where that has units for them.

OpenVINO rounds every array of a network in a short format, the picture too: in bfloat16 a bright
sample by up to half a level of 8 bits, one near 0 by next to nothing.

Networks take any shape; compiled for one they aren't faster. Nothing is kept on the disk, as
compiling takes less than a tenth of a second.

OpenVINO (seen in 2026.4) makes an id in the home folder and sends events to its maker as soon as it
is imported. The package that does so is kept from it.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from threading import Lock, local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import refusing
from pellucid.pixels.extras import science

TELEMETRY = "openvino_telemetry"
FLOAT32 = "FP32"
SHORT = {
    "BF16": "bfloat16",
    "FP16": "float16",
}  # its names -> NumPy's kind of names, the best first
POOL = "AvgPool"
_importing = Lock()


@cache
def library() -> Any:
    """OpenVINO; raises MissingExtraError."""
    with _importing:
        kept_off = TELEMETRY not in sys.modules
        if kept_off:
            sys.modules[TELEMETRY] = None  # type: ignore[assignment]  # an ImportError, as documented
        try:
            return science("openvino", "fast")
        finally:
            if kept_off:
                del sys.modules[TELEMETRY]


@cache
def core() -> Any:
    """What reads and compiles networks."""
    return library().Core()


def short_format() -> str | None:
    """The short format that the processor has units for, None without."""
    able = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return next((name for name in SHORT if name in able), None)


class OpenVinoNetwork:
    """A network, float32 in and out; thread-safe.

    Args:
        form: what it computes in: FP32, BF16 or FP16.

    Raises PellucidError if it can't be loaded.
    """

    def __init__(self, source: Path, threads: int, form: str) -> None:
        self.engine, self.short = f"openvino {SHORT.get(form, 'float32')}", form in SHORT
        with refusing(f"the network {source} can't be loaded by OpenVINO"):
            self._model = compiled(without_blocks(core().read_model(source)), threads, form)
        results = [output.get_node().get_friendly_name() for output in self._model.outputs]
        self.outputs = [name.removesuffix("/sink_port_0") for name in results]
        self._own = local()  # requests, which one thread at a time may use

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        if not hasattr(self._own, "request"):
            self._own.request = self._model.create_infer_request()
        request = self._own.request
        request.infer(inputs, share_inputs=True)
        return [request.get_tensor(name).data.copy() for name in names or self.outputs]


def without_blocks(model: Any) -> Any:
    """The network without pools of 1x1, which are there for ONNX Runtime's blocks of channels."""
    for node in model.get_ordered_ops():
        if node.get_type_name() == POOL and set(node.get_attributes()["kernel"]) == {1}:
            node.output(0).replace(node.input_value(0))
    return model


def compiled(part: Any, threads: int, form: str) -> Any:
    """A network ready to run, all threads on one picture."""
    number = {FLOAT32: "f32", "BF16": "bf16", "FP16": "f16"}[form]
    return core().compile_model(
        part,
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": number,
        },
    )
