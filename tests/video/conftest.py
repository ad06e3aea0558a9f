"""Tests of videos run in a folder of their own, where nothing temporary may remain."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("av")
pytest.importorskip("cv2")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder; afterwards no thread runs on, either."""
    monkeypatch.chdir(tmp_path)
    before = set(threading.enumerate())
    yield tmp_path
    assert not list(tmp_path.rglob(".pellucid-*")), "a temporary file remains"
    after = {thread for thread in threading.enumerate() if not thread.daemon}
    assert after <= before, "a thread runs on"
