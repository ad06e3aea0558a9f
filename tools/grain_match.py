"""How near grain comes to the noise that it stands for, by brightness.

    python -m tools.grain_match FOLDER... -o results/v0.2/grain.tsv

Noise that is known is added to each picture, white or with the variance slope * x + offset, and
rounded and clipped to 8 bits. Its noise model is made as `compress --denoise` makes it, and grain
is added to the clean picture. One row a picture and kind of noise: the standard deviation of the
grain over that of the noise, less 1, in percent, over bins of 32 levels of brightness in each
channel that hold a thousandth of it: the mean and the largest of the absolute values, weighted by
samples, and the mean of all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.codec.grain import WHOLE, factors, with_grain
from pellucid.denoising.noise_model import noise_model_of, sample_of
from pellucid.pixels import Box

NOISES = ((0.0, 25.0), (0.0, 100.0), (0.0, 625.0), (0.5, 4.0), (2.0, 9.0))  # slope, offset
HEADER = (
    "picture",
    "slope",
    "offset",
    "mean_percent",
    "worst_percent",
    "bias_percent",
)
BIN = 32
LEAST = 0.001  # of the samples of a channel

Samples = NDArray[np.uint8]


def noisy_of(clean: Samples, slope: float, offset: float) -> Samples:
    """The picture with noise."""
    variance = slope * clean.astype(np.float64) + offset
    noise = np.random.default_rng(1).standard_normal(clean.shape) * np.sqrt(variance)
    return np.rint(clean + noise).clip(0, 255).astype(np.uint8)


def errors_of(clean: Samples, noisy: Samples, grainy: Samples) -> tuple[float, float, float]:
    """Of the standard deviation over the bins: mean and largest absolute error, mean error."""
    found, weights = [], []
    for channel in range(clean.shape[2]):
        place = clean[..., channel] // BIN
        noise, grain = (
            each[..., channel].astype(np.float64) - clean[..., channel] for each in (noisy, grainy)
        )
        for level in np.unique(place):
            here = place == level
            if here.mean() >= LEAST:
                found.append(100 * (grain[here].std() / noise[here].std() - 1))
                weights.append(here.sum())
    mean, bias = (float(np.average(each, weights=weights)) for each in (np.abs(found), found))
    return mean, float(np.abs(found).max()), bias


def rows_of(path: Path) -> Iterator[tuple[object, ...]]:
    """The rows of a picture."""
    with Image.open(path) as image:
        clean = np.asarray(image.convert("RGB"))
    for slope, offset in NOISES:
        noisy = noisy_of(clean, slope, offset)
        model, grainy = noise_model_of(sample_of(noisy)), clean
        if model is not None:
            tables = factors(model, clean.dtype, WHOLE)
            grainy = with_grain(clean, model, tables, Box.whole(clean.shape))
        errors = (round(error, 2) for error in errors_of(clean, noisy, grainy))
        yield path.name, slope, offset, *errors


def main() -> None:
    """Write the rows and print their means."""
    parser = argparse.ArgumentParser(prog="python -m tools.grain_match", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    pictures = sorted(p for f in options.folders for p in f.iterdir() if p.suffix == ".png")
    rows = [row for path in pictures for row in rows_of(path)]
    lines = ["\t".join(map(str, row)) for row in (HEADER, *rows)]
    options.output.write_text("\n".join(lines) + "\n", "utf-8")
    for slope, offset in NOISES:
        part = [row for row in rows if row[1:3] == (slope, offset)]
        mean, worst, bias = np.array([row[3:] for row in part], np.float64).mean(axis=0)
        most = max(float(str(row[3])) for row in part)
        said = f"{mean:.1f} % (at most {most:.1f}), worst bin {worst:.1f}, bias {bias:+.1f}"
        print(f"{slope:g} x + {offset:g}: {said}")


if __name__ == "__main__":
    main()
