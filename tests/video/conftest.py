"""Tests of videos run in a folder of their own, where nothing temporary may remain."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

if not (find_spec("av") and find_spec("cv2")):
    collect_ignore_glob = ["test_*.py"]  # they come with the extra `video`


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder; afterwards no thread runs on, either."""
    monkeypatch.chdir(tmp_path)
    before = set(threading.enumerate())
    yield tmp_path
    assert not list(tmp_path.rglob(".pellucid-*")), "a temporary file remains"
    after = {thread for thread in threading.enumerate() if not thread.daemon}
    assert after <= before, "a thread runs on"
