"""The second decoder's part for the source beside a base, written from docs/format.md alone.

As in `spec_exact.py`, whose planes it takes, nothing is shared with the package. Section 17.

    python -m tools.spec_kept photo.pel --exact DIR [-o out.npy]
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tools.spec_decoder import (
    PelError,
    check,
    check_order,
    read_chunks,
    read_header,
    read_kept,
    read_model,
    tile_boxes,
    tile_payloads,
)
from tools.spec_exact import decode_tile


def decode_source(data: bytes, exact_dir: str | Path) -> tuple[NDArray[Any], int]:
    """Samples [height, width, 1 to 4] of the source in a file, and their bound. Raises PelError."""
    chunks = read_chunks(data)
    header = read_header(chunks[0].payload)
    check_order(chunks)
    kept = read_kept(header, chunks)
    if kept is None:
        raise PelError("unknown feature", "no layer 3")
    identity, bound = kept
    boxes = tile_boxes(header)
    tiles = tile_payloads(header, chunks)[-len(boxes) :]
    model = read_model(Path(exact_dir))
    check(identity == model.model_id, identity.hex(), "unknown model")
    # The payload is that of layer 1, which has no bound, or of layer 2 behind its bound.
    alone, start = header._replace(layers=2), b""
    if bound:
        alone, start = header._replace(layers=4), struct.pack("<H", bound)
    dtype = f"{'i' if header.sample_type == 1 else 'u'}{header.bit_depth // 8}"
    samples = np.zeros((header.height, header.width, header.channels + header.alpha), dtype)
    for (x, y, w, h), payload in zip(boxes, tiles, strict=True):
        _, tile = decode_tile(model, alone, start + payload, h, w)
        samples[y : y + h, x : x + w] = tile.transpose(1, 2, 0)
    return samples, bound


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Decode a kept source by the specification alone.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--exact", type=Path, required=True, help="the folder of the model `exact`")
    parser.add_argument("-o", "--output", type=Path, help="save the samples as .npy")
    options = parser.parse_args(arguments)
    try:
        samples, _ = decode_source(options.file.read_bytes(), options.exact)
    except (PelError, OSError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    print(hashlib.sha256(samples.astype(samples.dtype.newbyteorder("<")).tobytes()).hexdigest())
    if options.output is not None:
        np.save(options.output, samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
