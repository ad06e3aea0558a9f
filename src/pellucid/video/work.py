"""What is done with each item of a clip, a packet or a frame, and how far it is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.denoising import NoiseEstimate
from pellucid.video.clip import ClipInfo, ClipSink, Frame
from pellucid.video.pace import Begun, Pace, Player, Way, ways
from pellucid.video.read import is_packet
from pellucid.video.stream import StreamOptions

REMEMBERED = 5000  # frames whose delays are told


@dataclass
class Progress:
    """How far a clip is.

    Attributes:
        frames: written.
        seconds: since the start.
        position: seconds into the clip.
        length: seconds of it, if known.
        delays: seconds from a frame's arrival until it was written, of the last ones.
        noise: as measured.
        changes: of the way that frames go, with the number of the frame.
        skipped: frames left out to keep up.
        engine: what runs the network, and in which numbers.
    """

    length: float | None = None
    frames: int = 0
    seconds: float = 0.0
    position: float = 0.0
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    noise: NoiseEstimate | None = None
    changes: list[tuple[int, str]] = field(default_factory=list)
    skipped: int = 0
    engine: str | None = None

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds if self.seconds else 0.0

    def delay(self, share: float) -> float:
        """That which `share` of the frames stay below, in seconds."""
        return float(np.quantile(self.delays, share)) if self.delays else 0.0


State = Callable[[Progress], None]


@dataclass(frozen=True)
class Step:
    """An item of a source, a packet or a frame, that came at a time, and what was begun with it.

    Attributes:
        at: when the frame's work began.
        interval: seconds since the frame before.
        begun: None of a packet.
    """

    item: Any
    arrived: float
    at: float = 0.0
    interval: float = 0.0
    begun: Begun | None = None


class Work:
    """What is done with each item of a source, in two halves; each half in order."""

    def __init__(
        self,
        info: ClipInfo,
        sink: ClipSink,
        options: StreamOptions,
        realtime: bool,
        progress: Progress,
        told: State,
    ) -> None:
        self._info, self._sink, self._progress, self._told = info, sink, progress, told
        self._ways = ways(options.model) if realtime else [Way(options.model)]
        self._pace = Pace(len(self._ways)) if realtime else None
        self._play = Player(options, self._ways, info.white)
        if realtime:
            self._play.warm_up(np.zeros((info.height, info.width, info.channels), info.dtype))
        self._start = time.perf_counter()
        self._before: int | None = None
        self._first: int | None = None

    def begun(
        self, items: Generator[tuple[Any, float], None, None]
    ) -> Generator[Step | None, None, None]:
        """The first half of each item and the time when it came."""
        with closing(items):
            yield from map(self.begin, items)

    def begin(self, came: tuple[Any, float]) -> Step | None:
        """The first half; None of a frame that there is no time for."""
        item, arrived = came
        if is_packet(item):
            return Step(item, arrived)
        now, interval = time.perf_counter(), self._interval(item)
        if self._pace and self._pace.is_late(now - arrived, interval):
            return None
        begun = self._play.prepare(item.samples, self._pace.at if self._pace else 0)
        return Step(item, arrived, now, interval, begun)

    def end(self, step: Step | None) -> None:
        """The second half: a packet goes on as it is, a frame clean."""
        progress = self._progress
        if step is None:
            progress.skipped += 1
            return
        item = step.item
        if step.begun is None:
            self._sink.other(item)
            return
        clean = self._play.finish(step.begun)
        same = clean is item.samples
        self._sink.frame(item if same else Frame(clean, item.timestamp, item.duration))
        now = time.perf_counter()
        if self._pace and self._pace.took(now - step.at, step.interval, step.at - step.arrived):
            progress.changes.append((progress.frames, str(self._ways[self._pace.at])))
        progress.frames += 1
        progress.seconds = now - self._start
        self._first = item.timestamp if self._first is None else self._first
        progress.position = self._info.seconds(item.timestamp - self._first)
        progress.delays.append(now - step.arrived)
        progress.noise = step.begun.noise or progress.noise
        progress.engine = step.begun.denoiser.engine or progress.engine
        self._told(progress)

    def _interval(self, frame: Frame) -> float:
        """Seconds from the frame before to this one."""
        before, self._before = self._before, frame.timestamp
        ticks = self._info.ticks if before is None else max(1, frame.timestamp - before)
        return self._info.seconds(min(ticks, 4 * self._info.ticks))
