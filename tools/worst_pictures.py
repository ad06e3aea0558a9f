"""Pictures on which a model is far behind AVIF, and whether its transform or its coding is why.

    python -m tools.worst_pictures FOLDER... -o results/v0.2/worst-m.tsv [--model m] [--every 3]

One row for a picture, whose middle, reduced to half the sides, is measured:

    bd             rate at equal PSNR against AVIF's default (speed 6), in percent, + is more
    bd_low, _high  the same over the lower and the upper half of AVIF's rates
    top            PSNR at quality 100, in dB
    floor          PSNR at quality 100 without quantising, so of the transform alone
    floor_y, _cb, _cr   the same of luma and of each chroma
    detail_y, _c   root mean square of what a blur over 4 samples takes off luma, and chroma

The last lines of what is printed correlate `bd` with the others.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.bitstream import file_length
from pellucid.codec import header_of, look_at, psnr_of
from pellucid.codec.compress import analyse
from pellucid.codec.decompress import synthesise_window
from pellucid.codec.geometry import latents_of
from pellucid.evaluate.benches.compress_rows import bd_rate
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.pixels import Box
from pellucid.runtime import CodecModel, load_model

QUALITIES = (25, 45, 62, 78, 92)
SIDES = (448, 640)  # of the part that is measured, at most
TO_LUMA = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
COLUMNS: tuple[str, ...] = ("picture", "pixels", "bd", "bd_low", "bd_high", "top", "floor")
COLUMNS += ("floor_y", "floor_cb", "floor_cr", "detail_y", "detail_c")

Samples = NDArray[Any]


def middle_of(path: Path) -> Samples:
    """What is measured of a picture, (H, W, 3) uint8."""
    with Image.open(path) as image:
        samples = np.asarray(image.convert("RGB").reduce(2))
    top, left = ((side - most) // 2 for side, most in zip(samples.shape, SIDES, strict=False))
    return np.ascontiguousarray(samples[max(top, 0) :, max(left, 0) :][: SIDES[0], : SIDES[1]])


def curves(samples: Samples, model: CodecModel) -> tuple[list[Any], list[Any], float]:
    """(bits per pixel, dB) of AVIF and of the model, and the model's dB at quality 100."""
    picture, codec = look_at(samples, alpha=False), LOSSY.make("avif", 1)
    pixels = samples.shape[0] * samples.shape[1]
    ours, theirs, top = [], [], 0.0
    for quality in (*QUALITIES, 100):
        top, tiles = psnr_of(picture, model, header_of(picture, model, quality))
        ours.append((8 * file_length({}, map(len, tiles)) / pixels, top))
    for setting in codec.settings:
        (data,) = codec.encode(samples, setting)
        decoded = np.asarray(codec.decode((data,), samples.shape))  # type: ignore[arg-type]
        theirs.append((8 * len(data) / pixels, psnr(samples, decoded)))
    return theirs, ours[:-1], top


def unquantised(samples: Samples, model: CodecModel) -> Samples:
    """What synthesis makes of analysis at quality 100."""
    picture = look_at(samples, alpha=False)
    header, box = header_of(picture, model, 100), Box.whole(samples.shape)
    y = analyse(samples, model, 100, box)[None]
    return synthesise_window(box, latents_of(box), y, header, model)


def floors(samples: Samples, model: CodecModel) -> Iterator[float]:
    """dB of the transform alone: all, luma, both chromas."""
    off = unquantised(samples, model).astype(np.float64) - samples
    yield decibels(off)
    for row in TO_LUMA:
        yield decibels(off @ row)


def decibels(off: Samples) -> float:
    """PSNR of errors."""
    return 10 * math.log10(255**2 / max(float(np.square(off).mean()), 1e-9))


def details(samples: Samples) -> tuple[float, float]:
    """What a blur takes off luma, and chroma."""
    planes = np.moveaxis(samples @ TO_LUMA.T, 2, 0).astype(np.float32)
    found = []
    for plane in planes:
        image = Image.fromarray(plane)
        small = image.resize((image.width // 4, image.height // 4), Image.Resampling.BICUBIC)
        blurred = np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))
        found.append(float(np.square(plane - blurred).mean()))
    return math.sqrt(found[0]), math.sqrt(found[1] + found[2])


def row_of(path: Path, model: CodecModel) -> list[float | str | None]:
    """The row of a picture."""
    samples = middle_of(path)
    theirs, ours, top = curves(samples, model)
    half = len(theirs) // 2
    rates = [bd_rate(theirs, ours), bd_rate(theirs[: half + 1], ours), bd_rate(theirs[half:], ours)]
    return [
        path.name,
        samples.shape[0] * samples.shape[1],
        *(None if rate is None else round(rate, 2) for rate in rates),
        round(top, 2),
        *(round(value, 2) for value in floors(samples, model)),
        *(round(value, 2) for value in details(samples)),
    ]


def main() -> None:
    """Write the rows and print the worst pictures, and what goes with them."""
    parser = argparse.ArgumentParser(prog="python -m tools.worst_pictures", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", default="m")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    model = load_model(given.model)
    paths = [p for f in given.folders for p in sorted(f.iterdir())[:: given.every] if p.is_file()]
    rows = []
    with given.output.open("w", encoding="utf-8") as out:
        print(*COLUMNS, sep="\t", file=out)
        for path in paths:
            rows.append(row_of(path, model))
            print(*("" if v is None else v for v in rows[-1]), sep="\t", file=out, flush=True)
    told = [row for row in rows if row[2] is not None]
    values = np.array([row[2:3] + row[5:] for row in told], np.float64)
    low, middle, high = np.percentile(values[:, 0], (25, 50, 75))
    print(
        f"{len(told)} pictures: mean {values[:, 0].mean():+.1f} %, quartiles {low:+.1f}, "
        f"{middle:+.1f}, {high:+.1f}, worst {values[:, 0].max():+.1f}"
    )
    for row in sorted(told, key=lambda row: -float(row[2] or 0))[:8]:
        print("  ", *row)
    for name, column in zip(COLUMNS[5:], values.T[1:], strict=True):
        print(f"  correlation with {name}: {np.corrcoef(values[:, 0], column)[0, 1]:+.2f}")


if __name__ == "__main__":
    main()
