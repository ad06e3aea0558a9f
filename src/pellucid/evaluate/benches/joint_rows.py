"""The rows of `bench joint`, and how many bits one way saves where curves level off.

A codec that gets a noisy picture spends bits on noise; from some rate on its quality against the
clean picture rises no more, or falls. Then curves may share no range of qualities, and BD-rate has
nothing to say; the bits that another way takes at the best quality that this one reaches do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.evaluate.benches.compress_rows import Curve, Result, curves, rising
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.rows import Rows

COMMON_BPP = 0.85


@dataclass(frozen=True, slots=True)
class JointResult(Result):
    """One noisy picture coded once; metrics are against the clean one.

    `codec` is a way as in `peers.joint`, `data` the folder's name. `noisy_psnr` is that of the
    noisy picture. `denoise_s` are the wall seconds of the denoiser before the codec, once for all
    settings; `encode_s` comes on top of them, and is all of a joint way.
    """

    task: str = ""
    data: str = ""
    noisy_psnr: float = math.inf
    denoise_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JointTiming(JointResult):
    """A row of the speed table: medians of `repeats` runs, and their quartiles in seconds."""

    denoise_low: float = 0.0
    denoise_high: float = 0.0
    encode_low: float = 0.0
    encode_high: float = 0.0


SPEED_FILE = "joint-speed.tsv"
SWEEP = Rows(JointResult, "joint-{codec}.tsv", but=(SPEED_FILE,))
SPEED_ROWS = Rows(JointTiming, SPEED_FILE)


def bits_off(peer: Curve, own: Curve, most: float = math.inf) -> float | None:
    """Percent more (+) or fewer (-) bits of `own` at the PSNR that `peer` reaches.

    Args:
        most: bits per pixel that the peer may take; it takes fewer if its best PSNR costs fewer.

    Returns:
        None where `own` doesn't reach that PSNR, or the peer has no file so small. Where `own` is
        better at its smallest file, this counts, so that less is saved than could be.
    """
    known, new = rising(peer), rising(own)
    if not known or not new or known[0][0] > most:
        return None
    (rates, values), (own_rates, own_values) = np.transpose(known), np.transpose(new)
    rate = min(most, float(rates[-1]))
    quality = float(np.interp(math.log(rate), np.log(rates), values))
    if quality > own_values[-1]:
        return None
    taken = math.exp(float(np.interp(quality, own_values, np.log(own_rates))))
    return 100 * (taken / rate - 1)


def saved(
    rows: Sequence[JointResult], peer: str, own: str, most: float = math.inf
) -> Mapping[str, float]:
    """The same for each picture that has it."""
    theirs, ours = (curves(rows, name, METRICS["psnr"]) for name in (peer, own))
    found = {
        image: bits_off(theirs[image], ours[image], most)
        for image in sorted(theirs.keys() & ours.keys())
    }
    return {image: value for image, value in found.items() if value is not None}
