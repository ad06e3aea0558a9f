"""js/ decodes random parts of files of every kind to what Python does, in Node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from browser import JS, node
from waves import smooth

Array = np.ndarray[Any, np.dtype[Any]]

LEARNED = ("rgb", "grey", "edges", "deep_edges", "alpha", "deep_alpha", "kept", "noisy")
MOST = {"uint8": 1, "uint16": 4, "int16": 4}  # levels between two machines' networks


def framed(picture: Array, colour: int) -> Array:
    """With lines of one colour along the edges."""
    out = np.full_like(picture, colour)
    out[7:-5, 3:-2] = picture[7:-5, 3:-2]
    return out


def holed(picture: Array, transparent: int, opaque: int) -> Array:
    """Whose last channel hides a part and shows another wholly."""
    out = picture.copy()
    out[:40, :, -1], out[:, 100:, -1] = transparent, opaque
    return out


def noisy(dtype: str, sigma: float, *shape: int) -> Array:
    high = np.iinfo(dtype).max
    noise = np.random.default_rng(3).normal(0, sigma, shape)
    made: Array = np.clip(np.rint(smooth(dtype, *shape) + noise), 0, high).astype(dtype)
    return made


def learned() -> dict[str, bytes]:
    deep, kept = noisy("uint16", 3000, 120, 130, 1), noisy("uint8", 18, 150, 130, 3)
    frames = framed(smooth("int16", 130, 140, 3), -32768)
    made = {
        "rgb": pellucid.compress(smooth("uint8", 150, 203, 3), model="s", tile=64),
        "grey": pellucid.compress(smooth("uint8", 70, 203, 1)[..., 0], quality=40, model="m"),
        "edges": pellucid.compress(framed(smooth("uint8", 130, 203, 3), 0), model="s"),
        "deep_edges": pellucid.compress(frames, model="s"),
        "alpha": pellucid.compress(holed(smooth("uint8", 150, 140, 4), 0, 255), model="s", tile=64),
        "deep_alpha": pellucid.compress(holed(smooth("int16", 90, 140, 4), -5, 32767), model="s"),
        "kept": pellucid.compress(kept, model="s", denoise="auto", keep_noise=True, tile=64),
        "noisy": pellucid.compress(deep[..., 0], model="s", denoise="auto"),
    }
    assert tuple(made) == LEARNED
    return made


def exact() -> dict[str, bytes]:
    rgba = holed(smooth("uint8", 90, 140, 4), 0, 255)
    halves = (smooth("uint16", 80, 90, 3) / 65535 - 0.3).astype(np.float16)
    halves[3, 4], halves[0, 0] = np.nan, np.inf
    deep, signed = smooth("uint16", 90, 140, 1)[..., 0], smooth("int16", 90, 140, 1)[..., 0]
    return {
        "lossless": pellucid.compress(smooth("int16", 90, 140, 4), lossless=True, tile=64),
        "bounded": pellucid.compress(smooth("int16", 90, 140, 2), max_error=30, tile=64),
        "pair": pellucid.compress(deep, lossless=True, guide=rgba, tile=64),
        "bounded_pair": pellucid.compress(signed, max_error=9, guide=rgba[..., :3], tile=64),
        "halves": pellucid.compress(halves, max_error=0.01, tile=64),
        "floats": pellucid.compress(halves.astype(np.float32), lossless=True, tile=64),
    }


def jobs(files: dict[str, bytes], count: int, seed: int) -> list[dict[str, Any]]:
    """Files one after the other, with random options, some of which they can't have."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        name = list(files)[number % len(files)]
        about = pellucid.info(files[name])
        options: dict[str, Any] = {"scale": int(rng.choice([1, 1, 2, 4, 8]))}
        odd = rng.random() < 0.15
        if odd or "pair" in name:
            options["which"] = str(rng.choice(["picture", "guide"]))
        if odd or name == "kept":
            options["which"] = str(rng.choice(["picture", "source"]))
        if odd or name in ("kept", "noisy"):
            options["grain"] = float(rng.choice([0, 0.37, 1]))
        if rng.random() < 0.8:
            (x, width), (y, height) = (part(rng, side) for side in (about.width, about.height))
            options["region"] = {"x": x, "y": y, "width": width, "height": height}
        found.append({"file": f"{name}.pel", "options": options})
    return found


def part(rng: np.random.Generator, side: int) -> tuple[int, int]:
    """Start and length of a part of a side, more often small than large."""
    length = int(rng.integers(1, 1 + rng.integers(1, side + 1)))
    return int(rng.integers(0, side - length + 1)), length


def by_python(data: bytes, options: dict[str, Any]) -> Array | str:
    """The samples, or the name of the error."""
    given = dict(options)
    if region := given.pop("region", None):
        given["region"] = tuple(region[key] for key in ("x", "y", "width", "height"))
    try:
        return np.asarray(pellucid.decompress(data, **given))
    except pellucid.PellucidError as error:
        return type(error).__name__


def check(job: dict[str, Any], said: dict[str, Any], path: Path, expected: Array | str) -> None:
    if isinstance(expected, str):
        assert said == {"error": expected}, job
        return
    assert said.get("type") == str(expected.dtype), (job, said)
    assert said["shape"] == [*expected.shape, 1][:3], job
    if job["file"].removesuffix(".pel") in LEARNED and job["options"].get("which") != "source":
        found = np.fromfile(path, expected.dtype).reshape(expected.shape)
        difference = np.abs(found.astype(int) - expected)
        assert difference.max() <= MOST[str(expected.dtype)], job
        assert difference.mean() <= 0.1, job
    else:
        assert path.read_bytes() == expected.tobytes(), job


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return learned() | exact()


@pytest.mark.parametrize("count", [84, pytest.param(1400, marks=pytest.mark.slow)])
def test_as_python(files: dict[str, bytes], tmp_path: Path, count: int) -> None:
    for name, data in files.items():
        (tmp_path / f"{name}.pel").write_bytes(data)
    wanted = jobs(files, count, seed=count)
    (tmp_path / "jobs.json").write_text(json.dumps(wanted), "utf-8")
    command = [node(), str(JS / "test" / "jobs.ts"), str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    for number, (job, one) in enumerate(zip(wanted, said, strict=True)):
        expected = by_python(files[job["file"].removesuffix(".pel")], job["options"])
        check(job, one, tmp_path / f"{number}.bin", expected)
    assert 0 < sum("error" in one for one in said) < count / 4
