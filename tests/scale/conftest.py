"""Targets of each kind, an S3 server that fails as it is told, and a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from faulty_proxy import Proxy, faulty
from pellucid.scale import retrying
from pellucid.scale.outputs.target import Target
from s3_server import BUCKET, new_clients, running_s3
from whole_runs import Run


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """The address of an S3 server, which the environment leads to."""
    with running_s3() as address:
        yield address


@pytest.fixture(scope="module")
def s3_proxy(s3_server: str) -> Iterator[Proxy]:
    with faulty(s3_server) as proxy, new_clients():
        yield proxy


@pytest.fixture
def proxy(s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy before that server, which counts requests and fails as it is told."""
    monkeypatch.setattr(retrying, "FIRST_S", 0.01)
    monkeypatch.setattr(retrying, "MOST_S", 0.02)
    s3_proxy.counted()
    yield s3_proxy
    s3_proxy.faults.clear()


@pytest.fixture
def s3(proxy: Proxy, tmp_path: Path) -> Target:
    return Target(f"s3://{BUCKET}/{tmp_path.name}")


@pytest.fixture
def local(tmp_path: Path) -> Target:
    return Target(str(tmp_path / "out"))


@pytest.fixture(params=["local", "s3", "memory", "elsewhere", "strict"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """One of each kind."""
    if request.param in ("local", "s3"):
        found: Target = request.getfixturevalue(request.param)
        return found
    return Target(f"{request.param}://{tmp_path}/out")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "worker"
    path.mkdir()
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a manifest."""
    return tmp_path / "run.sqlite"


@pytest.fixture
def memory() -> Iterator[str]:
    """A target that only this process sees, so that its worker is a thread here."""
    yield "memory://target"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def run(tmp_path: Path, memory: str) -> Run:
    """Runs from an empty folder to that target."""
    (tmp_path / "source").mkdir()
    return Run(tmp_path / "source", memory, tmp_path / "manifest.sqlite")
