from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pellucid.evaluate import fresh
from pellucid.evaluate.benches.compress_rows import Result


@pytest.fixture(scope="session")
def picture() -> NDArray[np.uint8]:
    """96x128 RGB: smooth shades, a hard edge and a little noise, like a photograph."""
    rows, columns = np.mgrid[0:96, 0:128]
    shades = np.stack([128 + 90 * np.sin(rows / 17), 2 * columns, 255 - rows - columns], axis=2)
    shades[30:60, 40:90] = (220, 40, 90)
    noise = np.random.default_rng(1).normal(0, 4, shades.shape)
    return np.clip(shades + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def noisy(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(2).normal(0, 12, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def make_row() -> Callable[..., Result]:
    """A row with believable values; keyword arguments change some."""
    base = Result(
        codec="webp",
        setting=50.0,
        image="one",
        width=768,
        height=512,
        bytes=24576,
        bpp=0.5,
        psnr=33.3,
        ms_ssim=0.97,
        ssimulacra2=60.5,
        encode_s=0.2,
        decode_s=0.01,
        threads=2,
        repeats=1,
        versions="libwebp 1.6.0",
    )
    return lambda **changes: replace(base, **changes)


@dataclass
class StubPeer:
    """A codec that drops low bits and deflates: the setting is how many bits it keeps."""

    name: str = "webp"
    version: str = "stub 1"
    fail_at: float | None = None
    encoded: int = 0
    threading: str = "one thread"
    settings: tuple[float, ...] = (1, 2, 3, 4, 5, 6)

    def encode(self, rgb: NDArray[np.uint8], setting: float) -> tuple[bytes]:
        self.encoded += 1
        if setting == self.fail_at:
            raise ValueError("stub fails here")
        drop = 8 - int(setting)
        coarse = (rgb >> drop << drop) + (1 << drop >> 1)
        return (bytes(rgb.shape[:2]) + zlib.compress(coarse.astype(np.uint8).tobytes()),)

    def decode(self, files: tuple[bytes], _kind: object) -> NDArray[np.uint8]:
        (data,) = files
        return np.frombuffer(zlib.decompress(data[2:]), np.uint8).reshape(data[0], data[1], 3)


@pytest.fixture
def stub_peer() -> type[StubPeer]:
    return StubPeer


@pytest.fixture
def photographs(tmp_path: Path, picture: NDArray[np.uint8]) -> Path:
    """Two small photographs."""
    made = tmp_path / "two"
    made.mkdir()
    for number in range(2):
        Image.fromarray(picture).save(made / f"{number}.png")
    return made


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work of a fresh process, done in this one, may set how many threads there are."""
    monkeypatch.setenv("PELLUCID_THREADS", "1")


@pytest.fixture
def in_process(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fresh processes measure is done in this one; seconds and memory are made up."""

    def measure(prepare: str, order: dict[str, Any]) -> fresh.Work:
        module, _, function = prepare.partition(":")
        work, figures = getattr(import_module(module), function)(order)
        work()
        return fresh.Work([1.0], 100.0, 50.0, figures=figures())

    monkeypatch.setattr(fresh, "measure", measure)
