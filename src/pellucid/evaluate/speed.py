"""Timing that both sides can trust: warm, repeated, medians, and interleaved.

All codecs take turns within one round, forwards in one and backwards in the next, so that a
machine that slows down or is shared for a while slows all of them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pellucid.errors import OptionError
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Peer, Rgb
from pellucid.evaluate.record import Result, Timing

TARGET_BPP = 0.75

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """Wall seconds of several runs of one task: their median and quartiles."""

    median: float
    low: float
    high: float


def spread_of(seconds: Sequence[float]) -> Spread:
    """Median and quartiles of at least one run."""
    middle = statistics.median(seconds)
    if len(seconds) == 1:
        return Spread(middle, middle, middle)
    low, _, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return Spread(middle, low, high)


def timed(task: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Wall seconds of one call."""
    start = clock()
    task()
    return clock() - start


def interleaved_medians(
    tasks: Mapping[str, Callable[[], object]],
    *,
    repeats: int,
    warmup: int = 1,
    rest: float = 0.0,
    clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """The medians of `interleaved`."""
    found = interleaved(tasks, repeats=repeats, warmup=warmup, rest=rest, clock=clock)
    return {name: spread.median for name, spread in found.items()}


def interleaved(
    tasks: Mapping[str, Callable[[], object]],
    *,
    repeats: int,
    warmup: int = 1,
    rest: float = 0.0,
    clock: Clock = time.perf_counter,
) -> dict[str, Spread]:
    """Wall seconds of each task over `repeats` rounds, after `warmup` rounds not counted.

    Before each run are `rest` seconds for threads of the one before, which may spin for a while.

    Raises:
        OptionError: `repeats` below 1.
    """
    if repeats < 1:
        raise OptionError(f"repeats must be at least 1, got {repeats}")
    times: dict[str, list[float]] = {name: [] for name in tasks}
    order = list(tasks)
    for number in range(warmup + repeats):
        for name in order if number % 2 == 0 else reversed(order):
            time.sleep(rest)
            seconds = timed(tasks[name], clock)
            if number >= warmup:
                times[name].append(seconds)
    return {name: spread_of(values) for name, values in times.items()}


def setting_near(rows: Iterable[Result], bpp: float = TARGET_BPP) -> float:
    """The setting of one codec's rows whose mean rate comes nearest to `bpp`.

    Raises:
        OptionError: no rows.
    """
    rates: dict[float, list[float]] = {}
    for row in rows:
        rates.setdefault(row.setting, []).append(row.bpp)
    if not rates:
        raise OptionError("no rows to choose a setting from; run the sweep first")
    return min(rates, key=lambda setting: abs(statistics.fmean(rates[setting]) - bpp))


def measure_speed(
    peers: Sequence[tuple[Peer, float]],
    image: str,
    rgb: Rgb,
    *,
    threads: int,
    repeats: int,
) -> list[Timing]:
    """One row a codec for one picture, with seconds of coding and decoding.

    Args:
        peers: codecs, each with the setting to time it at.
        image: the picture's name for the rows.
        rgb: HxWx3 uint8.
        threads: what the adapters were made with.
        repeats: rounds that count.
    """
    files = {peer.name: peer.encode(rgb, setting) for peer, setting in peers}
    tasks: dict[str, Callable[[], object]] = {}
    for peer, setting in peers:
        tasks["encode " + peer.name] = partial(peer.encode, rgb, setting)
        tasks["decode " + peer.name] = partial(peer.decode, files[peer.name])
    spreads = interleaved(tasks, repeats=repeats)
    height, width = rgb.shape[:2]
    return [
        Timing(
            codec=peer.name,
            setting=float(setting),
            image=image,
            width=width,
            height=height,
            bytes=len(files[peer.name]),
            bpp=round(8 * len(files[peer.name]) / (width * height), 6),
            psnr=round(psnr(rgb, peer.decode(files[peer.name])), 4),
            ms_ssim=None,
            ssimulacra2=None,
            encode_s=round((encode := spreads["encode " + peer.name]).median, 6),
            decode_s=round((decode := spreads["decode " + peer.name]).median, 6),
            threads=threads,
            repeats=repeats,
            versions=peer.version,
            encode_low=round(encode.low, 6),
            encode_high=round(encode.high, 6),
            decode_low=round(decode.low, 6),
            decode_high=round(decode.high, 6),
        )
        for peer, setting in peers
    ]
