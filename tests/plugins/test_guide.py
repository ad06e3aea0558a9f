"""The lines of docs/plugins.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from pictures import photograph

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_there_are_guides() -> None:
    assert len(BLOCKS) == 2
    assert all(block.count("\n") <= 10 for block in BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, ids=["pillow", "imageio"])
def test_the_lines_work(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph(96, 120)).save("photo.jpg")
    exec(compile(block, "plugins.md", "exec"), {})
    assert Path("photo.pel").stat().st_size < Path("photo.jpg").stat().st_size
