"""Bytes and PSNR of both layers at high rates, and where the exact one is the better.

    python -m tools.high_rates FOLDER... -o results/v0.2/high-rates.tsv [--model m]

One row for each picture of the folders, layer and setting: a quality of the learned layer, or a
bound on the errors of the exact one (0 is lossless), with bytes without metadata, PSNR, SSIMULACRA2
and whether the picture is taken for a drawing (`pellucid/_api/trial.py`). With `--summary` the rows
of the TSV are only summed up.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

import pellucid
from pellucid._api.options import CompressOptions
from pellucid._api.trial import Trial
from pellucid.evaluate.metrics import psnr, ssimulacra2
from pellucid.pixels import open_image
from pellucid.runtime import load_model

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
COLUMNS = ("picture", "pixels", "drawn", "layer", "setting", "bytes", "psnr", "ssimulacra2")
QUALITIES = (60, 80, 90, 95, 100)
BOUNDS = (0, 1, 2, 3, 4, 6, 8)
LEARNED, EXACT = "learned", "exact"

Row = tuple[str, int, int, str, int, int, float, float]
Costs = dict[int, "Cost"]


class Cost(NamedTuple):
    """Of a file."""

    size: int
    psnr: float
    score: float


def rows_of(path: Path, model: str) -> Iterator[Row]:
    """The rows of a picture."""
    with Image.open(path) as image:
        samples = np.asarray(image.convert("RGB"))
    folder = load_model(model).folder
    with open_image(samples) as source:
        drawn = Trial(source, CompressOptions(model=folder)).drawn
    pixels = samples.shape[0] * samples.shape[1]
    for layer, settings in ((LEARNED, QUALITIES), (EXACT, BOUNDS)):
        for setting in settings:
            options: dict[str, Any] = {"quality": setting, "model": folder}
            options = options if layer == LEARNED else {"max_error": setting}
            data = pellucid.compress(samples, **options)
            back = pellucid.decompress(data)
            scores = round(psnr(samples, back), 3), round(ssimulacra2(samples, back), 3)
            yield path.name, pixels, int(drawn), layer, setting, len(data), *scores


def read(path: Path) -> Iterator[Row]:
    """The rows of a TSV file."""
    for line in path.read_text("utf-8").splitlines()[1:]:
        name, *numbers, layer, setting, size, decibels, score = line.split("\t")
        pixels, drawn = map(int, numbers)
        yield name, pixels, drawn, layer, int(setting), int(size), float(decibels), float(score)


def summary(rows: list[Row]) -> Iterator[str]:
    """Lines that say how far the learned layer goes, and where the exact one is better."""
    learned: dict[str, Costs] = defaultdict(dict)
    exact: dict[str, Costs] = defaultdict(dict)
    pixels = {row[0]: row[1] for row in rows}
    for name, _, _, layer, setting, size, decibels, score in rows:
        (learned if layer == LEARNED else exact)[name][setting] = Cost(size, decibels, score)
    drawn = {row[0] for row in rows if row[2]}
    for kind, names in (("photographs", pixels.keys() - drawn), ("drawings", drawn)):
        if not names:
            continue
        yield f"{len(names)} {kind}"
        for layer, costs, settings in ((LEARNED, learned, QUALITIES), (EXACT, exact, BOUNDS)):
            for setting in settings:
                own = [costs[name][setting] for name in names]
                bpp = np.mean([8 * costs[name][setting].size / pixels[name] for name in names])
                middle = [np.median(values) for values in zip(*own, strict=True)]
                ends = f"{min(c.psnr for c in own):.1f} to {max(c.psnr for c in own):.1f}"
                scores = f"{middle[1]:.1f} dB ({ends}), SSIMULACRA2 {middle[2]:.1f}"
                yield f"  {layer} {setting}: {bpp:.2f} bpp, {scores}"
        for quality in QUALITIES:
            given = [learned[name][quality] for name in names]
            pairs = zip(given, (beating(learned[n][quality], exact[n]) for n in names), strict=True)
            won = [(a, b) for a, b in pairs if b is not None]
            yield f"  quality {quality}: an exact file of no lower PSNR is smaller for {len(won)}"
            if won:
                saved = np.mean([100 * (b.size / a.size - 1) for a, b in won])
                gained = np.mean([b.score - a.score for a, b in won])
                yield f"    by {saved:.1f} % on average, SSIMULACRA2 {gained:+.1f}"


def beating(given: Cost, exact: Costs) -> Cost | None:
    """The smallest exact file of no lower PSNR and fewer bytes."""
    fine = [cost for cost in exact.values() if cost.psnr >= given.psnr and cost.size < given.size]
    return min(fine, key=lambda cost: cost.size, default=None)


def main() -> None:
    """Write the rows, one picture after the other, and print the summary."""
    parser = argparse.ArgumentParser(prog="python -m tools.high_rates", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--model", default="m")
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    if not given.summary:
        paths = sorted(p for f in given.folders for p in f.iterdir() if p.suffix in SUFFIXES)
        with given.output.open("w", encoding="utf-8") as out:
            print(*COLUMNS, sep="\t", file=out)
            for path in paths:
                for row in rows_of(path, given.model):
                    print(*row, sep="\t", file=out, flush=True)
    print(*summary(list(read(given.output))), sep="\n")


if __name__ == "__main__":
    main()
