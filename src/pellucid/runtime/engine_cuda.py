"""A network in ONNX Runtime on an NVIDIA card, in float32: TF32, which has 10 bits, is off."""

from __future__ import annotations

from pathlib import Path

from pellucid.errors import PellucidError, first_line
from pellucid.runtime.session import CPU_PROVIDER, Network, providers_there

PROVIDER = "CUDAExecutionProvider"
# By default the fastest convolution is searched for at every new shape, for a second and more.
OPTIONS = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
SMALLEST = Path(__file__).parent.parent / "models" / "guide" / "guide.onnx"  # to try


class CudaNetwork(Network):
    """A network on the first card; see `Network`. PellucidError if that doesn't work."""

    engine = "onnxruntime cuda float32"

    def __init__(self, source: Path | bytes, threads: int) -> None:
        super().__init__(source, threads, [(PROVIDER, OPTIONS), CPU_PROVIDER])
        if PROVIDER not in self.providers:  # ONNX Runtime goes on without what it can't load
            raise PellucidError("ONNX Runtime can't load CUDA")


def problem() -> str:
    """Why no network runs on a card; empty if one does."""
    if PROVIDER not in providers_there():
        return f"ONNX Runtime has {', '.join(providers_there())} only"
    try:
        CudaNetwork(SMALLEST, 1)
    except PellucidError as error:
        return first_line(error)
    return ""
