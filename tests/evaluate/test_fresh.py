from __future__ import annotations

import sys

import numpy as np
import pytest

from pellucid.errors import PellucidError
from pellucid.evaluate import fresh
from pellucid.evaluate.benches.compress import peaks
from pellucid.evaluate.peers.denoisers import peak_of_denoiser

CODEC = "pellucid.evaluate.peers.lossy:work"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no peak of memory on Windows")


def test_the_peak_is_of_the_work_alone(tmp_path):
    """A big picture shows in its own process, and what this process holds doesn't."""
    held = np.ones(400_000_000, np.uint8)
    small, big = np.zeros((64, 64, 3), np.uint8), np.zeros((6000, 5000, 3), np.uint8)
    encode, decode = peaks("jpeg420", 50, small, 1)
    assert held.sum() == len(held)
    assert 10 < encode < 300
    assert 10 < decode < 300
    np.save(tmp_path / "big.npy", big)
    order = {"name": "jpeg420", "setting": 50, "threads": 1, "file": str(tmp_path / "big.jpg")}
    more = {"task": "compress", "picture": str(tmp_path / "big.npy"), "repeats": 2}
    work = fresh.measure(CODEC, {**order, **more})
    assert work.base_mb > encode - 20 + big.nbytes / 1e6 * 0.8  # it's loaded before
    assert work.peak_mb >= work.base_mb
    assert len(work.seconds) == 2
    assert work.size == (tmp_path / "big.jpg").stat().st_size > 0


def test_the_peak_of_a_denoiser():
    pytest.importorskip("scipy")
    noisy = np.zeros((64, 64, 3), np.float32)
    assert 10 < peak_of_denoiser("median", noisy, 1) < 1000


def test_what_fails_says_why(monkeypatch):
    with pytest.raises(PellucidError, match=r"compress bpg failed: .*no codec called 'bpg'"):
        fresh.measure(
            CODEC, {"task": "compress", "name": "bpg", "threads": 1, "file": "", "setting": 1}
        )
    monkeypatch.setattr(fresh, "SMALL_PARENT", ("/no/such/shell",))
    with pytest.raises(PellucidError, match="can't start a process"):
        fresh.measure(CODEC, {"task": "compress", "name": "bpg"})
    monkeypatch.setattr(fresh, "can_measure", lambda: False)
    with pytest.raises(PellucidError, match="on this system"):
        fresh.measure(CODEC, {})
