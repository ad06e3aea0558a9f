"""The program in this process, in a folder of its own, and one photograph to give it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import pellucid
from pellucid.cli import main

SAMPLE = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
WIDTH, HEIGHT = 90, 70  # of the test photograph: less than two latents of z, and odd

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, so that tests use names as a person does; nothing temporary remains."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Run the program; a bug's traceback comes through, and an exit code that isn't wanted."""

    def invoke(*words: object, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        assert not list(Path().rglob(".pellucid-*")), "a temporary file remains"
        return result

    return invoke


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """(70, 90, 3) of the sample photograph, with an eye in it."""
    with Image.open(SAMPLE) as image:
        return np.asarray(image)[60 : 60 + HEIGHT, 130 : 130 + WIDTH]


@pytest.fixture(scope="session")
def pel_bytes(pixels: np.ndarray) -> bytes:
    """That photograph compressed at quality 40."""
    return pellucid.compress(pixels, quality=40)


@pytest.fixture
def photo(folder: Path, pixels: np.ndarray) -> Path:
    """`photo.png` in the working folder."""
    Image.fromarray(pixels).save("photo.png")
    return Path("photo.png")


@pytest.fixture
def pel(folder: Path, pel_bytes: bytes) -> Path:
    """`photo.pel` in the working folder."""
    Path("photo.pel").write_bytes(pel_bytes)
    return Path("photo.pel")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the command `batch` gives its work to, instead of the engine."""
    from batch_runs import Runs
    from pellucid.scale import run as engine

    found = Runs()
    for name in ("run_batch", "plan_batch", "sample_batch"):
        monkeypatch.setattr(engine, name, getattr(found, name))
    return found
