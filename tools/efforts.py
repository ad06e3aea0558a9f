"""What efforts of the encoder save, and what they take.

    python -m tools.efforts FILE_OR_FOLDER... [--images 6] [--model m] [--quality 24 42 60 78] \\
        [--effort 0 4 9] -o results/v0.2/efforts.tsv

One row for each picture, quality and effort: bytes of the file without metadata, PSNR,
SSIMULACRA2, seconds to compress and seconds of all processors together. Rows are written as they
come. The BD-rate of each effort against the first is printed, and seconds a megapixel.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

import pellucid
from pellucid.evaluate.benches.compress_rows import bd_rate
from pellucid.evaluate.metrics import score
from pellucid.runtime import load_model

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
METRICS = ("psnr", "ssimulacra2")
HEADER = (
    *("picture", "megapixels", "model", "quality", "effort"),
    *("bytes", *METRICS, "seconds", "processor_seconds"),
)
Row = dict[str, float | str]


def rows_of(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """The rows of a picture."""
    with Image.open(path) as image:
        samples = np.asarray(image.convert("RGB"))
    size = samples.shape[0] * samples.shape[1] / 1e6
    model = load_model(options.model).folder
    for quality in options.quality:
        for effort in options.effort:
            start, used = time.perf_counter(), time.process_time()
            file = pellucid.compress(samples, model=model, quality=quality, effort=effort)
            seconds = time.perf_counter() - start, time.process_time() - used
            scores = score(samples, pellucid.decompress(file), METRICS)
            told = (len(file), *(scores[name] for name in METRICS), *(round(s, 2) for s in seconds))
            values = (path.name, round(size, 4), options.model, quality, effort, *told)
            yield dict(zip(HEADER, values, strict=True))


def curve(rows: list[Row], picture: str, effort: int, metric: str) -> list[tuple[float, float]]:
    """Bits a pixel and score of a picture at each quality."""
    own = [row for row in rows if (row["picture"], row["effort"]) == (picture, effort)]
    return [
        (8e-6 * float(row["bytes"]) / float(row["megapixels"]), float(row[metric])) for row in own
    ]


def told(rows: list[Row], efforts: list[int]) -> Iterator[str]:
    """BD-rate and time of each effort."""
    pictures = list(dict.fromkeys(str(row["picture"]) for row in rows))
    for effort in efforts:
        own = [row for row in rows if row["effort"] == effort]
        size = sum(float(row["megapixels"]) for row in own)
        wall, used = (sum(float(row[name]) for row in own) / size for name in HEADER[-2:])
        parts = [f"effort {effort}: {wall:.2f} s a megapixel, {used:.2f} of all processors"]
        for metric in METRICS if effort != efforts[0] else ():
            pairs = (
                [curve(rows, name, one, metric) for one in (efforts[0], effort)]
                for name in pictures
            )
            rates = [rate for pair in pairs if (rate := bd_rate(*pair)) is not None]
            low, middle, high = np.percentile(rates, (25, 50, 75))
            parts.append(
                f"{metric} {np.mean(rates):+.2f} % (quartiles {low:+.2f}, {middle:+.2f}, "
                f"{high:+.2f}, worst {max(rates):+.2f})"
            )
        yield "; ".join(parts)


def main() -> None:
    """Write the rows and print what they say."""
    parser = argparse.ArgumentParser(prog="python -m tools.efforts", description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--images", type=int, help="only the first N pictures")
    parser.add_argument("--model", default="m")
    parser.add_argument("--quality", nargs="+", type=int, default=[24, 42, 60, 78])
    parser.add_argument("--effort", nargs="+", type=int, default=[0, 4, 9])
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    files = [f for p in options.pictures for f in (sorted(p.iterdir()) if p.is_dir() else [p])]
    rows: list[Row] = []
    with options.output.open("w", encoding="utf-8") as out:
        out.write("\t".join(HEADER) + "\n")
        for path in islice((f for f in files if f.suffix in SUFFIXES), options.images):
            for row in rows_of(path, options):
                rows.append(row)
                out.write("\t".join(map(str, row.values())) + "\n")
                out.flush()
    sys.stdout.write("\n".join(told(rows, options.effort)) + "\n")


if __name__ == "__main__":
    main()
