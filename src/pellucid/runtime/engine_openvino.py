"""A network in OpenVINO on the processor, in bfloat16 or float16 where that has units for them.

OpenVINO rounds every array of a network in a short format, the picture too: in bfloat16 a bright
sample by up to half a level of 8 bits, one near 0 by next to nothing.

Nothing is kept on the disk, as compiling takes less than a tenth of a second.

OpenVINO (seen in 2026.4) makes an id in the home folder and sends events to its maker as soon as it
is imported. The package that does so is kept from it.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import refusing
from pellucid.pixels.extras import science
from pellucid.runtime.openvino_graph import channels_last, without_blocks

TELEMETRY = "openvino_telemetry"
FLOAT32 = "FP32"
SHORT = {
    "BF16": "bfloat16",
    "FP16": "float16",
}  # its names -> NumPy's kind of names, the best first
KEPT = 2  # shapes for which a network is compiled
Shapes = tuple[tuple[str | int, ...], ...]  # name and sides of each input
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
        by_shape: compile it for each shape that a denoiser is given, of which the last few are
            kept. That takes as long as the first few frames, and a fifth off all others.

    Raises PellucidError if it can't be loaded.
    """

    def __init__(self, source: Path, threads: int, form: str, *, by_shape: bool = False) -> None:
        self.engine, self.short = f"openvino {SHORT.get(form, 'float32')}", form in SHORT
        self._threads, self._form = threads, form
        self._lock, self._compiled = Lock(), OrderedDict[Shapes, Compiled]()
        with refusing(f"the network {source} can't be loaded by OpenVINO"):
            model = without_blocks(core().read_model(source))
            results = [output.get_node().get_friendly_name() for output in model.outputs]
            self.outputs = [name.removesuffix("/sink_port_0") for name in results]
            denoiser = channels_last(model, library())
            self.packed, self._model = denoiser is not None, denoiser or model
            self._by_shape = by_shape and self.packed
            if not self._by_shape:
                self._compiled[()] = Compiled(compiled(self._model, threads, form))

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        shapes = tuple((name, *array.shape) for name, array in inputs.items() if self._by_shape)
        return self._compiled_for(shapes)(names or self.outputs, inputs)

    def _compiled_for(self, shapes: Shapes) -> Compiled:
        with self._lock:
            if shapes not in self._compiled:
                model = self._model.clone()
                model.reshape({name: list(sides) for name, *sides in shapes})
                self._compiled[shapes] = Compiled(compiled(model, self._threads, self._form))
            self._compiled.move_to_end(shapes)
            if len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
            return self._compiled[shapes]


class Compiled:
    """A network ready to run, in any number of threads."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._requests = deque[Any]()  # each is of one thread at a time
        self._fixed = all(output.partial_shape.is_static for output in model.outputs)

    def __call__(
        self, names: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[Any]]:
        """The outputs of these names, in arrays of the caller's own."""
        try:
            request = self._requests.pop()
        except IndexError:
            request = self._model.create_infer_request()
        own: dict[str, NDArray[Any]] = {}
        for output in self._model.outputs if self._fixed else ():  # written where they are to be
            array = np.empty(list(output.shape), np.float32)
            request.set_tensor(output, library().Tensor(array, shared_memory=True))
            own |= dict.fromkeys(output.names, array)
        request.infer(inputs, share_inputs=True)
        found = [own[name] if own else request.get_tensor(name).data.copy() for name in names]
        self._requests.append(request)
        return found


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
