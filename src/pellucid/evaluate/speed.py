"""Timing that both sides can trust: warm, repeated, medians, and interleaved.

All codecs take turns within one round, forwards in one and backwards in the next, so that a
machine that slows down or is shared for a while slows all of them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from pellucid.errors import OptionError
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Peer, Rgb
from pellucid.evaluate.record import Result

TARGET_BPP = 0.75

Clock = Callable[[], float]


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
    """Median wall seconds of each task over `repeats` rounds, after `warmup` rounds not counted.

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
    return {name: statistics.median(values) for name, values in times.items()}


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
) -> list[Result]:
    """One row a codec for one picture, with median seconds of coding and decoding.

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
    seconds = interleaved_medians(tasks, repeats=repeats)
    height, width = rgb.shape[:2]
    return [
        Result(
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
            encode_s=round(seconds["encode " + peer.name], 6),
            decode_s=round(seconds["decode " + peer.name], 6),
            threads=threads,
            repeats=repeats,
            versions=peer.version,
        )
        for peer, setting in peers
    ]
