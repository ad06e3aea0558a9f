"""What lines of one colour along the edges cost when they are coded, and when they are drawn.

    python -m tools.edge_lines FOLDER... [--model m] [--quality 20 50 80] -o results/v0.2/edges.tsv

One row for each picture of the folders that has such lines, and each quality: bytes of the tiles,
with the chunk where the lines are drawn (`docs/format.md`, section 16), and the PSNR of the whole
picture. Bytes of the header are the same and left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from pellucid.bitstream.chunk import CHUNK_OVERHEAD
from pellucid.codec import header_of, look_at
from pellucid.codec.picture import Picture
from pellucid.codec.targets import psnr_of
from pellucid.runtime import CodecModel, load_model

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
HEADER = ("picture", "lines", "quality", "bytes_coded", "bytes_drawn", "psnr_coded", "psnr_drawn")


@dataclass(frozen=True)
class Cost:
    """Bytes and dB of a picture at a quality."""

    size: int
    psnr: float


def cost_of(picture: Picture, model: CodecModel, quality: int) -> Cost:
    """What the tiles of a picture take, with its chunk EDGE if it has one."""
    header = header_of(picture, model, quality)
    psnr, tiles = psnr_of(picture, model, header)
    size = sum(map(len, tiles))
    if picture.edges is not None:
        size += CHUNK_OVERHEAD + len(picture.edges.pack(header))
    return Cost(size, psnr)


def rows_of(path: Path, model: CodecModel, qualities: list[int]) -> Iterator[tuple[object, ...]]:
    """The rows of a picture; none if it has no such lines."""
    with Image.open(path) as image:
        samples = np.asarray(image.convert("RGB"))
    drawn = look_at(samples, alpha=False)
    if drawn.edges is None:
        return
    coded = replace(drawn, edges=None)
    lines = ",".join(map(str, drawn.edges.widths))
    for quality in qualities:
        before, after = (cost_of(one, model, quality) for one in (coded, drawn))
        scores = (round(before.psnr, 3), round(after.psnr, 3))
        yield path.name, lines, quality, before.size, after.size, *scores


def main() -> None:
    """Write the rows and print how many bytes are saved on the whole."""
    parser = argparse.ArgumentParser(prog="python -m tools.edge_lines", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", default="m")
    parser.add_argument("--quality", nargs="+", type=int, default=[20, 50, 80])
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    model = load_model(options.model)
    pictures = sorted(p for f in options.folders for p in f.iterdir() if p.suffix in SUFFIXES)
    rows = [row for path in pictures for row in rows_of(path, model, options.quality)]
    lines = ["\t".join(map(str, row)) for row in (HEADER, *rows)]
    options.output.write_text("\n".join(lines) + "\n", "utf-8")
    for quality in options.quality:
        part = [100 * (int(str(r[4])) / int(str(r[3])) - 1) for r in rows if r[2] == quality]
        said = f"{np.mean(part):.1f} % on average, {min(part):.1f} .. {max(part):.1f}"
        print(f"quality {quality}: {said}, {len(part)} of {len(pictures)} pictures have lines")


if __name__ == "__main__":
    main()
