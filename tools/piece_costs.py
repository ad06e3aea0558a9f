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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pellucid import CompressOptions, Limits
from pellucid._api.pieces import code_piece, join_pieces, plan_pieces

NO_LIMIT = Limits(max_pixels=2**34, max_tiles=2**24)


@contextmanager
def timed(what: str) -> Iterator[list[str]]:
    """Prints how long the block took, with what it says in the list."""
    said: list[str] = []
    start, cpu = time.perf_counter(), time.process_time()
    yield said
    seconds, cores = time.perf_counter() - start, time.process_time() - cpu
    print(f"{what}: {seconds:.2f} s ({cores:.2f} s of cores), {', '.join(said)}")


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
    with timed("plan") as said:
        plan = plan_pieces(given.picture, CompressOptions(limits=NO_LIMIT, **asked), given.pieces)
        if plan is None:
            sys.exit("pieces are of no use for this picture and these options")
        size = plan.header.box.size / 1e6
        said += f"{size:.1f} megapixels", f"{len(pickle.dumps(plan)):,} bytes"
    with TemporaryDirectory(prefix="pellucid-") as folder:
        paths = [Path(folder) / str(piece) for piece in range(plan.pieces)[: given.coded]]
        for piece, path in enumerate(paths):
            with timed(f"piece {piece}") as said:
                code_piece(given.picture, plan, piece, path)
                own = sum(plan.header.tile_box(tile).size for tile in plan.numbers(piece)) / 1e6
                said += f"{own:.1f} megapixels", f"{path.stat().st_size:,} bytes"
        if len(paths) == plan.pieces:
            with timed("join") as said:
                result = join_pieces(plan, paths, Path(folder) / "all.pel")
                said += (f"{result.info.file_bytes:,} bytes",)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of all: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
