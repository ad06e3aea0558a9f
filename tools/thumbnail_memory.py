"""What Pillow takes for a thumbnail of a .pel file, beside the whole picture.

    python -m tools.thumbnail_memory [PHOTOGRAPH] [--megapixels 12]

The photograph, by default the sample that ships, is tiled to the size and compressed by models s
and m, and without loss; each file is opened in processes of its own. Peak memory is above that of
a process that has opened and decoded a small file.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import pellucid
from pellucid.evaluate.fresh import measure
from pellucid.plugins import pillow

SAMPLE = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
SIDE = 256  # of the thumbnail
KINDS: dict[str, dict[str, Any]] = {
    "s, quality 60": {"model": "s"},
    "m, quality 60": {"model": "m"},
    "lossless": {"lossless": True},
}


def prepare(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """Open an order's `file`, as a whole or as a thumbnail, after a small one."""
    pillow.register()
    path, small = Path(order["file"]), order["task"] == "thumbnail"

    def work(file: Any = path) -> None:
        with Image.open(file) as image:
            if small:
                image.thumbnail((SIDE, SIDE))
            image.load()

    work(BytesIO(Path(order["warm"]).read_bytes()))
    return work, lambda: path.stat().st_size


def tiled(path: Path, megapixels: float) -> np.ndarray[Any, Any]:
    """A photograph side by side with itself, 4:3."""
    with Image.open(path) as image:
        samples = np.asarray(image.convert("RGB"))
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    height = round(width * 3 / 4)
    times = (-(-height // samples.shape[0]), -(-width // samples.shape[1]), 1)
    return np.ascontiguousarray(np.tile(samples, times)[:height, :width])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photograph", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--megapixels", type=float, default=12)
    given = parser.parse_args()
    picture = tiled(given.photograph, given.megapixels)
    print(f"{picture.shape[1]} x {picture.shape[0]}\nkind\ttask\tbytes\tseconds\tpeak MB")
    with tempfile.TemporaryDirectory() as folder:
        file, warm = Path(folder, "a.pel"), Path(folder, "warm.pel")
        for kind, options in KINDS.items():
            file.write_bytes(pellucid.compress(picture, **options))
            warm.write_bytes(pellucid.compress(picture[:64, :64], **options))
            for task in ("whole", "thumbnail"):
                order = {"task": task, "file": str(file), "warm": str(warm)}
                found = measure("tools.thumbnail_memory:prepare", order)
                peak = found.peak_mb - found.base_mb
                print(f"{kind}\t{task}\t{found.size}\t{found.seconds[0]:.2f}\t{peak:.0f}")


if __name__ == "__main__":
    main()
