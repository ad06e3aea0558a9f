"""Where a model's bits and errors are, by how busy blocks are, beside AVIF at equal PSNR.

    python -m tools.edge_bits PICTURE... -o results/v0.2/worst-m-bits.tsv [--model m]

One row for each picture (its middle, as in `tools.worst_pictures`), quality and kind of block of
16 x 16, by the standard deviation of its samples: flat below 1.5, soft below 6, mid below 20, busy.
`area` and `bits` are the parts of all blocks and of the bits of y, `hyper` is that of z in the
file; `square` and `square_avif` are mean squared errors there, `bpp` and `bpp_avif` of whole files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tools.worst_pictures import Samples, middle_of

import pellucid
from pellucid.bitstream import PelFile
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.explaining import bit_map
from pellucid.runtime import load_model

QUALITIES = (45, 78)
KINDS = {"flat": 1.5, "soft": 6.0, "mid": 20.0, "busy": np.inf}
SIDE = 16
COLUMNS: tuple[str, ...] = ("picture", "quality", "psnr", "bpp", "bpp_avif", "hyper")
COLUMNS += ("kind", "area", "bits", "square", "square_avif")

Row = tuple[str | int | float, ...]


def blocks_of(samples: Samples) -> Samples:
    """(rows, columns, values, channels) of whole blocks."""
    rows, columns = samples.shape[0] // SIDE, samples.shape[1] // SIDE
    whole = samples[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE, -1)
    channels = samples.shape[2]
    values = whole.transpose(0, 2, 1, 3, 4).reshape(rows, columns, -1, channels)
    return np.asarray(values, np.float64)


def avif_like(samples: Samples, wanted: float) -> tuple[int, Samples]:
    """Bytes and samples of the smallest AVIF that has a PSNR, or of the best."""
    codec, low, high = LOSSY.make("avif", 1), 0, 100
    found: tuple[int, Samples] = (0, samples)
    while low < high:
        middle = (low + high) // 2
        (data,) = codec.encode(samples, middle)
        back = np.asarray(codec.decode((data,), samples.shape))  # type: ignore[arg-type]
        if psnr(samples, back) >= wanted:
            high, found = middle, (len(data), back)
        else:
            low = middle + 1
    return found


def rows_of(path: Path, model: str) -> Iterator[Row]:
    """The rows of a picture."""
    samples = middle_of(path)
    pixels = samples.shape[0] * samples.shape[1]
    spread = np.sqrt(blocks_of(samples).var(axis=2).mean(axis=2))
    for quality in QUALITIES:
        data = pellucid.compress(samples, quality=quality, model=load_model(model).folder)
        back = pellucid.decompress(data)
        score = psnr(samples, back)
        size, theirs = avif_like(samples, score)
        bits = bit_map(PelFile.parse(data), load_model(model))
        places = bits.latents[: spread.shape[0], : spread.shape[1]]
        ours, other = (
            np.square(blocks_of(s.astype(np.float64) - samples)).mean(axis=(2, 3))
            for s in (back, theirs)
        )
        hyper = float(bits.hyper.sum() / bits.total)
        rates = (round(score, 2), *(round(8 * n / pixels, 4) for n in (len(data), size)))
        least = 0.0
        for kind, most in KINDS.items():
            inside, least = (spread >= least) & (spread < most), most
            if inside.any():
                parts = inside.mean(), places[inside].sum() / places.sum()
                squares = ours[inside].mean(), other[inside].mean()
                told = (round(float(value), 3) for value in (*parts, *squares))
                yield path.name, quality, *rates, round(hyper, 3), kind, *told


def main() -> None:
    """Write the rows, and print them."""
    parser = argparse.ArgumentParser(prog="python -m tools.edge_bits", description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--model", default="m")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    rows = [row for path in given.pictures for row in rows_of(path, given.model)]
    lines = ["\t".join(map(str, row)) for row in (COLUMNS, *rows)]
    given.output.write_text("\n".join(lines) + "\n", "utf-8")
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
