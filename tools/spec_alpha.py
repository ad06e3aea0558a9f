"""The second decoder's part for alpha beside the learned layer, written from docs/format.md alone.

As in `spec_decoder.py`, whose colours it takes, and `spec_exact.py`, whose planes, nothing is
shared with the package. Section 15.

    python -m tools.spec_alpha photo.pel --model DIR --exact DIR [-o out.npy]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tools.spec_decoder import (
    Array,
    Header,
    PelError,
    check,
    decode_latents,
    read_chunks,
    read_model,
    reconstruct,
    tile_boxes,
    tile_payloads,
)
from tools.spec_exact import decode_tile


def alpha_tiles(data: bytes, header: Header, exact_dir: Path) -> list[Array]:
    """[h, w] of each tile of layer 4, by number; the rest of the file has been checked."""
    chunks = read_chunks(data)
    (identity,) = (chunk.payload for chunk in chunks if chunk.type == b"ALPH")
    check(len(identity) == 16, "ALPH is not 16 bytes long")
    model = read_model(exact_dir)
    check(identity == model.model_id, identity.hex(), "unknown model")
    boxes = tile_boxes(header)
    payloads = tile_payloads(header, chunks)[len(boxes) : 2 * len(boxes)]
    plane = header._replace(channels=1, alpha=0, layers=2)
    kind = f"{'i' if header.sample_type == 1 else 'u'}{header.bit_depth // 8}"
    return [
        decode_tile(model, plane, payload, h, w)[1][0].astype(f"<{kind}")
        for (_, _, w, h), payload in zip(boxes, payloads, strict=True)
    ]


def decode_picture(
    data: bytes, model_dir: str | Path, exact_dir: str | Path
) -> tuple[NDArray[Any], str]:
    """Samples [height, width, 1 to 4] of a learned file, and its fingerprint. Raises PelError."""
    latents = decode_latents(data, model_dir)
    header = latents.header
    tiles = alpha_tiles(data, header, Path(exact_dir)) if header.alpha == 1 else []
    colours = reconstruct(latents, model_dir)
    if not tiles:
        return colours, latents.sha256()
    alpha = np.zeros((header.height, header.width), colours.dtype)
    for (x, y, w, h), tile in zip(tile_boxes(header), tiles, strict=True):
        alpha[y : y + h, x : x + w] = tile
    return np.dstack([colours, alpha]), latents.sha256(b"".join(tile.tobytes() for tile in tiles))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Decode colours and alpha by the specification.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="the folder of the file's model")
    parser.add_argument("--exact", type=Path, required=True, help="the folder of the model `exact`")
    parser.add_argument("-o", "--output", type=Path, help="save the samples as .npy")
    options = parser.parse_args(arguments)
    try:
        samples, shown = decode_picture(options.file.read_bytes(), options.model, options.exact)
    except (PelError, OSError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    print(shown)
    if options.output is not None:
        np.save(options.output, samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
