"""What `bench toy` asks of a system: one protocol for each of its two jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from pellucid.evaluate.peers.denoiser import Samples
from pellucid.evaluate.toy.data import Pictures

__all__ = [
    "UNTRAINED",
    "Budget",
    "Cleaner",
    "Clock",
    "Compressor",
    "Pictures",
    "Samples",
    "Training",
]

SINGLE, SHEET = "single", "sheet"


@dataclass(frozen=True)
class Budget:
    """How long a system may learn.

    Attributes:
        seconds: no new pass over the data, tree or larger sample is begun after that.
        rounds: nor more of those than this, in the system's own count; None: its own ceiling. With
            few rounds and enough seconds the result is the same every time.
        seed: of all that is drawn.
    """

    seconds: float = 60.0
    rounds: int | None = None
    seed: int = 1

    def ceiling(self, own: int) -> int:
        """How many rounds there may be."""
        return own if self.rounds is None else min(own, self.rounds)


class Clock:
    """Says how long training has run."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start


@dataclass(frozen=True)
class Training:
    """What became of a budget.

    Attributes:
        what: in words: how much data, how many passes or trees.
        model_bytes: what the learned numbers take, in memory; a decoder must have them.
    """

    what: str
    model_bytes: int


UNTRAINED = Training("not trained here", 0)


class Compressor(Protocol):
    """A codec, trained or not. One object serves one set of pictures.

    `settings` run from small files to big ones; `files` says how pictures may come: each in a file
    of its own (`single`), many side by side in one (`sheet`). `middle` is the setting shown where
    others are compared with it.
    """

    @property
    def name(self) -> str:
        """Short, stable, as in the TSV and on the command line."""

    @property
    def version(self) -> str:
        """Libraries and fixed options: rows with another text are stale."""

    @property
    def trained(self) -> bool:
        """Whether `train` does anything."""

    @property
    def files(self) -> tuple[str, ...]:
        """Of `single` and `sheet`."""

    def settings(self, files: str) -> tuple[float, ...]:
        """The points of the sweep, in order of size."""

    def train(self, pictures: Pictures, budget: Budget) -> Training:
        """Learn from (N, H, W, C) uint8."""

    def encode(self, picture: Pictures, setting: float) -> bytes:
        """(H, W, C) to all bytes that its decoder needs besides the model and the shape."""

    def decode(self, data: bytes, shape: tuple[int, int, int]) -> Pictures:
        """Bytes to (H, W, C) of `shape`, the same every time."""


class Cleaner(Protocol):
    """A denoiser, trained or not. One object serves one set of pictures and one sigma."""

    @property
    def name(self) -> str:
        """Short, stable, as in the TSV and on the command line."""

    @property
    def version(self) -> str:
        """Libraries and fixed options: rows with another text are stale."""

    @property
    def trained(self) -> bool:
        """Whether `train` does anything."""

    def train(self, pictures: Pictures, sigma: float, budget: Budget) -> Training:
        """Learn from clean (N, H, W, C) uint8 to remove white noise of strength `sigma`."""

    def denoise(self, noisy: Samples, sigma: float) -> Samples:
        """(H, W, C) float32, black 0 and white 255, not clipped, to the same shape and type."""
