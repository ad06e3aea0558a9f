"""`stream_file`: a clip from a source to a sink, frame by frame, in bounded memory.

    source -> read ahead on a thread -> prepared on another -> denoised -> written

What was done when it has to end early, by a broken source, a full disk or Ctrl-C, is kept as a file
that plays, and it is said what is missing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.denoising import NoiseEstimate
from pellucid.errors import InputError, OutputError
from pellucid.video.ahead import ahead_of
from pellucid.video.clip import ClipInfo, ClipSink, ClipSource, CutShort, Frame, clock
from pellucid.video.pace import Begun, Pace, Player, Way, ways
from pellucid.video.read import is_packet
from pellucid.video.stream import StreamOptions

AHEAD = 4  # frames and packets that are read before they are needed
PREPARED = 1  # frames that are prepared while one is worked on
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
class StreamResult:
    """What came of a clip.

    Attributes:
        info: of the source.
        progress: at its end.
        missing: what the output lacks, in words; empty if it is all there.
        remarks: what a person should know.
        early: what ended the work, if that wasn't the source; what was done is in the output.
    """

    info: ClipInfo
    progress: Progress
    missing: tuple[str, ...]
    remarks: tuple[str, ...]
    early: BaseException | None = None


def play(
    source: ClipSource,
    open_sink: Callable[[ClipInfo], ClipSink],
    options: StreamOptions,
    *,
    realtime: bool = False,
    paced: bool = False,
    told: State | None = None,
) -> StreamResult:
    """All of a clip.

    Args:
        open_sink: makes what the frames go to.
        realtime: keep up with the source, at the cost of quality.
        paced: hand out frames at the times that they have, as a camera would.
        told: is called after each frame.

    Raises what opening the sink raises, and what ends the work before there is a frame. What ends
    it later is in the result, and the sink has been finished as far as that could be done.
    """
    info = source.info
    sink = open_sink(info)
    progress = Progress(None if info.length is None else info.seconds(info.length))
    work = Work(info, sink, options, realtime, progress, told or (lambda _: None))
    early: BaseException | None = None
    try:
        with (
            closing(ahead_of(arrivals(source, paced), AHEAD)) as items,
            closing(ahead_of(map(work.begin, items), 0 if realtime else PREPARED)) as steps,
            ending(source),
        ):
            for step in steps:
                work.end(step)
    except BaseException as error:  # noqa: BLE001 - raised again below, but for a source's end
        early = error
    try:
        if not progress.frames:
            raise early or InputError("no frame of the clip could be decoded")
        sink.finish()
    except BaseException as error:
        sink.abandon()
        if not progress.frames:
            raise
        early = early if early is not None and not isinstance(early, CutShort) else error
    missing = lost_words(source.lost)
    if early is not None:
        what = str(early) if isinstance(early, Exception) else "stopped"
        most = "at most " if isinstance(early, OutputError) else ""
        kept = f"{most}{progress.frames} frames, to {clock(progress.position)}"
        missing = [f"{what}; what is written has {kept}", *missing]
    early = None if isinstance(early, CutShort) else early
    return StreamResult(info, progress, tuple(missing), (*info.remarks, *sink.remarks), early)


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
        progress.noise, progress.engine = self._play.noise, self._play.engine
        self._told(progress)

    def _interval(self, frame: Frame) -> float:
        """Seconds from the frame before to this one."""
        before, self._before = self._before, frame.timestamp
        ticks = self._info.ticks if before is None else max(1, frame.timestamp - before)
        return self._info.seconds(min(ticks, 4 * self._info.ticks))


def arrivals(source: ClipSource, paced: bool) -> Generator[tuple[Any, float], None, None]:
    """A source's items with the time when each came, or would have come."""
    start: float | None = None
    for item in source.items():
        now = time.perf_counter()
        if paced and not is_packet(item):
            at = source.info.seconds(item.timestamp)
            start = now - at if start is None else start
            time.sleep(max(0.0, start + at - now))
            now = start + at
        yield item, now


@contextmanager
def ending(source: ClipSource) -> Iterator[None]:
    """Tell the source when the block ends, so that it waits for nothing more."""
    try:
        yield
    finally:
        source.stopped.set()


def lost_words(lost: list[str]) -> list[str]:
    """Frames that couldn't be decoded, in a line."""
    if not lost:
        return []
    number = "1 frame" if len(lost) == 1 else f"{len(lost)} frames"
    return [f"{number} couldn't be decoded whole; the first: {lost[0]}"]
