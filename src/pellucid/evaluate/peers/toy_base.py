"""What `bench toy` asks of a system: how it learns one job, and what it can do then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy.tables import COUNT_TOTAL, TableSet

SIGMA = 25.0  # of the white noise

Task = Literal["compress", "denoise"]
Files = Literal["single", "sheet"]  # a file a picture, or one for many side by side
Pictures = NDArray[np.uint8]  # (N, H, W, C) or one of them, C 1 or 3
Shape = tuple[int, ...]
Samples = NDArray[np.float32]  # (H, W, C), black 0 and white 255, not clipped


@dataclass(frozen=True)
class Budget:
    """How long a system may learn, and from what.

    Attributes:
        seconds: no new pass over the data, tree or larger sample is begun after that.
        rounds: nor more of those than this, in the system's own count; None: its own ceiling. With
            few rounds and enough seconds the result is the same every time.
        seed: of all that is drawn.
    """

    seconds: float = 60.0
    rounds: int | None = None
    seed: int = 1

    def turns(self, most: int) -> Iterator[int]:
        """0, 1, ... while there is time, one at least and `most` at most."""
        start = time.perf_counter()
        for turn in range(most if self.rounds is None else min(most, self.rounds)):
            if turn and time.perf_counter() - start >= self.seconds:
                return
            yield turn


@dataclass(frozen=True)
class Coder:
    """Compresses pictures of one set.

    Attributes:
        encode: (H, W, C) and a setting to all bytes that its decoder needs besides model and shape.
        decode: these and the shape back to (H, W, C), the same every time.
        learnt: from how much data, in how many passes or trees, in words.
        size: what the learned numbers take, in bytes of memory; a decoder must have them.
    """

    encode: Callable[[Pictures, float], bytes]
    decode: Callable[[bytes, Shape], Pictures]
    learnt: str = "not trained here"
    size: int = 0

    def run(self, picture: Pictures, setting: float) -> tuple[Pictures, int]:
        """What comes back of (H, W, C), and the size of its file."""
        file = self.encode(picture, setting)
        return self.decode(file, picture.shape), len(file)


@dataclass(frozen=True)
class ToyDenoiser:
    """Denoises pictures of one set: samples and sigma to samples of the same shape.

    `learnt` and `size` are those of `Coder`.
    """

    denoise: Callable[[Samples, float], Samples]
    learnt: str = "not trained here"
    size: int = 0

    def run(self, noisy: Samples, sigma: float) -> tuple[Samples, int]:
        """The result, of which there is no file."""
        return self.denoise(noisy, sigma), 0


Model = Coder | ToyDenoiser


@dataclass(frozen=True, kw_only=True)
class System:
    """A system at one job.

    Attributes:
        name: short, stable, as in the rows and on the command line.
        version: libraries and fixed options: rows with another text are stale.
        train: from (N, H, W, C) to what does the job.
        learns: whether it takes anything from these.
        settings: kind of files -> the points of its sweep, in order of size; sigma of a denoiser.
        threading: how many threads it really uses.
    """

    task: Task
    name: str
    version: str
    train: Callable[[Pictures, Budget], Model]
    learns: bool = True
    settings: Mapping[Files, tuple[float, ...]] = field(
        default_factory=lambda: {"single": (SIGMA,)}
    )
    threading: str = "one thread"


def tables_of(symbols: NDArray[Any], tables: NDArray[Any], number: int, reach: int) -> TableSet:
    """Integer tables of the entropy coder, `number` of them, for symbols of -reach..reach.

    Args:
        symbols: (N,) such as files hold; those beyond the reach, at most 255, count as it.
        tables: (N,) the table of each. No symbol is never seen again, so each counts one more.
    """
    width = 2 * reach + 1
    places = tables.astype(np.int64) * width + np.clip(symbols, -reach, reach) + reach
    seen = np.bincount(places, minlength=number * width).reshape(number, width) + 1.0
    whole = np.ones((number, width + 1), np.int64)  # and an escape
    share = seen / seen.sum(axis=1, keepdims=True) * (COUNT_TOTAL - width - 1)
    whole[:, :-1] += np.floor(share).astype(np.int64)
    whole[np.arange(number), whole.argmax(axis=1)] += COUNT_TOTAL - whole.sum(axis=1)
    return TableSet(whole.astype(np.uint32), np.full(number, reach, np.uint8))
