"""The engine of a network on a device: the fastest that gives what ONNX Runtime gives in float32.

Each is tried when a network is loaded: of a fixed picture, 99.9 % of the samples must come out
within one level of 8 bits. The trial takes a tenth of a second, once in a process and network, so
nothing is kept on the disk, where it would outlive the engine, the driver and the processor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import PellucidError, refusing
from pellucid.pixels import open_image
from pellucid.runtime.device import CUDA, OPENVINO, openvino_format
from pellucid.runtime.engine_cuda import CudaNetwork
from pellucid.runtime.engine_openvino import FLOAT32, OpenVinoNetwork
from pellucid.runtime.session import Network

SHARE = 0.999  # of the samples
SIDE = 256  # of the picture, a multiple of what networks take
NOISE = 25 / 255  # its standard deviation there
PHOTOGRAPH = Path(__file__).parent.parent / "samples" / "chelsea.png"

Trial = Callable[["Engine"], NDArray[Any]]  # what a network makes of the picture, in levels


class Engine(Protocol):
    """A loaded network: named arrays in, a list of arrays out; thread-safe."""

    engine: str  # its name and the numbers it computes in
    short: bool  # whether these have fewer bits than float32
    packed: bool  # whether it is a denoiser of samples in rows (`openvino_graph.channels_last`)

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs."""

    def __call__(self, *names: str, **inputs: NDArray[np.float32]) -> list[NDArray[Any]]:
        """All outputs, or those named."""


def network_on(
    device: str, source: Path, threads: int, trial: Trial, *, stream: bool = False
) -> Engine:
    """The network on `device`, or in ONNX Runtime on the processor where that isn't as good.

    With `stream` it is made for arrays of one shape and for work beside it.

    Raises PellucidError if not even that can load it.
    """
    exact = Network(source, threads, spinning=not stream)
    for make in engines_of(device, stream):
        try:
            with refusing("this engine doesn't work"):
                engine = make(source, threads)
                good = agrees(trial(engine), trial(exact))
        except PellucidError:
            continue
        if good:
            return engine
    return exact


def engines_of(device: str, stream: bool) -> Iterator[Callable[[Path, int], Engine]]:
    """Those to be tried, the fastest first."""
    if device == CUDA:
        yield CudaNetwork
    elif device == OPENVINO:
        yield partial(OpenVinoNetwork, form=openvino_format() or FLOAT32, by_shape=stream)


def agrees(found: NDArray[Any], right: NDArray[Any]) -> bool:
    """Whether levels are right within one, but for a few."""
    apart = np.abs(found.astype(np.float64) - right.astype(np.float64))
    return bool(np.mean(apart <= 1) >= SHARE)  # what is no number isn't


@cache
def picture() -> NDArray[np.float32]:
    """(1, 3, SIDE, SIDE) of 0 to 1: a part of a photograph, with noise, in steps of 8 bits."""
    with open_image(PHOTOGRAPH) as source:
        clean = source.read()[:SIDE, :SIDE, :3].transpose(2, 0, 1)
    noise = 255 * NOISE * np.random.default_rng(0).standard_normal(clean.shape)
    return np.asarray(np.clip(np.rint(clean + noise), 0, 255) / 255, np.float32)[None]
