"""Publishes outputs in groups until it is killed, as a worker does: `publishing.py TARGET SEED`.

Groups go on where the last process was cut off; what an output has in it follows from its place.
It says "begun", and then the places of each group that is published, one a line.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pellucid.scale.items import Row, State
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import Staged, Target

RUN = "run"
OUTPUTS, GROUP = 400, 5


def data_of(place: str) -> bytes:
    """What is written: up to 200 kB, always the same."""
    draw = random.Random(place)
    return draw.randbytes(draw.randrange(200_000))


def place_of(number: int) -> str:
    return f"{number % 7}/{number}.pel"


def publish_group(target: Target, numbers: list[int], folder: Path) -> list[str]:
    """Stage, write the receipt, publish; the receipt is left, as no client takes the rows.

    Returns the places.
    """
    receipts, outputs = Receipts(target, RUN), list[tuple[Row, Staged]]()
    for place in map(place_of, numbers):
        with target.staging(place, folder) as staged:
            staged.path.write_bytes(data_of(place))
        row = Row(place, State.DONE, place, 1, "0", staged.size, staged.sha256)
        outputs.append((row, staged))
    receipts.write(outputs)
    for _, staged in outputs:
        target.publish(staged, force=False)
    return [staged.place for _, staged in outputs]


def main() -> None:
    target, draw = Target(sys.argv[1]), random.Random(sys.argv[2])
    say("begun")
    missing = [n for n in range(OUTPUTS) if target.find(place_of(n)) is None]
    draw.shuffle(missing)
    with TemporaryDirectory() as folder:
        for start in range(0, len(missing), GROUP):
            say(*publish_group(target, missing[start : start + GROUP], Path(folder)))


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
