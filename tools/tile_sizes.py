"""What smaller tiles cost in bytes, and what they do to the borders between them.

    python -m tools.tile_sizes FILE_OR_FOLDER... [--model m s] [--quality 20 50 60 80] \\
        [--tile 256 512 1024] [--megapixels 0] -o results/v0.2/tiles.tsv

One row for each picture of at least so many megapixels, model, quality and size of tiles: tiles,
bytes of the file without metadata, PSNR of the whole picture and of the samples at most 8 from a
border of a grid of 512 (the same places for all sizes), and the part of the picture that is in the
largest tile, which a damaged byte costs. Percent are printed against the largest size.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import pellucid
from pellucid.runtime import load_model

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
COLUMNS = ("width", "height", "model", "quality", "tile", "tiles", "bytes", "psnr", "psnr_borders")
HEADER = ("picture", *COLUMNS, "largest_part")
GRID, NEAR = 512, 8  # samples


def near_borders(height: int, width: int) -> NDArray[np.bool_]:
    """(H, W): whether a sample is at most `NEAR` from a border inside the grid of `GRID`."""
    lines = []
    for length in (height, width):
        to_border = np.abs((np.arange(length) + GRID / 2) % GRID - GRID / 2 + 0.5)
        inside = (np.arange(length) >= GRID / 2) & (np.arange(length) < length - NEAR)
        lines.append(inside & (to_border <= NEAR))
    return np.asarray(lines[0][:, None] | lines[1])


def rows_of(path: Path, options: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """The rows of a picture; none if it is smaller than asked for."""
    with Image.open(path) as image:
        if image.width * image.height < 1e6 * options.megapixels:
            return
        samples = np.asarray(image.convert("RGB"))
    height, width = samples.shape[:2]
    near = near_borders(height, width)
    for model in options.model:
        folder = load_model(model).folder
        for quality in options.quality:
            for tile in options.tile:
                file = pellucid.compress(samples, model=folder, quality=quality, tile=tile)
                error = np.square(samples.astype(np.float64) - pellucid.decompress(file))
                psnr, at_borders = (
                    round(float(10 * np.log10(255**2 / max(part.mean(), 1e-9))), 3)
                    for part in (error, error[near])
                )
                part = min(tile, height) * min(tile, width) / (height * width)
                about = (width, height, model, quality, tile, pellucid.info(file).tiles)
                yield path.name, *about, len(file), psnr, at_borders, round(part, 4)


def told(rows: list[tuple[object, ...]]) -> Iterator[str]:
    """For each model, quality and size: percent of bytes against the largest, and dB."""
    found = {row[:1] + row[3:6]: row for row in rows}
    largest = max(key[3] for key in found)  # type: ignore[type-var]
    for model, quality, tile in dict.fromkeys(key[1:] for key in found):
        pairs = [
            (row, found[key[0], model, quality, largest])
            for key, row in found.items()
            if key[1:] == (model, quality, tile)
        ]
        sizes = np.array([(row[7], base[7]) for row, base in pairs], float)
        off = 100 * (sizes[:, 0] / sizes[:, 1] - 1)
        total = 100 * (sizes[:, 0].sum() / sizes[:, 1].sum() - 1)
        whole, borders = (
            np.mean([float(str(row[at])) - float(str(base[at])) for row, base in pairs])
            for at in (8, 9)
        )
        yield (
            f"{model} quality {quality} tiles of {tile}: {off.mean():+.2f} % on average, worst "
            f"{off.max():+.2f}, all bytes {total:+.2f}; "
            f"PSNR {whole:+.3f} dB, at borders {borders:+.3f}"
        )


def main() -> None:
    """Write the rows and print what they say."""
    parser = argparse.ArgumentParser(prog="python -m tools.tile_sizes", description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--model", nargs="+", default=["m", "s"])
    parser.add_argument("--quality", nargs="+", type=int, default=[20, 50, 60, 80])
    parser.add_argument("--tile", nargs="+", type=int, default=[256, 512, 1024])
    parser.add_argument("--megapixels", type=float, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    files = [f for p in options.pictures for f in (sorted(p.iterdir()) if p.is_dir() else [p])]
    rows = [row for f in files if f.suffix in SUFFIXES for row in rows_of(f, options)]
    lines = ["\t".join(map(str, row)) for row in (HEADER, *rows)]
    options.output.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len({row[0] for row in rows})} pictures")
    print(*told(rows), sep="\n")


if __name__ == "__main__":
    main()
