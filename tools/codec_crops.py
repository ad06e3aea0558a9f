"""The README's picture: one crop from files of equal size, pellucid beside WebP and AVIF.

    python -m tools.codec_crops --bytes 6000 -o docs/images/crops.png

The whole photograph is coded by each codec, in the best file of at most `--bytes`, and the same
crop of what comes back is shown, under it the codec and the bytes of its file. Nothing is chosen
for one codec: all have one limit, and WebP and AVIF have their slower settings and full colour
where they can (WebP is 4:2:0 always).
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tools.denoise_crops import cut, draw

import pellucid

SAMPLE = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
BOX = (115, 60, 200, 140)  # x, y, width, height: the eyes

Picture = NDArray[np.uint8]


def pellucid_within(picture: Picture, limit: int) -> bytes:
    """The file of model m that fits into `limit` bytes."""
    return pellucid.compress(picture, size=limit)


def pillow_within(picture: Picture, limit: int, **options: object) -> bytes:
    """The file of the highest quality, 0 to 100, that fits into `limit` bytes."""
    low, high, best = 0, 100, b""
    while low <= high:
        quality = (low + high) // 2
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, quality=quality, **options)  # type: ignore[arg-type]
        if len(buffer.getvalue()) <= limit:
            low, best = quality + 1, buffer.getvalue()
        else:
            high = quality - 1
    if not best:
        raise SystemExit(f"{options['format']} needs more than {limit} bytes")
    return best


def decoded(data: bytes) -> Picture:
    """What Pillow decodes from a file's bytes, as RGB."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, default=SAMPLE)
    parser.add_argument("--bytes", type=int, default=6000)
    parser.add_argument("--crop", type=int, nargs=4, default=BOX, metavar=("X", "Y", "W", "H"))
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    picture = decoded(options.picture.read_bytes())
    own = pellucid_within(picture, options.bytes)
    webp = pillow_within(picture, options.bytes, format="WEBP", method=6)
    avif = pillow_within(picture, options.bytes, format="AVIF", speed=6, subsampling="4:4:4")
    found = [
        ("original", options.picture.read_bytes(), picture),
        ("pellucid m", own, pellucid.decompress(own)),
        ("WebP, method 6", webp, decoded(webp)),
        ("AVIF, 4:4:4, speed 6", avif, decoded(avif)),
    ]
    panels = [
        (f"{label}: {len(data):,} bytes", cut(samples, tuple(options.crop)))
        for label, data, samples in found
    ]
    sheet = draw([panels[:2], panels[2:]], options.scale)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out, optimize=True)
    print(f"wrote {options.out}: {', '.join(label for label, _ in panels)}")


if __name__ == "__main__":
    main()
