"""js/ decodes what this pellucid writes today, to the same fingerprint, in Node."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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


def repeating(count: int) -> Iterator[bytes]:
    """Of random areas and slopes in few steps, whose passes are counted, of every kind."""
    rng = np.random.default_rng(count)
    for _ in range(count):
        dtype, planes = rng.choice(["uint8", "uint16", "int16"]), rng.integers(1, 5)
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        y, x = np.mgrid[: 1 + rng.integers(130), : 1 + rng.integers(130)]
        field = rng.choice([0, 3, 20]) * np.sin(x / 17) * np.cos(y / 13)
        for value in range(rng.integers(1, 30)):
            size, slope = rng.integers(1, 60), rng.integers(-2, 3) / 40
            near = abs(y - rng.integers(130)) + abs(x - rng.integers(130)) < size
            field = np.where(near, value + slope * y, field)
        shades = np.stack([field, field[::-1], field / 2, -field], axis=-1)[..., :planes]
        few = rng.normal(0, rng.choice([0, 0.1, 0.3]), (*field.shape, 1))
        numbers = np.rint(shades[..., rng.integers(0, planes, planes)] + few).astype(int)
        if rng.integers(3) == 0:
            numbers = rng.permutation(256)[numbers % 256]
        step = rng.choice([1, 7, (high - low) // 80])
        picture = np.clip(numbers * step + (low + high) // 2, low, high).astype(dtype)
        options: dict[str, Any] = {"tile": int(rng.choice([64, 256]))}
        if rng.integers(3) == 0:
            options["nodata"] = int(picture[0, 0, 0])
        if rng.integers(4) == 0:
            options["guide"] = (picture[..., :1] // 2 % 5).astype(rng.choice(["uint8", dtype]))
        yield pellucid.compress(picture, max_error=int(rng.choice([0, 0, 0, 1, 30])), **options)


@pytest.mark.parametrize("made", [files, lambda: repeating(16)], ids=["every", "repeating"])
def test_fingerprints(tmp_path: Path, made: Callable[[], Iterator[bytes]]) -> None:
    wanted, names = [], []
    for number, data in enumerate(made()):
        names.append(str(tmp_path / f"{number}.pel"))
        Path(names[-1]).write_bytes(data)
        wanted.append(pellucid.info(data, latents=True).latents_sha256)
    command = [node(), str(JS / "test" / "fingerprints.ts"), *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    assert done.stdout.split() == wanted
