"""`stream_file`: a clip from a source to a sink, frame by frame, in bounded memory.

    source -> read ahead on a thread -> prepared on another -> denoised -> written

To keep up with a source, frames are prepared and denoised by turns, as none is there ahead.
What was done when it has to end early, by a broken source, a full disk or Ctrl-C, is kept as a file
that plays, and it is said what is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from pellucid.errors import InputError, OutputError
from pellucid.video.ahead import ahead_of
from pellucid.video.clip import ClipInfo, ClipSink, ClipSource, CutShort, clock
from pellucid.video.read import is_packet
from pellucid.video.stream import StreamOptions
from pellucid.video.work import Progress, State, Work

AHEAD = 4  # frames and packets that are read before they are needed
PREPARED = 1  # frames that wait for the network, beside the one that is being prepared


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
        read = ahead_of(arrivals(source, paced), AHEAD, ending=source.stopped.set)
        prepared = 0 if realtime else PREPARED
        with closing(ahead_of(work.begun(read), prepared, ending=source.stopped.set)) as steps:
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


def lost_words(lost: list[str]) -> list[str]:
    """Frames that couldn't be decoded, in a line."""
    if not lost:
        return []
    number = "1 frame" if len(lost) == 1 else f"{len(lost)} frames"
    return [f"{number} couldn't be decoded whole; the first: {lost[0]}"]
