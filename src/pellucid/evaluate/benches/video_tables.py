"""What `bench video` says: PSNR by kind of clip, gain over single frames, flicker, speed, costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from pellucid.evaluate import clips, runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.video_rows import (
    COST_ROWS,
    REAL,
    SPEED_ROWS,
    STILL,
    SWEEP,
    VideoCost,
    VideoResult,
    VideoTiming,
)
from pellucid.evaluate.peers.video import CLIP_DENOISERS, FRAMES
from pellucid.evaluate.table import NO_VALUE, Table, count, grouped, rate, signed

BENCH = "video"
RATIO_TO = ("nlmeans", "nlmeans_default")
SHORT = ("pellucid-s", "pellucid-s-fast", "pellucid-xs", "nlmeans", "hqdn3d")
ALL, MOVING = "all made clips", "moving"
MOVES = ("pan", "zoom", "rotate", "shake", "layers")
ORDER = (*clips.KINDS, MOVING, ALL, REAL)
HOW = (
    "PSNR in dB over RGB, the mean of a clip's frames, then of clips. White noise, new in each "
    "frame, clipped and rounded to 8 bits; every method is told sigma. A name that ends in -frames "
    "is the same denoiser with each frame alone. The filters of FFmpeg work "
    "on YUV 4:4:4 and are set to what was best on clips of other photographs. Made clips are "
    "views of photographs that are never enlarged: moving are pan, zoom, rotate, shake and layers."
)
FLICKER = (
    "Standard deviation of a sample over the last half of the frames of clips in which nothing "
    "moves, of 255, the mean over samples; beside the same denoiser frame by frame."
)
COSTS = (
    "White noise of sigma 10. File: the command, with the start of Python and H.264 both ways. "
    "Camera: frames come at a fixed rate; delay from when a frame is there until its clean one is. "
    "Long: memory of the whole process after the first frames, and at the end, in MB (10^6 bytes)."
)

Rows = Sequence[VideoResult]
Scores = Mapping[tuple[str, float, str], list[VideoResult]]  # kind, sigma, method


def report(folder: Path) -> list[Part]:
    """The whole report."""
    parts = [part for made in SECTIONS.values() if made != overview for part in made(folder)]
    if rows := SWEEP.load(folder):
        versions = grouped(rows, lambda row: row.method).items()
        said = {
            name: "; ".join(dict.fromkeys(row.version for row in own)) for name, own in versions
        }
        parts += ["## Methods", CLIP_DENOISERS.listed(said, runs.methods_of(folder, BENCH))]
    return parts


def by_kind(rows: Iterable[VideoResult]) -> dict[tuple[str, float], list[VideoResult]]:
    """Rows by kind, groups of kinds and strength; only of clips that all methods have."""
    found: dict[tuple[str, float], list[VideoResult]] = {}
    kept = list(rows)
    methods = {row.method for row in kept}
    for same in grouped(kept, lambda row: (row.data, row.kind, row.clip, row.sigma)).values():
        kind, sigma = same[0].kind, same[0].sigma
        if {row.method for row in same} != methods:
            continue
        groups = [kind, *([MOVING] if kind in MOVES else []), *([ALL] if kind != REAL else [])]
        for group in groups:
            found.setdefault((group, sigma), []).extend(same)
    return dict(sorted(found.items(), key=lambda item: (item[0][1], ORDER.index(item[0][0]))))


def mean(rows: Rows, method: str, column: str = "psnr") -> float:
    """Of a column of the rows of a method."""
    return fmean(getattr(row, column) for row in rows if row.method == method)


def quality(folder: Path) -> list[Part]:
    """A line a kind of clip and strength, a column a method."""
    if not (rows := SWEEP.load(folder)):
        return []
    names = CLIP_DENOISERS.in_order({row.method for row in rows})
    body = [
        [
            f"{kind}, sigma {sigma:g}",
            f"{len(own) // len(names)}",
            f"{mean(own, names[0], 'noisy_psnr'):.2f}",
            *(f"{mean(own, name):.2f}" for name in names),
        ]
        for (kind, sigma), own in by_kind(rows).items()
    ]
    frames = " or ".join(dict.fromkeys(f"{row.frames}" for row in rows))
    note = f"{HOW} Clips of {frames} frames."
    return [note, Table(["clips", "number", "noisy", *map(CLIP_DENOISERS.label, names)], body)]


def overview(folder: Path) -> list[Part]:
    """The README's table: PSNR of a few methods over all made clips, and frames a second."""
    rows = SWEEP.load(folder)
    means = {sigma: own for (kind, sigma), own in by_kind(rows).items() if kind == ALL}
    if not means:
        return []
    timed = {((row.width, row.height), row.method): row for row in SPEED_ROWS.load(folder)}
    sizes = sorted({size for size, _ in timed})
    measured = {row.method for row in rows}
    body = [
        [CLIP_DENOISERS.label(name)]
        + [f"{mean(own, name):.2f}" if name in measured else NO_VALUE for own in means.values()]
        + [rate(timed[size, name].rate) if (size, name) in timed else NO_VALUE for size in sizes]
        for name in SHORT
        if name in measured | {name for _, name in timed}
    ]
    noisy = ", ".join(f"{mean(own, rows[0].method, 'noisy_psnr'):.1f}" for own in means.values())
    clips_seen = max(len({(row.kind, row.clip) for row in own}) for own in means.values())
    header = [f"dB, sigma {sigma:g}" for sigma in means]
    note = (
        f"PSNR over {clips_seen} made clips, noisy {noisy} dB; every method is told sigma. Frames "
        f"a second{runs.where(folder, BENCH, SPEED_ROWS.file)}; fast is OpenVINO's bfloat16."
    )
    return [Table(["method", *header, *(f"{w} x {h}, frames/s" for w, h in sizes)], body), note]


def pairs(rows: Iterable[VideoResult]) -> list[tuple[str, str]]:
    """Denoisers over time, each with the same frame by frame, of which there are rows."""
    names = CLIP_DENOISERS.in_order({row.method for row in rows})
    return [(name, name + FRAMES) for name in names if name + FRAMES in names]


def gains(folder: Path) -> list[Part]:
    """Decibels over frame by frame, of all frames and of the last half."""
    rows = SWEEP.load(folder)
    if not (both := pairs(rows)):
        return []
    body = [
        [f"{kind}, sigma {sigma:g}"]
        + [
            signed(mean(own, name, column) - mean(own, alone, column))
            for name, alone in both
            for column in ("psnr", "late_psnr")
        ]
        for (kind, sigma), own in by_kind(rows).items()
    ]
    labels = [CLIP_DENOISERS.label(name) for name, _ in both]
    header = [f"{label}, {part}" for label in labels for part in ("all frames", "last half")]
    return [Table(["clips, dB over frame by frame", *header], body)]


def flicker(folder: Path) -> list[Part]:
    """A line a method, and the ratio to frame by frame."""
    still = [row for row in SWEEP.load(folder) if row.kind == STILL]
    if not still:
        return []
    alone = dict(pairs(still))
    groups = {sigma: own for (kind, sigma), own in by_kind(still).items() if kind == STILL}
    body = []
    for name in CLIP_DENOISERS.in_order({row.method for row in still}):
        cells = []
        for own in groups.values():
            value = mean(own, name, "flicker")
            beside = mean(own, alone[name], "flicker") if name in alone else None
            cells += [f"{value:.2f}", f"{value / beside:.2f}" if beside else NO_VALUE]
        body.append([CLIP_DENOISERS.label(name), *cells])
    header = [text for s in groups for text in (f"sigma {s:g}", f"/ frame by frame, {s:g}")]
    return [FLICKER, Table(["method", *header], body)]


def speed(folder: Path) -> list[Part]:
    """Frames a second of each method at each size, and how many times as fast as `nlmeans`."""
    if not (rows := SPEED_ROWS.load(folder)):
        return []
    sizes = sorted({(row.width, row.height) for row in rows})
    found = {(row.method, row.width, row.height): row for row in rows}
    body = []
    for name in CLIP_DENOISERS.in_order({row.method for row in rows}):
        cells = []
        for size in sizes:
            one = found.get((name, *size))
            cells.append(frames_a_second(one) if one else NO_VALUE)
            for other in RATIO_TO:
                peer = found.get((other, *size))
                cells.append(f"{one.rate / peer.rate:.2g}" if one and peer else NO_VALUE)
        body.append([CLIP_DENOISERS.label(name), *cells])
    beside = [f"/ {CLIP_DENOISERS.label(other)}" for other in RATIO_TO]
    header = [text for w, h in sizes for text in (f"{w} x {h}, frames/s", *beside)]
    one = rows[0]
    note = (
        f"Frames in memory to frames in memory, warm: medians of {count(one.repeats, 'run')}, "
        f"interleaved, quartiles in brackets; {one.frames} frames, sigma {one.sigma:g}, "
        f"{count(one.threads, 'thread')}{runs.where(folder, BENCH, SPEED_ROWS.file)}. Filters that "
        "PyAV lacks run in the program ffmpeg, and pipes and start take most of that time."
    )
    return [Table(["method", *header], body), note]


def frames_a_second(row: VideoTiming) -> str:
    """Median and quartiles."""
    low, high = (rate(row.frames / seconds) for seconds in (row.high, row.low))
    return f"{rate(row.rate)} ({low}–{high})"


def _or_none(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.0f}"


COLUMNS: dict[str, Callable[[VideoCost], str]] = {
    "task": lambda row: row.task,
    "model": lambda row: row.model,
    "size": lambda row: f"{row.width} x {row.height}",
    "frames": lambda row: f"{row.frames}",
    "frames/s": lambda row: rate(row.rate),
    "delay, median (ms)": lambda row: _or_none(row.delay),
    "95 % (ms)": lambda row: _or_none(row.delay_most),
    "memory, early (MB)": lambda row: _or_none(row.early_mb),
    "at the end (MB)": lambda row: _or_none(row.peak_mb),
}


def costs(folder: Path) -> list[Part]:
    """A line a task, model and size."""
    if not (rows := COST_ROWS.load(folder)):
        return []
    threads = " or ".join(dict.fromkeys(count(row.threads, "thread") for row in rows))
    where = runs.where(folder, BENCH, COST_ROWS.file)
    return [Table.of(rows, COLUMNS), f"{COSTS} {threads}{where}."]


SECTIONS: dict[str, Callable[[Path], list[Part]]] = {
    "overview-video": overview,
    "video": quality,
    "video-gain": gains,
    "video-flicker": flicker,
    "video-speed": speed,
    "video-costs": costs,
}
