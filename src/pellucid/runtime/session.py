"""One network in ONNX Runtime, by default on the CPU, with a fixed number of threads.

ONNX Runtime (seen in 1.32) makes a device id and a database of events in the home folder as soon
as it is imported, to be sent to its maker. It is told not to, unless the user has set the variable
otherwise.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError, PellucidError

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is imported

import onnxruntime

THREADS_VARIABLE = "PELLUCID_THREADS"
MOST_THREADS = 1024
CPU_PROVIDER = "CPUExecutionProvider"


_here = threading.local()


@contextmanager
def alone(*, when: bool = True) -> Iterator[None]:
    """In the block, networks and tiles take no thread but this: others do the same, side by side.

    So pictures, or tiles, that are done several at a time take less of all cores than one after
    the other.
    """
    before = is_alone()
    _here.alone = before or when
    try:
        yield
    finally:
        _here.alone = before


def is_alone() -> bool:
    """Whether this thread is in such a block."""
    return getattr(_here, "alone", False)


def thread_count() -> int:
    """Threads a network uses: `PELLUCID_THREADS`, or all cores this process may run on."""
    if is_alone():
        return 1
    text = os.environ.get(THREADS_VARIABLE, "")
    if not text:
        usable = getattr(os, "sched_getaffinity", None)
        return len(usable(0)) if usable else (os.cpu_count() or 1)
    if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= MOST_THREADS:
        raise OptionError(
            f"{THREADS_VARIABLE} is {text!r}; set it to a whole number from 1 to {MOST_THREADS}"
        )
    return int(text)


def providers_there() -> list[str]:
    """ONNX Runtime's names of what could compute, as it was built."""
    found: list[str] = onnxruntime.get_available_providers()
    return found


class Network:
    """A loaded network: named arrays in, a list of arrays out: of all outputs, or those named.

    Thread-safe, as ONNX Runtime's sessions are.

    Args:
        source: an ONNX file, or its bytes.
        providers: ONNX Runtime's names of what computes, the first that can.
        spinning: its threads use their cores while they wait for each other within a run, which is
            faster unless others work beside it.
    """

    engine, short, packed = "onnxruntime float32", False, False

    def __init__(
        self,
        source: Path | bytes,
        threads: int,
        providers: Sequence[Any] = (CPU_PROVIDER,),
        *,
        spinning: bool = True,
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that went on spinning after a run would take the cores from the next network.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
        try:
            self._session = onnxruntime.InferenceSession(
                source if isinstance(source, bytes) else source.read_bytes(),
                options,
                providers=list(providers),
            )
        except Exception as error:  # ONNX Runtime raises its own, unexported, classes
            name = "" if isinstance(source, bytes) else f" {source}"
            raise PellucidError(f"the network{name} can't be loaded: {error}") from error

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        outputs: list[NDArray[Any]] = self._session.run(list(names) or None, inputs)
        return outputs

    @property
    def facts(self) -> dict[str, str]:
        """What its file says about it beside the graph."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def providers(self) -> list[str]:
        """ONNX Runtime's names of what computes."""
        found: list[str] = self._session.get_providers()
        return found

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs."""
        return [output.name for output in self._session.get_outputs()]
