"""Compare ways of denoising many bands with a network of three: which bands go together.

    python -m tools.denoise_bands bands.npy [-o results/v0.1/denoise-bands.tsv]

Adds white noise of a fixed seed to each band of an (height, width, bands) array, `level` times the
band's own standard deviation and rounded to its type, and measures it anew by each way: nothing is
told. PSNR is over 5 standard deviations of the clean band, the mean of all bands.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid.denoising.bands import denoise_scaled
from pellucid.denoising.measure import measure
from pellucid.evaluate.benches.denoise_tools import BANDS, BandWay
from pellucid.runtime import load_denoiser

LEVELS = (0.1, 0.3)
PEAK = 5  # standard deviations of a band
SPARE = 20000  # added to all, so that noise isn't cut at 0
Samples = NDArray[Any]


def one_by_one(noisy: Samples) -> Samples:
    """Each band as a grey picture."""
    return np.stack([pellucid.denoise(noisy[..., c]) for c in range(noisy.shape[2])], axis=-1)


def in_order(noisy: Samples) -> Samples:
    """Threes as they lie, the last one with bands that have had their turn."""
    out, net = noisy.copy(), load_denoiser("m")
    sigmas = np.array([measure(noisy[..., c : c + 1]).sigma for c in range(noisy.shape[2])])
    for start in range(0, noisy.shape[2], 3):
        group = [min(start, noisy.shape[2] - 3) + n for n in range(3)]
        part = np.ascontiguousarray(noisy[..., group])
        out[..., group] = denoise_scaled(part, sigmas[group], 1.0, net)
    return out


WAYS: dict[str, Callable[[Samples], Samples]] = {
    "noisy": lambda noisy: noisy,
    "one by one": one_by_one,
    "threes in order": in_order,
    "threes alike (pellucid)": pellucid.denoise,
}


def quality(samples: Samples, clean: Samples) -> float:
    """Mean PSNR of the bands."""
    error = ((samples.astype(np.float64) - clean) ** 2).mean(axis=(0, 1))
    peak = PEAK * clean.std(axis=(0, 1))
    return float((10 * np.log10(peak**2 / error)).mean())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Ways to denoise many bands.")
    parser.add_argument("bands", type=Path, help=".npy file of uint16")
    parser.add_argument("--crop", type=int, default=384, help="samples a side, from the middle")
    parser.add_argument("-o", "--output", type=Path, help="a .tsv file")
    options = parser.parse_args()
    bands = np.load(options.bands, mmap_mode="r")
    top, left = (max(0, (side - options.crop) // 2) for side in bands.shape[:2])
    clean = bands[top:, left:][: options.crop, : options.crop].astype(np.float64) + SPARE
    rows: list[BandWay] = []
    for level in LEVELS:
        noise = np.random.default_rng(0).normal(0, level, clean.shape) * clean.std(axis=(0, 1))
        noisy = np.clip(np.rint(clean + noise), 0, 65535).astype(np.uint16)
        for way, run in WAYS.items():
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = quality(run(noisy), clean)
            seconds = time.perf_counter() - started
            named = (options.bands.stem, options.crop, level, way)
            rows.append(BandWay(*named, round(found, 2), round(seconds, 1)))
            print(rows[-1])
    if options.output is not None:
        BANDS.write(options.output, rows)


if __name__ == "__main__":
    main()
