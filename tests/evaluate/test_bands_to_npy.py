from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from pellucid.errors import InputError

imagecodecs = pytest.importorskip("imagecodecs")
TOOL = Path(__file__).resolve().parents[2] / "tools" / "bands_to_npy.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("bands_to_npy", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bands(tmp_path):
    found = []
    for number, shape in enumerate([(20, 30), (20, 30), (20, 30, 3)]):
        samples = np.random.default_rng(number).integers(0, 9999, shape).astype(np.uint16)
        found.append((tmp_path / f"{number}.jp2", samples))
        data = imagecodecs.jpeg2k_encode(samples, level=0, reversible=True)
        found[-1][0].write_bytes(data)
    return found


def test_bands_of_all_files_in_order(tool, bands, tmp_path, monkeypatch, capsys):
    out = tmp_path / "all.npy"
    words = [str(TOOL), *(str(path) for path, _ in bands), "-o", str(out)]
    monkeypatch.setattr(sys, "argv", words)
    assert tool.main() == 0
    assert np.array_equal(np.load(out), np.dstack([samples for _, samples in bands]))
    assert tool.main() == 1
    assert "--force" in capsys.readouterr().err


def test_files_that_do_not_fit(tool, bands, tmp_path):
    other = tmp_path / "other.jp2"
    other.write_bytes(imagecodecs.jpeg2k_encode(np.zeros((9, 9), np.uint16)))
    with pytest.raises(InputError, match=r"other\.jp2 is \(9, 9\) uint16, and .*0\.jp2 is"):
        tool.join_bands([bands[0][0], other])
    other.write_bytes(b"no picture")
    with pytest.raises(InputError, match="can't be read"):
        tool.join_bands([other])
