"""A network in OpenVINO on the processor, in bfloat16 or float16 where that has units for them.

OpenVINO rounds every array of a network in a short format, the picture too: in bfloat16 by up to
half a level of 8 bits, four times as much as all the layers together. So the first convolutions and
what lies before them (the denoiser takes the local mean off there) are a network of their own, in
float32.

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
CONVOLUTIONS = ("Convolution", "GroupConvolution")
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
        form: what it computes in after the first convolutions: FP32, BF16 or FP16.

    Raises PellucidError if it can't be loaded.
    """

    def __init__(self, source: Path, threads: int, form: str) -> None:
        self.engine = f"openvino {SHORT.get(form, 'float32')}"
        with refusing(f"the network {source} can't be loaded by OpenVINO"):
            self._names, head, body = parts_of(core().read_model(source))
            self._head, self._body = compiled(head, threads, FLOAT32), compiled(body, threads, form)
        results = [output.get_node().get_friendly_name() for output in self._body.outputs]
        self.outputs = [name.removesuffix("/sink_port_0") for name in results]
        self._own = local()  # requests, which one thread at a time may use

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        own = self._own
        if not hasattr(own, "head"):
            own.head, own.body = (part.create_infer_request() for part in (self._head, self._body))
        own.head.infer([inputs[name] for name in self._names], share_inputs=True)
        for place in range(len(self._head.outputs)):
            own.body.set_input_tensor(place, own.head.get_output_tensor(place))
        own.body.infer()
        return [own.body.get_tensor(name).data.copy() for name in names or self.outputs]


def parts_of(model: Any) -> tuple[list[str], Any, Any]:
    """Names of a network's inputs, it as far as its first convolutions, and the rest."""
    ov = library()
    live: set[str] = set()  # nodes that inputs lead to
    layers: set[str] = set()  # convolutions
    after: set[str] = set()  # what they lead to
    cut: dict[tuple[str, int], Any] = {}  # outputs that lead from the first part to the second
    for node in model.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_name()
        sources = [port.get_source_output() for port in node.inputs()]
        names = [source.get_node().get_name() for source in sources]
        if kind == "Parameter" or not live.isdisjoint(names):
            live.add(name)
        if not (layers | after).isdisjoint(names):
            after.add(name)
        if kind in CONVOLUTIONS:
            layers.add(name)
        if name in after:
            leads = (s for s, n in zip(sources, names, strict=True) if n in live - after)
            cut.update({(s.get_node().get_name(), s.get_index()): s for s in leads})
    inputs = model.get_parameters()
    head = ov.Model([*cut.values()], inputs, "head").clone()
    entries = [ov.opset8.parameter(s.get_partial_shape(), np.float32) for s in cut.values()]
    for source, entry in zip(cut.values(), entries, strict=True):
        for target in source.get_target_inputs():
            if target.get_node().get_name() in after:
                target.replace_source_output(entry.output(0))
    names = [entry.output(0).get_any_name() for entry in inputs]
    return names, head, ov.Model(model.get_results(), entries, "body")


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
