"""One row a task, model and size of picture: DIR/size.tsv."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.evaluate.rows import Rows

TASKS = ("compress", "decompress", "denoise")
QUALITY = 60.0
SIGMA = 25.0


@dataclass(frozen=True, slots=True)
class SizeResult:
    """One task on one picture, in a process that did nothing else.

    `task` is compress, decompress or denoise; `data` names the pictures that the square was made
    of; `setting` is the quality, or sigma. `bytes` are those of the file, 0 for denoise. `seconds`
    is the median of `repeats` runs after a small one that isn't counted, between quartiles.
    `peak_mb` is the most resident memory, in millions of bytes, with Python and libraries;
    `base_mb` what that was before, with the picture or file loaded.
    """

    task: str
    model: str
    data: str
    width: int
    height: int
    setting: float
    bytes: int
    seconds: float
    seconds_low: float
    seconds_high: float
    peak_mb: float
    base_mb: float
    threads: int
    repeats: int
    version: str

    @property
    def megapixels(self) -> float:
        """Size of the picture in millions of pixels."""
        return self.width * self.height / 1e6


ROWS = Rows(SizeResult, "size.tsv")
