"""Crops from files of equal size, one codec beside the other.

    python -m tools.codec_crops --bytes 6000 -o docs/images/crops.png
    python -m tools.codec_crops --picture kodim07.png --crop 300 150 200 200 --bpp 0.12 0.25 0.5 1 \
        --codecs pellucid-m pellucid-m-eye avif jxl --metrics ssimulacra2 butteraugli \
        --columns 5 -o crops.png

The whole photograph is coded by each codec, in the best file of at most so many bytes, and the same
crop of what comes back is shown, under it the codec, the bytes of its file, and figures of the
whole picture. Nothing is chosen for one codec: all have one limit, and each has the options that
`bench compress` measures it with. The first is the README's picture. A model may also be named by
its folder, as `pellucid-FOLDER`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tools.denoise_crops import Panel, cut, draw

import pellucid
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers.base import Codec, kind_of
from pellucid.evaluate.peers.lossy import LOSSY

SAMPLE = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
BOX = (115, 60, 200, 140)  # x, y, width, height: the eyes
PEERS = ("pellucid-m-eye", "webp", "avif")
THREADS = 2
TRIES = 12  # of a setting that is no whole number: within 0.2 %

Picture = NDArray[np.uint8]


def largest_within(codec: Codec, picture: Picture, limit: int) -> bytes:
    """The largest file of at most `limit` bytes; empty if there is none.

    Qualities are whole numbers from 0 to 100; what isn't (a distance, a rate) is tried between four
    times beyond both ends of the codec's own settings.
    """
    first, last = codec.settings[0], codec.settings[-1]
    if all(setting == int(setting) for setting in codec.settings):
        places = np.linspace(0, 100, 101)
    else:
        ends = (first * 4, last / 4) if first > last else (first / 4, last * 4)
        places = np.geomspace(*ends, 2**TRIES)
    low, high, best = 0, len(places) - 1, b""
    while low <= high:
        middle = (low + high) // 2
        data = b"".join(codec.encode(picture, float(places[middle])))
        if len(data) <= limit:
            low, best = middle + 1, data
        else:
            high = middle - 1
    return best


def panels(
    codecs: list[Codec],
    picture: Picture,
    limit: int,
    box: tuple[int, int, int, int],
    metrics: list[str],
) -> list[Panel]:
    """A codec each: what it is called, its bytes, its figures; and the crop."""
    found: list[Panel] = []
    for codec in codecs:
        data, label = largest_within(codec, picture, limit), LOSSY.label(codec.name)
        if not data:
            white = np.full((box[3], box[2], 3), 255, np.float32)
            found.append((f"{label}: needs more than {limit:,} bytes", white))
            continue
        decoded = codec.decode((data,), kind_of(picture))
        figures = [
            f"{METRICS[m].label} {METRICS[m].function(picture, decoded):.1f}" for m in metrics
        ]
        lines = [f"{label}: {len(data):,} bytes", *([", ".join(figures)] if figures else [])]
        crop = cut(decoded.astype(np.float32), box)
        found.append(("\n".join(lines), crop))
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--picture", type=Path, default=SAMPLE)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--bytes", type=int)
    size.add_argument("--bpp", type=float, nargs="+", help="more than one for a row each")
    parser.add_argument("--codecs", nargs="+", default=PEERS, help="names of bench compress")
    parser.add_argument("--metrics", nargs="+", default=[], choices=METRICS, help="to be told")
    parser.add_argument("--crop", type=int, nargs=4, default=BOX, metavar=("X", "Y", "W", "H"))
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    with Image.open(options.picture) as image:
        picture = np.asarray(image.convert("RGB"))
    codecs = [LOSSY.make(name, THREADS) for name in options.codecs]
    box, stored = tuple(options.crop), options.picture.stat().st_size
    original = (f"original: {stored:,} bytes", cut(picture.astype(np.float32), box))
    pixels = picture.shape[0] * picture.shape[1]
    limits = [options.bytes] if options.bytes else [int(x * pixels / 8) for x in options.bpp]
    rows = []
    for limit in limits:
        row = [original, *panels(codecs, picture, limit, box, options.metrics)]
        rows += [row[at : at + options.columns] for at in range(0, len(row), options.columns)]
        print("; ".join(label.replace("\n", ", ") for label, _ in row[1:]), flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw(rows, options.scale).save(options.out, optimize=True)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
