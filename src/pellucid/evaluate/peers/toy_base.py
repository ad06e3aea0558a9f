"""What `bench toy` asks of a system: how it learns one job, and what it can do then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import TableSet

COMPRESS, DENOISE = "compress", "denoise"
TASKS = (COMPRESS, DENOISE)
SINGLE, SHEET = "single", "sheet"  # a file a picture, or one for many side by side
TOTAL = 1 << 16  # a table's counts sum to it

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
        sigma: of the white noise that denoisers learn to remove.
    """

    seconds: float = 60.0
    rounds: int | None = None
    seed: int = 1
    sigma: float = 25.0

    def turns(self, most: int) -> Iterator[int]:
        """0, 1, ... while there is time, one at least and `most` at most."""
        start = time.perf_counter()
        for turn in range(most if self.rounds is None else min(most, self.rounds)):
            if turn and time.perf_counter() - start >= self.seconds:
                return
            yield turn


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


@dataclass(frozen=True)
class Coder:
    """Compresses pictures of one set.

    Attributes:
        encode: (H, W, C) and a setting to all bytes that its decoder needs besides model and shape.
        decode: these and the shape back to (H, W, C), the same every time.
    """

    encode: Callable[[Pictures, float], bytes]
    decode: Callable[[bytes, Shape], Pictures]
    training: Training = UNTRAINED


@dataclass(frozen=True)
class Cleaner:
    """Denoises pictures of one set: samples and sigma to samples of the same shape."""

    denoise: Callable[[Samples, float], Samples]
    training: Training = UNTRAINED


Made = TypeVar("Made", Coder, Cleaner)


@dataclass(frozen=True, kw_only=True)
class System(Generic[Made]):
    """A system at one job.

    Attributes:
        task: `compress` or `denoise`.
        name: short, stable, as in the rows and on the command line.
        version: libraries and fixed options: rows with another text are stale.
        train: from (N, H, W, C) to what does the job.
        learns: whether it takes anything from these.
        settings: kind of files -> the points of its sweep, in order of size; of a coder.
        threading: how many threads it really uses.
    """

    task: str
    name: str
    version: str
    train: Callable[[Pictures, Budget], Made]
    learns: bool = True
    settings: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    threading: str = "one thread"


def count_symbols(
    symbols: NDArray[Any], tables: NDArray[Any], number: int, reach: int
) -> NDArray[np.int64]:
    """(number, 2 * reach + 1) how often each symbol of -reach..reach came with each table."""
    width = 2 * reach + 1
    clipped = np.clip(symbols, -reach, reach).astype(np.int64) + reach
    flat = np.bincount(tables.astype(np.int64) * width + clipped, minlength=number * width)
    return flat.reshape(number, width)


def tables_of(counts: NDArray[Any], reach: int) -> TableSet:
    """Integer tables of the entropy coder for what `count_symbols` gives; `reach` is at most 255.

    No symbol is never seen again, so each counts one more.
    """
    seen = np.asarray(counts, np.float64) + 1.0
    width = seen.shape[1] + 1  # and an escape
    whole = np.ones((len(seen), width), np.int64)
    share = seen / seen.sum(axis=1, keepdims=True) * (TOTAL - width)
    whole[:, :-1] += np.floor(share).astype(np.int64)
    whole[np.arange(len(whole)), whole.argmax(axis=1)] += TOTAL - whole.sum(axis=1)
    return TableSet(whole.astype(np.uint32), np.full(len(whole), reach, np.uint8))
