"""What the bench asks of a codec. An adapter fulfils it in one small file."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]  # HxWx3


class Peer(Protocol):
    """A codec at one fixed configuration, with one number to turn.

    `settings` run from the smallest file to the biggest and span about 0.1 to 2 bits per pixel on
    photographs. `threads` says what the thread count reaches and what it can't.
    """

    @property
    def name(self) -> str:
        """Short, stable, as in the TSV and on the command line."""

    @property
    def settings(self) -> tuple[float, ...]:
        """The points of the sweep, in order of size."""

    @property
    def version(self) -> str:
        """Libraries, their versions and fixed options: rows with another text are stale."""

    @property
    def threading(self) -> str:
        """How many threads each side really uses."""

    def encode(self, rgb: Rgb, setting: float) -> bytes:
        """An HxWx3 uint8 picture to a whole file in memory."""

    def decode(self, data: bytes) -> Rgb:
        """A file in memory to an HxWx3 uint8 picture."""
