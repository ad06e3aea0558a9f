"""Files that docs/architecture.md and CONTRIBUTING.md name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "pellucid"


def is_there(name: str) -> bool:
    """Whether a file or folder of this name is in the package, at any depth, or in the checkout."""
    return (ROOT / name).exists() or any(PACKAGE.rglob(name.rstrip("/")))


@pytest.mark.parametrize(("page", "least"), [("docs/architecture.md", 35), ("CONTRIBUTING.md", 10)])
def test_files_that_are_named_are_there(page, least):
    names = re.findall(r"`([\w./*]+(?:\.py|/))`", (ROOT / page).read_text("utf-8"))
    assert len(names) >= least
    assert [name for name in names if not is_there(name)] == []
