"""Multiply-adds a pixel of a model's networks, counted from the ONNX graphs.

    python -m tools.count_macs src/pellucid/models/m   # codecs and denoisers

`analysis` and `hyper_analysis` run only to compress, `synthesis` only to decompress, the two
integer networks both times. Only convolutions are counted, as is usual.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pellucid.evaluate.macs import SIDE, macs_per_pixel
from pellucid.runtime.denoiser import FILE as DENOISER

GRID = {f"{axis}{step}": SIDE // step for axis in "hw" for step in (8, 16, 64)}
COMPRESS = ("analysis", "hyper_analysis", "hyper_decoder", "spatial_prior")
DECOMPRESS = ("hyper_decoder", "spatial_prior", "synthesis")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Count multiply-adds a pixel of models.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="MODEL", help="a model's folder")
    for folder in parser.parse_args().folders:
        if (folder / DENOISER).exists():
            print(f"{folder.name}: {macs_per_pixel(folder / DENOISER) / 1e3:.2f} kMAC/px")
            continue
        counts = {
            name: macs_per_pixel(folder / f"{name}.onnx", GRID) for name in {*COMPRESS, *DECOMPRESS}
        }
        print(folder.name, {name: round(value) for name, value in sorted(counts.items())})
        print(f"  compress {sum(counts[name] for name in COMPRESS) / 1e3:.2f} kMAC/px")
        print(f"  decompress {sum(counts[name] for name in DECOMPRESS) / 1e3:.2f} kMAC/px")


if __name__ == "__main__":
    main()
