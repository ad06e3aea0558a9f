"""Adds to a manifest and records in a loop until it is killed: `recording.py MANIFEST`.

It says what it has recorded, each time after it is on the disk.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from manifests import done, failed, items, opened, output
from pellucid.scale.items import Made

GROUP = 5  # that are recorded together, of which one fails


def main() -> None:
    with opened(Path(sys.argv[1]), resume=True) as manifest:
        start = manifest.counts().total
        while True:
            manifest.add(items(40, start), output)
            start += 40
            for _ in range(4):
                taken = manifest.take(GROUP)
                made = Made({"group": taken[-1].url})
                rows = [replace(done(one), made=made) for one in taken[1:]]
                manifest.record([failed(taken[0]), *rows])
                sys.stdout.write(f"{taken[-1].url}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
