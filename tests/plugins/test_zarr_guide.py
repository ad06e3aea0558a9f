"""The examples of docs/zarr.md run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

zarr = pytest.importorskip("zarr")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "zarr.md"


@pytest.mark.slow
def test_the_guide(tmp_path, monkeypatch):
    for module in ("xarray", "dask.array"):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(examples) == 5
    for example in examples:
        exec(compile(example, "docs/zarr.md", "exec"), {})
    (line,) = re.findall(r"`(zarr\.open_array.*?)`", PAGE.read_text("utf-8"))
    assert eval(line, {"zarr": zarr}).shape == (20, 10)
