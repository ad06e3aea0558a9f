"""The rows of `bench video`: quality a clip, speed a size, and costs of commands."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.evaluate.rows import Rows

REAL, STILL = "real", "static"  # kinds of clips


@dataclass(frozen=True, slots=True)
class VideoResult:
    """One clip with noise of one strength, denoised once.

    `data` is the folder's name, `kind` that of the made clip or `real`, `clip` what it's of. PSNR
    in dB over RGB is the mean of all frames, before (`noisy_psnr`) and after (`psnr`), and after of
    the last half of them (`late_psnr`). `flicker`, of kind `static`, is the standard deviation of a
    sample over the last half of the frames, of 255, the mean over all samples. `seconds` is the
    wall time of a single run: don't quote it.
    """

    method: str
    data: str
    kind: str
    clip: str
    sigma: float
    frames: int
    width: int
    height: int
    noisy_psnr: float
    psnr: float
    late_psnr: float
    flicker: float | None
    seconds: float
    threads: int
    version: str


@dataclass(frozen=True, slots=True)
class VideoTiming:
    """Wall seconds of denoising `frames` frames in memory, warm: median and quartiles of `repeats`
    interleaved runs.
    """

    method: str
    data: str
    width: int
    height: int
    frames: int
    sigma: float
    seconds: float
    low: float
    high: float
    threads: int
    repeats: int
    version: str

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


@dataclass(frozen=True, slots=True)
class VideoCost:
    """What a task on `frames` frames takes in a process of its own.

    `seconds` are wall seconds of the task; `delay` and `delay_most` are the median and the 95th
    percentile of milliseconds between when a camera has a frame and when its clean one is there;
    `early_mb` and `peak_mb` the most resident memory, in millions of bytes, after the first frames
    and at the end. None where the task hasn't such.
    """

    task: str
    model: str
    width: int
    height: int
    frames: int
    seconds: float
    delay: float | None
    delay_most: float | None
    early_mb: float | None
    peak_mb: float | None
    threads: int
    version: str

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


SWEEP = Rows(VideoResult, "video-{method}.tsv", but=("video-speed.tsv", "video-costs.tsv"))
SPEED_ROWS = Rows(VideoTiming, "video-speed.tsv")
COST_ROWS = Rows(VideoCost, "video-costs.tsv")
