"""js/ decodes what this pellucid writes today, to the same fingerprint, in Node."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import pellucid
from browser import JS, node
from waves import smooth


def files() -> Iterator[bytes]:
    """Of every type and kind, in odd sizes."""
    for dtype, planes in (("uint8", 3), ("uint8", 4), ("uint16", 1), ("uint16", 6), ("int16", 2)):
        for number, (height, width) in enumerate([(1, 7), (9, 1), (70, 131), (2, 530)]):
            picture = smooth(dtype, height, width, planes)
            yield pellucid.compress(picture, max_error=(0, 1, 2, 300)[(planes + number) % 4])
    deep = smooth("uint16", 165, 150, 1)
    deep[:40] = np.random.default_rng(1).integers(0, 65536, (40, 150, 1))
    yield from (pellucid.compress(deep, max_error=bound) for bound in (0, 1, 16383))
    holes = np.where(deep < 20000, 0, deep // 700 * 700)
    yield from (pellucid.compress(holes, max_error=bound, nodata=0) for bound in (0, 900))
    yield pellucid.compress(smooth("uint8", 40, 60, 3) // 90 * 90, lossless=True)
    floats = smooth("uint16", 40, 50, 2) / 65535 - 0.3
    floats[3, 4], floats[5, 5], floats[0, 0] = np.nan, -np.inf, -0.0
    for kind in (np.float16, np.float32):
        yield from (pellucid.compress(floats.astype(kind), max_error=e) for e in (0, 0.01))
        yield pellucid.compress(np.round(floats, 2).astype(kind), lossless=True)
    yield pellucid.compress(smooth("uint8", 100, 70, 3), quality=50, model="s")


def test_fingerprints(tmp_path: Path) -> None:
    made = dict(enumerate(files()))
    for number, data in made.items():
        (tmp_path / f"{number}.pel").write_bytes(data)
    names = [str(tmp_path / f"{number}.pel") for number in made]
    command = [node(), str(JS / "test" / "fingerprints.ts"), *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    wanted = [pellucid.info(data, latents=True).latents_sha256 for data in made.values()]
    assert done.stdout.split() == wanted
