"""Drawings to measure on: the same every time, flat but for edges, and none like another."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np

from pellucid.evaluate.pictures import find_pictures, load_pixels

TOOL = Path(__file__).resolve().parent.parent / "tools" / "make_drawings.py"


def test_drawings(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["make_drawings", "-o", str(tmp_path / "d"), "--count", "3"])
    drawing = runpy.run_path(str(TOOL), run_name="__main__")["drawing"]
    found = [load_pixels(path) for path in find_pictures(tmp_path / "d")]
    assert [each.shape for each in found] == [(384, 512, 3)] * 3
    for number, each in enumerate(found):
        assert np.array_equal(each, drawing(number))
        flat = (each[:, 1:] == each[:, :-1]).all(axis=2).mean()
        assert 0.7 < flat < 0.99  # most neighbours are equal, and there is something drawn
    assert not np.array_equal(found[0], found[1])
    assert np.ptp(found[2].astype(int), axis=2).max() < 90  # black on white, but for dark shades
