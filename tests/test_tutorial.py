"""Every snippet of docs/tutorial.md runs and prints what the page says; its figures are there."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "tutorial.md"


def test_snippets(monkeypatch):
    pytest.importorskip("onnx", exc_type=ImportError)
    monkeypatch.chdir(DOCS)
    failures, attempted = doctest.testfile(str(PAGE), module_relative=False)
    assert attempted > 40
    assert failures == 0


def test_figures_are_there():
    named = re.findall(r"!\[[^]]+\]\((tutorial/[a-z]+\.png)\)", PAGE.read_text("utf-8"))
    assert len(named) >= 9
    for name in named:
        assert (DOCS / name).read_bytes()[:4] == b"\x89PNG"
