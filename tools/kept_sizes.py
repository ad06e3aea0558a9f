"""What a source costs behind its denoised picture, beside a lossless file of it alone.

    python -m tools.kept_sizes FOLDER [--sigma 10] [--images 6] -o results/v0.2/kept-noise.tsv

With a sigma, white noise is added to each picture, rounded and clipped to 8 bits; of a folder with
pictures called NAME_real.png these are taken as they are. One row a picture: bytes of the lossless
file, of the file with the source kept, and of what in that is the denoised picture's; and whether
the source came back bit for bit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import pellucid

HEADER = ("data", "picture", "sigma", "lossless", "kept", "base", "same")


def row_of(path: Path, sigma: float) -> tuple[object, ...]:
    """The row of a picture."""
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"))
    noise = np.random.default_rng(1).standard_normal(picture.shape) * sigma
    noisy = np.rint(picture + noise).clip(0, 255).astype(np.uint8)
    alone = pellucid.compress(noisy, lossless=True)
    kept = pellucid.compress(noisy, keep_noise=True)
    inside = pellucid.info(kept).kept_bytes or 0
    same = np.array_equal(pellucid.decompress(kept, which="source"), noisy)
    return path.parent.name, path.name, sigma, len(alone), len(kept), len(kept) - inside, int(same)


def main() -> None:
    """Write the rows and print their sum."""
    parser = argparse.ArgumentParser(prog="python -m tools.kept_sizes", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sigma", type=float, default=0.0)
    parser.add_argument("--images", type=int)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    pictures = sorted(options.folder.glob("*_real.png")) or sorted(options.folder.glob("*.png"))
    rows = [row_of(path, options.sigma) for path in pictures[: options.images]]
    known = options.output.read_text("utf-8").splitlines()[1:] if options.output.exists() else []
    lines = ["\t".join(map(str, row)) for row in rows]
    kept = [
        line for line in known if line.split("\t")[:3] not in [x.split("\t")[:3] for x in lines]
    ]
    options.output.write_text("\n".join(["\t".join(HEADER), *kept, *lines]) + "\n", "utf-8")
    alone, both = (sum(int(str(row[k])) for row in rows) for k in (3, 4))
    print(f"{len(rows)} pictures: {100 * (both / alone - 1):+.2f} % of the lossless file")


if __name__ == "__main__":
    main()
