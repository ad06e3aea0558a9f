"""Shared by all tests: one hypothesis profile, the same examples on every run in CI; models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from shipped import CODECS

if TYPE_CHECKING:
    from pellucid.runtime import CodecModel

settings.register_profile(
    "pellucid",
    deadline=None,  # the machines that run this differ tenfold in speed
    max_examples=50,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("pellucid")
os.environ.setdefault("PELLUCID_THREADS", "1")  # pictures in tests are small
os.environ.setdefault("PELLUCID_DEVICE", "cpu")  # the same results whatever is installed


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a codec model made in seconds; see tests/tiny_model.py."""
    pytest.importorskip("torch", exc_type=ImportError)
    pytest.importorskip("onnx", exc_type=ImportError)
    import tiny_model

    return tiny_model.build(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def tiny(tiny_folder: Path) -> CodecModel:
    """That model, loaded with one thread."""
    from pellucid.runtime import CodecModel

    return CodecModel(tiny_folder, threads=1)


@pytest.fixture(scope="module")
def tiny_installed(tiny_folder: Path) -> Iterator[str]:
    """Its name, while `pellucid.compress(model=name)` and `decompress` find it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_MODELS", str(tiny_folder.parent))
        yield "tiny"


@pytest.fixture(scope="session")
def tiny_denoising(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that model with an analysis that leaves noise out; `plain` beside it has none."""
    import shutil

    import tiny_analysis

    folder = tmp_path_factory.mktemp("denoising")
    shutil.copytree(tiny_folder, folder / "plain")
    trainer = tiny_analysis.new_trainer(tiny_folder)
    tiny_analysis.ruffle(trainer.average)
    return tiny_analysis.install(trainer, folder)


@pytest.fixture(scope="session")
def tiny_denoiser(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a denoiser made in seconds; see tests/tiny_denoiser.py."""
    pytest.importorskip("torch", exc_type=ImportError)
    pytest.importorskip("onnx", exc_type=ImportError)
    import tiny_denoiser

    return str(tiny_denoiser.build(tmp_path_factory.mktemp("denoisers")))


@pytest.fixture(scope="session")
def shipped() -> str:
    """The name of the denoiser that ships."""
    return "m"


@pytest.fixture(scope="session", params=["tiny", *CODECS])
def codec_model(request: pytest.FixtureRequest) -> CodecModel:
    """Each codec model: the tiny one and those that ship with the package."""
    from pellucid.runtime import CodecModel
    from pellucid.runtime.store import PACKAGED

    if request.param == "tiny":
        return request.getfixturevalue("tiny")
    return CodecModel(PACKAGED / request.param, threads=1)
