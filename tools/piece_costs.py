"""What a large picture costs in pieces: seconds of the plan, of pieces, and of joining them.

    python -m tools.piece_costs PICTURE [--pieces 16] [--coded 16] [quality=60 tile=512 ...]

The plan and the joining are serial, the pieces are not: so these are what more workers don't help
with. With fewer pieces `coded` than there are nothing is joined. All is done in one process;
PELLUCID_THREADS says on how many threads. Options are those of `compress`, as JSON.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pellucid import CompressOptions, Limits
from pellucid._api.pieces import code_piece, join_pieces, plan_pieces

NO_LIMIT = Limits(max_pixels=2**34, max_tiles=2**24)


def main() -> None:
    """Print a line for each step."""
    parser = argparse.ArgumentParser(prog="python -m tools.piece_costs", description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--pieces", type=int, default=16)
    parser.add_argument("--coded", type=int)
    parser.add_argument("options", nargs="*", metavar="NAME=VALUE")
    given = parser.parse_args()
    pairs = (pair.partition("=") for pair in given.options)
    asked = {name: json.loads(value) for name, _, value in pairs}
    options = CompressOptions(limits=NO_LIMIT, **asked)
    start = time.perf_counter()
    plan = plan_pieces(given.picture, options, given.pieces)
    if plan is None:
        sys.exit("pieces are of no use for this picture and these options")
    pixels = plan.header.width * plan.header.height / 1e6
    seconds, size = time.perf_counter() - start, len(pickle.dumps(plan))
    print(f"plan: {seconds:.2f} s for {pixels:.1f} megapixels, {size:,} bytes")
    with TemporaryDirectory(prefix="pellucid-") as folder:
        paths = []
        for piece in range(plan.pieces)[: given.coded]:
            start = time.perf_counter()
            paths.append(Path(folder) / str(piece))
            code_piece(given.picture, plan, piece, paths[-1])
            seconds, size = time.perf_counter() - start, paths[-1].stat().st_size
            own = sum(plan.header.tile_box(number).size for number in plan.numbers(piece)) / 1e6
            print(f"piece {piece}: {seconds:.2f} s for {own:.1f} megapixels, {size:,} bytes")
        if len(paths) == plan.pieces:
            start = time.perf_counter()
            join_pieces(plan, paths, Path(folder) / "all.pel")
            seconds, size = time.perf_counter() - start, (Path(folder) / "all.pel").stat().st_size
            print(f"join: {seconds:.2f} s for {size:,} bytes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of all: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
